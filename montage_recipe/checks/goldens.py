"""Goldens that are not there, or that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.checks.spec import Finding


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a golden that is no golden; `why` is a clause."""

    why: str
    is_foreign: bool = False  # a whole file of another kind, which is not written over


def missing(golden: object, name: str) -> Finding | None:
    if golden is not None:
        return None
    hint = "build the recipe, look at the film, and run `montage-recipe check RECIPE --update`; commit what it writes"
    return Finding(code="golden-missing", message=f"there is no golden {name} yet", hint=hint)


def unusable(golden: object, name: str) -> Finding | None:
    if not isinstance(golden, Unusable):
        return None
    hint = "bring it back from git, or write it anew: `montage-recipe check RECIPE --update`"
    return Finding(code="golden-unusable", message=f"{name} is no golden: {golden.why}", hint=hint)
