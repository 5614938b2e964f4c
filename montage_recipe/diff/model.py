"""What is compared, and what comes of it. Times are seconds, exact; places are spans of the film's own time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from montage_recipe.recipe.model import Recipe
from montage_recipe.timeline.model import FrameSpan, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One output of a recipe, as it was compiled."""

    recipe: Recipe
    timeline: Timeline
    names: Mapping[str, str]  # path of a file that is read -> what people call it: its path from the recipe's folder
    contents: Mapping[str, str]  # path of a font -> sha256 of what it holds

    def name_of(self, file: str) -> str:
        return self.names.get(file, file.rpartition("/")[2])


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """Seconds `start` up to, not including, `end`, of a film."""

    start: Fraction
    end: Fraction

    @property
    def length(self) -> Fraction:
        return self.end - self.start

    @classmethod
    def of(cls, span: FrameSpan, rate: Fraction) -> TimeSpan:
        return cls(span.start / rate, span.end / rate)


class Subject(StrEnum):
    OUTPUT = "output"  # the file: its name, its encoder
    CANVAS = "canvas"
    LOUDNESS = "loudness"
    CLIP = "clip"
    TITLE = "title"
    SOUND = "sound"  # an entry of `audio:`
    TIMELINE = "timeline"  # everything in a span


class Kind(StrEnum):
    """What happened to a thing. Several may have happened to one; they are told in this order."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"  # to another place among its neighbours; of titles and sounds: to another time
    REPLACED = "replaced"  # other footage, or other content under the same name
    REWORDED = "reworded"  # the text of a title
    RETIMED = "retimed"  # in, out, length, speed, loop
    REFRAMED = "reframed"  # what of the source is seen, and where: fit, crop, mirror
    REGRADED = "regraded"  # how it looks: all other effects, upscaling, style
    REMIXED = "remixed"  # how loud it is: volume, fades
    TRANSITION = "transition"  # the way in which it begins
    SHIFTED = "shifted"  # earlier or later, only because of what comes before it
    STAYS = "stays"  # at its time, while the pictures under it come at other times
    CHANGED = "changed"  # a setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One property before and after. None: it had, or has, none. `quoted` where a value is the author's own text."""

    name: str
    old: str | None
    new: str | None
    quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Everything that happened to one thing."""

    subject: Subject
    kinds: tuple[Kind, ...]
    moment: Fraction  # by which changes are ordered: seconds of the new film
    old: TimeSpan | None = None  # its place in the old film
    new: TimeSpan | None = None  # its place in the new film
    number: int | None = None  # of a clip, title or sound in the new recipe, from 1; in the old one where it is removed
    name: str | None = None  # the author's own: a clip's id, a title's text, a sound's file
    details: tuple[Detail, ...] = ()
    offset: Fraction | None = None  # of SHIFTED and STAYS: seconds that the pictures come later, below 0 earlier
    to_end: bool = False  # of SHIFTED: whether it is everything from there on


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDiff:
    """One output file, before and after."""

    name: str  # as `--output` takes it; the new one's, or the old one's where it is gone
    old_name: str | None  # None where there was none
    file: str  # the new one's, or the old one's where it is gone: from the recipe's folder
    old_length: Fraction | None  # seconds; None where there is no such output
    new_length: Fraction | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsDiff:
    """The work of a build of the new recipe, all outputs together."""

    total: int
    reused: int  # with all that a build of the old recipe leaves
    to_run: int
    stored: int | None  # of those to run, the ones that are in the store here; None where there is no store
    run_s: Fraction  # seconds of output of the jobs to run, each times its weight


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeDiff:
    old: str  # what people call it: `trip.yaml at main`
    new: str
    outputs: tuple[OutputDiff, ...]
    jobs: JobsDiff

    @property
    def nothing_changes(self) -> bool:
        """Whether both make the same films, as far as can be told without making them."""
        return not any(output.changes for output in self.outputs)
