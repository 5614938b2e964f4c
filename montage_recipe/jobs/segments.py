"""Splits a timeline into spans that need few open inputs.

Memory of an ffmpeg process grows with its open inputs (20 to 50 MB each at 1080p), not with their length, so a span holds
few clips. Where a span may end:

- at a hard cut, which costs nothing;
- in the middle of a clip's body (the frames outside its transitions), which opens the clip in two processes but decodes
  no frame of it twice; never inside a transition;
- every so many frames of a long clip, so that one long take is shared among the cores too.

Which of these places are taken depends on the clips nearby and on nothing else (content-defined chunking), so inserting or
removing a clip moves the ends of its neighbours' spans only, and the segments further on are found in the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLimits:
    """How much a segment holds, in clips; and in seconds, where `longest_s` is set and a clip is longer than that."""

    fewest: int
    most: int
    longest_s: int | None


# Picture: measured with `benchmarks/`, see there. Sound is cheap, and starting a process is not.
PICTURE_LIMITS = SegmentLimits(fewest=2, most=3, longest_s=20)
SOUND_LIMITS = SegmentLimits(fewest=8, most=16, longest_s=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A frame where a span may end, and the clip that begins or goes on there."""

    frame: int
    clip: TimelineClip
    halves: int  # twice the number of clips that lie before it; odd in the middle of a clip
    forced: bool = False


def split(timeline: Timeline, limits: SegmentLimits, apart: tuple[FrameSpan, ...] = ()) -> tuple[FrameSpan, ...]:
    """Spans that follow each other without a gap from the timeline's first frame to its last.

    Each of the spans `apart` (in order, none inside a transition) comes back as a span of its own.
    """
    ends: list[int] = []
    begun = 0
    for place in _with_spans_apart(_places(timeline, limits), timeline, apart):
        halves = place.halves - begun
        if place.forced or halves >= 2 * limits.most or (halves >= 2 * limits.fewest and _ends_here(place.clip)):
            ends.append(place.frame)
            begun = place.halves
    return tuple(FrameSpan(start, end) for start, end in pairwise([0, *ends, timeline.length]))


def _with_spans_apart(places: Iterator[_Place], timeline: Timeline, apart: tuple[FrameSpan, ...]) -> list[_Place]:
    """The places, with forced ones at both ends of every span that stays whole, and none inside it."""
    if not apart:
        return list(places)
    kept = [place for place in places if not any(span.start <= place.frame <= span.end for span in apart)]
    edges = sorted({edge for span in apart for edge in (span.start, span.end)} - {0, timeline.length})
    for edge in edges:
        number = max(n for n, clip in enumerate(timeline.clips) if clip.shows.start <= edge)
        clip = timeline.clips[number]
        inside = edge > clip.shows.start
        kept.append(_Place(frame=edge, clip=clip, halves=2 * number + inside, forced=True))
    return sorted(kept, key=lambda place: place.frame)


def _places(timeline: Timeline, limits: SegmentLimits) -> Iterator[_Place]:
    """Every place where a span may end, in order, without the timeline's first and last frame."""
    longest = None if limits.longest_s is None else int(limits.longest_s * timeline.canvas.fps)
    following = [*timeline.clips[1:], None]
    for number, (clip, after) in enumerate(zip(timeline.clips, following, strict=True)):
        body = FrameSpan(
            clip.shows.start + clip.transition.frames, clip.shows.end - (after.transition.frames if after else 0)
        )
        if number and not clip.transition.frames:
            yield _Place(frame=clip.shows.start, clip=clip, halves=2 * number)
        inner = _inner_frames(body, longest)
        for frame in inner:
            yield _Place(frame=frame, clip=clip, halves=2 * number + 1, forced=True)
        if not inner and number and clip.transition.frames and after and after.transition.frames:
            yield _Place(frame=(body.start + body.end) // 2, clip=clip, halves=2 * number + 1)


def _inner_frames(body: FrameSpan, longest: int | None) -> range:
    """Where the body of a long clip is cut; the last piece is at least half as long as the others."""
    if longest is None:
        return range(0)
    return range(body.start + longest, body.end - longest // 2, longest)


def _ends_here(clip: TimelineClip) -> bool:
    """A coin whose side is decided by the clip's content and `in`; not by its `out`, which is edited most."""
    mark = f"{clip.media.fingerprint} {clip.in_}".encode()
    return hashlib.sha256(mark).digest()[0] % 2 == 0
