"""What is seen and heard, at exact times: frames of the canvas rate, samples at 48 kHz."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.effects.spec import EffectUse
from montage_recipe.media.facts import MediaFacts
from montage_recipe.recipe.kinds import Color
from montage_recipe.recipe.model import Canvas, Loudness, UpscaleUse


@dataclass(frozen=True, slots=True, order=True)
class FrameSpan:
    """Frames `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def meets(self, other: FrameSpan) -> FrameSpan | None:
        """What both have in common, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return FrameSpan(start, end) if start < end else None

    def moved(self, frames: int) -> FrameSpan:
        return FrameSpan(self.start + frames, self.end + frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineTransition:
    """The first `frames` frames of a clip, shared with the clip before (or with the background)."""

    at: RecipePath
    type: str
    frames: int  # 0 is a cut


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineClip:
    at: RecipePath
    id: str | None
    media: MediaFacts
    in_: Fraction  # seconds in the source, from the container's start; output frame j shows in_ + j * speed / rate
    speed: Fraction
    shows: FrameSpan  # place in the montage, overlaps included
    transition: TimelineTransition
    fit: str
    effects: tuple[EffectUse, ...]
    volume: float  # factor on amplitude
    upscale: UpscaleUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineTitle:
    at: RecipePath
    text: str
    shows: FrameSpan
    fade_frames: int
    position: str
    size: Fraction  # part of the canvas height
    color: Color
    font: str | None  # absolute path of a font file; None is the built-in font
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSound:
    """One entry of `audio:`."""

    at: RecipePath
    media: MediaFacts
    shows: FrameSpan
    in_: Fraction  # seconds in the source
    out: Fraction  # seconds in the source; where it loops from
    loop: bool
    volume: float
    fade_in_frames: int
    fade_out_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    canvas: Canvas
    length: int  # frames
    clips: tuple[TimelineClip, ...]
    titles: tuple[TimelineTitle, ...]
    sounds: tuple[TimelineSound, ...]
    loudness: Loudness | None
    warnings: tuple[Diagnostic, ...] = ()

    def numbers_in(self, span: FrameSpan) -> range:
        """Which clips a span shows, counted from 0. Starts and ends of clips are both in order, so this is quick."""
        first = bisect_right(self.clips, span.start, key=lambda clip: clip.shows.end)
        return range(first, bisect_left(self.clips, span.end, key=lambda clip: clip.shows.start))

    def body(self, number: int) -> FrameSpan:
        """The frames of a clip outside its transitions; may be empty."""
        clip = self.clips[number]
        following = self.clips[number + 1].transition.frames if number + 1 < len(self.clips) else 0
        return FrameSpan(clip.shows.start + clip.transition.frames, clip.shows.end - following)

    def clips_in(self, span: FrameSpan) -> tuple[TimelineClip, ...]:
        """The clips that a span shows."""
        numbers = self.numbers_in(span)
        return self.clips[numbers.start : numbers.stop]
