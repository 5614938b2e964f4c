"""Splits a timeline into spans that need few open inputs.

Memory of an ffmpeg process grows with its open inputs and its transitions (37 and 25 to 66 MB each at 1080p, see
`jobs.memory`), not with their length, so a span holds few of them. Where a span may end:

- at a hard cut, which costs nothing;
- in a clip's body (the frames outside its transitions), which opens the clip in two processes, of which the second
  decodes from the keyframe before: so right after a keyframe, or else as early as can be; never inside a transition;
- every so many frames of a long clip, so that one long take is shared among the cores too.

Which of these places are taken depends on the clips nearby and on nothing else (content-defined chunking), so inserting or
removing a clip moves the ends of its neighbours' spans only, and the segments further on are found in the store.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from montage_recipe.jobs.memory import PROCESS_BYTES, input_memory, picture_memory, transition_memory
from montage_recipe.recipe.values import Size
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip
from montage_recipe.transitions import TRANSITIONS

# Seconds from a keyframe to a place that is found from it: ffmpeg seeks up to 0.13 s early where a container keeps decoding
# times only, and `graph.takes` asks for one frame more.
_SEEK_ROOM = Fraction(1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLimits:
    """How much a segment holds: clips, bytes of memory for open inputs and transitions, seconds of a long clip."""

    fewest: int  # clips that end or begin in it
    most: int  # clips that it opens
    room_bytes: int | None = None  # None where memory is not what limits
    longest_s: int | None = None


# Sound is cheap, and starting a process is not.
SOUND_LIMITS = SegmentLimits(fewest=8, most=16)


def picture_limits(canvas: Size, preset: str) -> SegmentLimits:
    """For pictures of this size from this encoder preset, on every machine the same: a process stays under
    `memory.PROCESS_BYTES` where one clip and its transition do."""
    return SegmentLimits(fewest=2, most=4, room_bytes=PROCESS_BYTES - picture_memory((), canvas, preset), longest_s=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A frame where a span may end, and the clip that begins or goes on there."""

    frame: int
    number: int  # of that clip, from 0
    inside: bool  # whether the place lies inside that clip, so that both sides open it
    forced: bool = False


def split(timeline: Timeline, limits: SegmentLimits, apart: tuple[FrameSpan, ...] = ()) -> tuple[FrameSpan, ...]:
    """Spans that follow each other without a gap from the timeline's first frame to its last.

    Each of the spans `apart` (in order, none inside a transition) comes back as a span of its own.
    """
    places = _with_spans_apart(_places(timeline, limits), timeline, apart)
    end = _Place(frame=timeline.length, number=len(timeline.clips), inside=False)
    begun = _Place(frame=0, number=0, inside=False)
    ends: list[int] = []
    for place, following in pairwise([*places, end]):
        full = not _fits(timeline, begun, following, limits)
        enough = place.number - begun.number >= limits.fewest and _ends_here(timeline.clips[place.number])
        if place.forced or full or enough:
            ends.append(place.frame)
            begun = place
    return tuple(FrameSpan(start, end) for start, end in pairwise([0, *ends, timeline.length]))


def _fits(timeline: Timeline, begun: _Place, end: _Place, limits: SegmentLimits) -> bool:
    """Whether one process can hold all from `begun` to `end`."""
    if end.number + end.inside - begun.number > limits.most:
        return False
    if limits.room_bytes is None:
        return True
    clips = timeline.clips[begun.number : end.number + end.inside]
    entering = clips[1:] if begun.inside else clips
    size = timeline.canvas.size
    transitions = sum(
        transition_memory(TRANSITIONS[clip.transition.type], size) for clip in entering if clip.transition.frames
    )
    return sum(input_memory(clip.media, size) for clip in clips) + transitions <= limits.room_bytes


def _with_spans_apart(places: Iterator[_Place], timeline: Timeline, apart: tuple[FrameSpan, ...]) -> list[_Place]:
    """The places, with forced ones at both ends of every span that stays whole, and none inside it."""
    if not apart:
        return list(places)
    kept = [place for place in places if not any(span.start <= place.frame <= span.end for span in apart)]
    edges = sorted({edge for span in apart for edge in (span.start, span.end)} - {0, timeline.length})
    for edge in edges:
        number = max(n for n, clip in enumerate(timeline.clips) if clip.shows.start <= edge)
        inside = edge > timeline.clips[number].shows.start
        kept.append(_Place(frame=edge, number=number, inside=inside, forced=True))
    return sorted(kept, key=lambda place: place.frame)


def _places(timeline: Timeline, limits: SegmentLimits) -> Iterator[_Place]:
    """Every place where a span may end, in order, without the timeline's first and last frame."""
    longest = None if limits.longest_s is None else int(limits.longest_s * timeline.canvas.fps)
    fades = [clip.transition.frames > 0 for clip in timeline.clips]
    for number, clip in enumerate(timeline.clips):
        body = timeline.body(number)
        if number and not fades[number]:
            yield _Place(frame=clip.shows.start, number=number, inside=False)
        inner = _inner_frames(body, longest)
        for frame in inner:
            yield _Place(frame=frame, number=number, inside=True, forced=True)
        if not inner and number and fades[number] and any(fades[number + 1 : number + 2]):
            pictures = limits.room_bytes is not None  # sound is sought in anywhere
            frame = _after_keyframe(clip, body, timeline.canvas.fps) if pictures else body.start
            yield _Place(frame=frame, number=number, inside=True)


def _after_keyframe(clip: TimelineClip, body: FrameSpan, rate: Fraction) -> int:
    """The first frame of a body before which few frames must be decoded; the body's first one where none is known.

    It does not depend on the clip's `out`, so editing that leaves the span before it as it is.
    """
    video = clip.media.video
    assert video is not None  # arrange refuses clips without a picture
    if not video.keyframes or video.rate is None:
        return body.start
    begins = clip.in_ - _SEEK_ROOM - video.start  # seconds from the source's first picture
    earliest = math.ceil((begins + (body.start - clip.shows.start) * clip.speed / rate) * video.rate)
    following = bisect_left(video.keyframes, earliest)
    for keyframe in video.keyframes[following : following + 1]:
        frame = clip.shows.start + math.ceil((keyframe / video.rate - begins) * rate / clip.speed)
        if frame < body.end:
            return frame
    return body.start


def _inner_frames(body: FrameSpan, longest: int | None) -> range:
    """Where the body of a long clip is cut; the last piece is at least half as long as the others."""
    if longest is None:
        return range(0)
    return range(body.start + longest, body.end - longest // 2, longest)


def _ends_here(clip: TimelineClip) -> bool:
    """A coin whose side is decided by the clip's content and `in`; not by its `out`, which is edited most."""
    mark = f"{clip.media.fingerprint} {clip.in_}".encode()
    return hashlib.sha256(mark).digest()[0] % 2 == 0
