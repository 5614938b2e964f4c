"""What a check is: one frozen parameter record, its documentation, what it has to know of the film, its judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Final

from montage_recipe.checks.film import Film
from montage_recipe.checks.measured import Measured
from montage_recipe.diagnostics import RecipePath

OFF: Final = "off"  # what an author writes to have a check left out
GOLDEN_KEYS: Final = {"frame": "golden", "render": "render", "plan": "plan"}  # checks with a golden, and its key


class Need(StrEnum):
    """What must be measured for a check, besides what the file's header and its packets say."""

    PICTURE = "picture"  # statistics of every frame
    SOUND = "sound"  # levels and loudness
    TILES = "tiles"  # every frame in a few pixels
    LETTERS = "letters"  # where titles are drawn
    FRAMES = "frames"  # single frames beside goldens
    REFERENCE = "reference"  # every frame beside one of another film


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """One thing that is not as it should be. Two that say the same, of two films, are not one."""

    code: str
    message: str
    hint: str
    at: RecipePath = ()  # the place in the recipe; () is that of the check itself, or of the output
    start: Fraction | None = None  # seconds in the film, where it begins
    end: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    says: str  # what was measured, in a few words
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckUse:
    """One check, as the recipe asks for it or as it is made by default."""

    at: RecipePath  # () for a default
    name: str
    params: Any  # an instance of that check's params class
    output: str | None = None  # the name of the output that it is for; None: every one

    @property
    def is_off(self) -> bool:
        return bool(getattr(self.params, self.name) == OFF)

    @property
    def title(self) -> str:
        """Its name, and where it compares with a file, that file's: there may be several."""
        other = self.golden or getattr(self.params, "reference", None)
        return f"{self.name} {PurePath(other).name}" if other else self.name

    @property
    def golden(self) -> str | None:
        """The file that `check --update` writes for it, as the recipe names it."""
        return getattr(self.params, GOLDEN_KEYS[self.name]) if self.name in GOLDEN_KEYS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One entry of ALL_CHECKS.

    `params` is a frozen dataclass of `fields.key`s; the key with the check's own name says which check an entry is.
    `default` are the params of a film whose recipe does not name the check; None: only where it is asked for. `judge` says
    what it found; `planned` that it compares with the plan, and so cannot judge a file without a recipe.
    """

    name: str
    doc: str
    params: type
    default: object | None
    planned: bool
    needs: frozenset[Need]
    judge: Callable[[CheckUse, Film, Measured], Judgement]
    examples: tuple[Mapping[str, Any], ...]  # as written in a recipe: {"duration": "14.7s"}
