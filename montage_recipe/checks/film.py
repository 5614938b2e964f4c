"""What the plan says of a finished film, as far as checks ask: plain numbers, places and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

from montage_recipe.diagnostics import RecipePath
from montage_recipe.timecode import clock, nearest

_TICK = Fraction(1, 100)  # of a frame: how far a moment in microseconds may be beside the frame that it means
Frames = tuple[int, int]  # frames from the first up to, not including, the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is seen by itself for a while: a clip outside its transitions, or a transition."""

    at: RecipePath
    name: str  # "clip 3 (walk)", "the crossfade into clip 3 (walk)"
    frames: Frames


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTitle:
    at: RecipePath
    text: str
    frames: Frames
    position: str = "center"
    # What its position leaves free at edges, whatever its size, as a part of the width or the height: 5 % at `left`.
    margins: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How the file is to be encoded; names are ffmpeg's."""

    container: str  # as its demuxer is called
    width: int
    height: int
    rate: Fraction
    picture_codec: str
    codec_profiles: tuple[str, ...]  # that will do, the usual one first
    pixel_format: str
    sound_codec: str
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """`frames`, `format` and all that follows are of the plan; a film without a recipe has but its name and its rate."""

    name: str
    rate: Fraction
    frames: int | None = None
    format: Format | None = None
    integrated: Fraction | None = None  # LUFS
    true_peak: Fraction | None = None  # dBTP
    scenes: tuple[Scene, ...] = ()
    titles: tuple[ShownTitle, ...] = ()
    dark: tuple[Frames, ...] = ()  # may be black
    still: tuple[Frames, ...] = ()  # need not move
    quiet: tuple[Frames, ...] = ()  # may be silent
    barred: tuple[Frames, ...] = ()  # may have bars at its edges
    moments: Mapping[RecipePath, int] | None = None  # the frame that each check of one means, by the check's place
    plan: str = ""  # the timeline as `plan --stage timeline` prints it

    def at(self, rate: Fraction) -> Film:
        """The same film in the frames of another rate, which its file may have."""
        if rate == self.rate:
            return self

        def there(frame: int) -> int:
            return nearest(frame / self.rate * rate)

        def spans(frames: tuple[Frames, ...]) -> tuple[Frames, ...]:
            return tuple((there(start), there(end)) for start, end in frames)

        return replace(
            self,
            rate=rate,
            frames=None if self.frames is None else there(self.frames),
            scenes=tuple(replace(s, frames=(there(s.frames[0]), there(s.frames[1]))) for s in self.scenes),
            titles=tuple(replace(t, frames=(there(t.frames[0]), there(t.frames[1]))) for t in self.titles),
            dark=spans(self.dark),
            still=spans(self.still),
            quiet=spans(self.quiet),
            barred=spans(self.barred),
            moments=self.moments and {at: there(frame) for at, frame in self.moments.items()},
        )

    @property
    def is_planned(self) -> bool:
        return self.frames is not None

    def seconds(self, frame: int) -> Fraction:
        return frame / self.rate

    def clock(self, frame: int) -> str:
        return clock(self.seconds(frame))

    def scene_at(self, frame: int) -> Scene | None:
        return next((scene for scene in self.scenes if scene.frames[0] <= frame < scene.frames[1]), None)

    def where(self, frame: int) -> str:
        """`, in clip 3 (walk)`; nothing where it is not known."""
        scene = self.scene_at(frame)
        return f", in {scene.name}" if scene else ""

    def during(self, start: Fraction, end: Fraction) -> str:
        """The same of a time in seconds: `, in clip 3 (walk)`, or `, from clip 1 (open) to clip 3 (walk)`."""
        first = int(start * self.rate + _TICK)
        last = max(first, ceil(end * self.rate - _TICK) - 1)
        if self.frames is not None:
            last = min(last, self.frames - 1)  # the sound may last a little longer
        scenes = self.scene_at(first), self.scene_at(last)
        if scenes[0] is None or scenes[1] is None or scenes[0] == scenes[1]:
            return self.where(first)
        return f", from {scenes[0].name} to {scenes[1].name}"

    def place_of(self, frame: int) -> RecipePath:
        scene = self.scene_at(frame)
        return scene.at if scene else ()
