"""Goldens that are not there, or that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.checks.spec import Finding, Judgement


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a golden that is no golden; `why` is a clause."""

    why: str
    is_foreign: bool = False  # a whole file of another kind, which is not written over


def no_golden(golden: object, name: str) -> Judgement | None:
    """What a check says that has no golden to compare with; None where it has one."""
    if golden is None:
        code, message = "golden-missing", f"there is no golden {name} yet"
        hint = (
            "build the recipe, look at the film, and run `montage-recipe check RECIPE --update`; commit what it writes"
        )
    elif isinstance(golden, Unusable):
        code, message = "golden-unusable", f"{name} is no golden: {golden.why}"
        hint = "bring it back from git, or write it anew: `montage-recipe check RECIPE --update`"
    else:
        return None
    return Judgement(says="no golden", findings=(Finding(code=code, message=message, hint=hint),))
