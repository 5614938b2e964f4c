"""What was said of a finished film, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.checks.film import Film
from montage_recipe.checks.measured import PictureStream
from montage_recipe.checks.spec import CheckUse, Finding, Judgement
from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.recipe.source import RecipeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check said; `judgement` is None where the recipe leaves it out."""

    use: CheckUse
    judgement: Judgement | None

    @property
    def failed(self) -> bool:
        return self.judgement is not None and bool(self.judgement.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A golden after `--update`; `changes` say how it differs from the one before, and are empty for a new one."""

    use: CheckUse
    file: Path
    written: bool
    was_there: bool
    changes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFilm:
    """One finished file and what was said of it."""

    film: Film
    video: Path
    picture: PictureStream | None
    verdicts: tuple[Verdict, ...]
    renewed: tuple[Renewed, ...] = ()
    source: RecipeSource | None = None  # None for a file without a recipe
    at: RecipePath = ()  # of the output

    @property
    def failed(self) -> bool:
        return any(verdict.failed for verdict in self.verdicts)

    @property
    def faults(self) -> Mapping[Finding, Diagnostic]:
        return {finding: fault for _, finding, fault in self.diagnostics()}

    def diagnostics(self) -> Iterator[tuple[Verdict, Finding, Diagnostic]]:
        """Each finding as a diagnostic: at its own place, or that of its check, or that of the output."""
        for verdict in self.verdicts:
            for finding in verdict.judgement.findings if verdict.judgement else ():
                at = finding.at or verdict.use.at or self.at
                fault = Diagnostic(code=finding.code, message=finding.message, hint=finding.hint, path=at)
                yield verdict, finding, self.source.locate(fault) if self.source else fault


@dataclass(frozen=True, slots=True, kw_only=True)
class StillsOfFindings:
    """Pictures of what was found: where they go."""

    folder: Path
    width: int = 480
    most: int = 12  # a film
