"""Opens a clip's source and takes exactly the frames of the output's rate that are wanted.

Why it is done this way, all of it tested in tests/graph/ on both engines:

- The frame shown by output frame j is decided by `fps` alone: it lays its grid from `start_time`, the clip's `in`, over the
  source's own timestamps, which `-copyts -start_at_zero` leaves as they are. The grid does not move with the place that
  was sought to, so two processes that show two halves of a clip agree on every frame.
- `-noaccurate_seek` hands over every frame from the keyframe before the seek point on, so the frame that is on screen at
  that moment is always there, however long ago it began (variable frame rate).
- The cut is made by counting frames (`trim=start_frame`), never by time.
"""

from __future__ import annotations

from fractions import Fraction

from montage_recipe.effects.spec import FilterCall, call
from montage_recipe.graph.builder import GraphBuilder, rational
from montage_recipe.media.containers import COUNTS_FROM_USED_STREAMS
from montage_recipe.media.facts import MediaFacts, MediaKind, VideoFacts
from montage_recipe.timecode import seconds_text
from montage_recipe.timeline.model import FrameSpan, TimelineClip


def take_frames(builder: GraphBuilder, clip: TimelineClip, span: FrameSpan, rate: Fraction) -> str:
    """A stream of the frames `span` of a clip (counted from the clip's first one), at `rate`, in the source's own size.

    A still gives its one frame; `hold_still` repeats it once all the work on the picture is done.
    """
    video = clip.media.video
    assert video is not None  # arrange refuses clips without a picture
    if clip.media.kind is MediaKind.IMAGE:
        return builder.media(clip.media, video.index)
    stream = builder.media(clip.media, video.index, **_input_options(clip, span, rate))
    return builder.chain(stream, _frame_calls(clip, video, span, rate), at=clip.at)


def clock_shift(media: MediaFacts, start: Fraction) -> Fraction:
    """How many seconds a stream that starts at `start` comes early when it is the only one of its file that is read."""
    return start if media.container in COUNTS_FROM_USED_STREAMS else Fraction(0)


def hold_still(frames: int, rate: Fraction) -> tuple[FilterCall, ...]:
    """Repeats the one frame of a still: decoded, scaled and graded once, then shown `frames` times."""
    return (call("loop", loop=-1, size=1), *_endless_at(rate), *cut_frames(0, frames))


def cut_frames(start: int, end: int) -> tuple[FilterCall, ...]:
    """Frames `start` up to, not including, `end`, the first of them at time zero."""
    return (call("trim", start_frame=start, end_frame=end), call("setpts", expr="PTS-STARTPTS"))


def numbered(rate: Fraction) -> tuple[FilterCall, ...]:
    """Gives frame n the time n/rate exactly."""
    return (call("settb", expr=rational(1 / rate)), call("setpts", expr="N"))


def _endless_at(rate: Fraction) -> tuple[FilterCall, ...]:
    """An endless stream renumbered at `rate`, which is what xfade and concat want to see on it.

    `fps` comes before the cut: on a stream that ends, ffmpeg 5.1's drops the last frame.
    """
    return (*numbered(rate), call("fps", fps=rational(rate)))


def _input_options(clip: TimelineClip, span: FrameSpan, rate: Fraction) -> dict[str, str | int | None]:
    video = clip.media.video
    assert video is not None
    options: dict[str, str | int | None] = {"threads": 1, "copyts": None, "start_at_zero": None}
    if video.decoder:
        options["codec:v"] = video.decoder
    if clip.media.animated:
        return options | {"ignore_loop": 0}
    # One frame early, for the rounding of timestamps; a deinterlacer wants the fields before its first frame as well.
    early = 1 if video.interlaced else 1 / rate
    seek = clip.in_ + span.start * clip.speed / rate - early
    if clip.media.seekable and seek > max(Fraction(0), video.start):
        options |= {"noaccurate_seek": None, "ss": seconds_text(seek)}
    return options


def _frame_calls(clip: TimelineClip, video: VideoFacts, span: FrameSpan, rate: Fraction) -> tuple[FilterCall, ...]:
    deinterlace = (call("bwdif", mode="send_frame", parity="auto", deint="all"),) if video.interlaced else ()
    # At speed 2 every second moment is taken: a grid of half the rate on the source, renumbered at the full rate.
    grid = rational(rate / clip.speed)
    return (
        *deinterlace,
        call("fps", fps=grid, start_time=seconds_text(clip.in_ - clock_shift(clip.media, video.start)), round="near"),
        call("tpad", stop_mode="clone", stop=-1),
        *_endless_at(rate),
        *cut_frames(span.start, span.end),
    )
