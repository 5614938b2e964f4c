"""Faults as values: a code, a place, a sentence and a cure.

The error tree; everything a user can meet derives from `MontageError`:

    MontageError
    ├── RecipeError       the recipe cannot be compiled: one or more diagnostics
    ├── RenderError       a job failed while running: one or more diagnostics
    ├── EngineError       no usable ffmpeg
    ├── StoreError        the store or the output place cannot be used (disk, permission, lock)
    ├── SettingsError     a setting has a value that cannot be used
    ├── HostError         a GPU host cannot be reached, or what it was to do failed there
    ├── FetchError        a medium that lives elsewhere cannot be brought
    └── Interrupted       the build was asked to stop (Ctrl-C, SIGTERM, SIGHUP)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

# Where a value stands in a recipe: ("clips", 2, "transition", "duration").
RecipePath = tuple[str | int, ...]


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a text file; `line` and `column` count from 1, `length` in characters."""

    file: str
    line: int
    column: int
    length: int = 1
    text: str = ""  # the whole line, without its line end, for the caret display

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One fault. Stages that do not see the source give `path`; `RecipeSource.locate` adds the location."""

    code: str  # kebab-case, explained by `montage-recipe explain CODE`
    message: str
    hint: str = ""
    path: RecipePath = ()
    location: Location | None = None
    severity: Severity = Severity.ERROR


MOST_FAULTS = 1000  # that are told of one recipe at once


def too_many_faults(last: Diagnostic) -> Diagnostic:
    """Stands at the place of the last fault that is told, and is as severe."""
    hint = "mend these first; when they are gone, the others will be told"
    message = f"the recipe has more than {MOST_FAULTS} faults, and only the first ones are told"
    return replace(last, code="too-many-faults", message=message, hint=hint)


@dataclass(eq=False)
class MontageError(Exception):
    """Carries diagnostics; its text is all that they say, each with its place and its cure where it has them."""

    diagnostics: tuple[Diagnostic, ...] = field(default=())

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        Exception.__init__(self)

    def __str__(self) -> str:
        return "\n".join(_as_text(diagnostic) for diagnostic in self.diagnostics)


def _as_text(diagnostic: Diagnostic) -> str:
    place = f"{diagnostic.location}: " if diagnostic.location else ""
    return f"{place}{diagnostic.message}" + (f"\n  help: {diagnostic.hint}" if diagnostic.hint else "")


class RecipeError(MontageError):
    """The recipe cannot be compiled."""


class RenderError(MontageError):
    """A job failed while running."""


class EngineError(MontageError):
    """No usable ffmpeg."""


class StoreError(MontageError):
    """The store, a temporary folder or the output's place cannot be used."""


class SettingsError(MontageError):
    """A flag, an environment variable or the settings file holds a value that cannot be used."""


class HostError(MontageError):
    """A GPU host cannot be reached, or what it was to do failed there. One diagnostic, whose code is the name of a cause
    of `upscale.causes`."""

    @property
    def cause(self) -> str:
        return self.diagnostics[0].code


class FetchError(MontageError):
    """A medium that lives elsewhere cannot be brought."""


class Interrupted(MontageError):
    """The build was asked to stop; its children are gone and its temporary files removed."""
