"""Which frames show a change best."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diff.model import Change, Film, Kind, OutputDiff, Subject, TimeSpan
from montage_recipe.timeline.model import FrameSpan

_SEEN = (Subject.CANVAS, Subject.CLIP, Subject.TITLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One change of an output, by its number from 0, and a frame of each film; None where it is not in that film."""

    change: int
    old: int | None
    new: int | None


def telling_moments(output: OutputDiff, old: Film, new: Film) -> tuple[Moment, ...]:
    """For each change that can be seen: the middle of the span that changes, or of the transition where nothing else does; of
    the whole film where its canvas does. What is only shifted, and what is only heard, is left out."""
    return tuple(
        Moment(change=number, old=_frame(change, change.old, old), new=_frame(change, change.new, new))
        for number, change in enumerate(output.changes)
        if change.subject in _SEEN and change.kinds != (Kind.REMIXED,)
    )


def _frame(change: Change, place: TimeSpan | None, film: Film) -> int | None:
    length, rate = film.timeline.length, film.timeline.canvas.fps
    if change.subject is Subject.CANVAS:
        return length // 2
    if place is None:
        return None
    span = FrameSpan(_whole(place.start * rate), _whole(place.end * rate))
    if change.subject is Subject.CLIP and change.kinds == (Kind.TRANSITION,):
        fade = next(clip.transition.frames for clip in film.timeline.clips if clip.shows == span)
        return span.start + fade // 2
    return (span.start + span.end) // 2


def _whole(frames: Fraction) -> int:
    assert frames.denominator == 1  # spans begin and end with frames
    return frames.numerator
