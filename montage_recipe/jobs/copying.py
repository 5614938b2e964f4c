"""Which parts of a timeline can be copied from their source packet by packet, instead of being encoded again.

Only where that is exact: a whole run of closed GOPs of a clip that nothing is done to, from a source that was encoded with
the output's own settings. Whether it was shows in its parameter sets (`extradata`), which must equal those that the
output's encoder writes: a player decodes the joined file with one of them. The frames before the first and after the last
such keyframe are encoded like any other segment.
"""

from __future__ import annotations

from fractions import Fraction

from montage_recipe.engine import Engine
from montage_recipe.graph.builder import guarded, words
from montage_recipe.graph.normalise import fits_already
from montage_recipe.jobs.encoding import mp4_clock
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.links import media_link
from montage_recipe.jobs.memory import copy_memory
from montage_recipe.jobs.model import Expected, Job, JobKind
from montage_recipe.jobs.picture import describe
from montage_recipe.recipe.model import Output
from montage_recipe.timecode import nearest
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip

# A grid that lies this close to the middle between two source frames is left to the filter that decides such cases.
_TIE = Fraction(1, 100)


def may_copy(timeline: Timeline, output: Output) -> bool:
    """Whether it is worth asking what the output's encoder writes."""
    return output.copy == "auto" and any(_untouched(clip, timeline) for clip in timeline.clips)


def copy_spans(timeline: Timeline, output: Output, *, extradata: str) -> tuple[FrameSpan, ...]:
    """Spans of the timeline that can be copied, in order, each inside one clip; `extradata` is the output encoder's."""
    if output.copy != "auto":
        return ()
    spans: list[FrameSpan | None] = []
    for number, clip in enumerate(timeline.clips):
        if _untouched(clip, timeline) and clip.media.video and clip.media.video.extradata == extradata:
            parts = _without_titles(timeline.body(number), timeline)
            spans.extend(_whole_gops(clip, part, timeline.canvas.fps) for part in parts)
    return tuple(span for span in spans if span is not None)


def copy_job(timeline: Timeline, span: FrameSpan, *, engine: Engine) -> Job:
    """Copies the packets of `span`, which `copy_spans` has found."""
    (clip,) = timeline.clips_in(span)
    video, rate = clip.media.video, timeline.canvas.fps
    first = _source_frame(clip, rate)
    assert video is not None and first is not None
    # Rounded down to ffmpeg's microseconds: one microsecond too late, and the keyframe itself would be left out.
    begins = video.start + (first + span.start - clip.shows.start) / rate
    seek = f"{int(begins * 1_000_000) / 1_000_000:.6f}"
    link = media_link("in0.mp4", clip.media, {})
    argv = (
        *("-nostdin", *words(guarded(clip.media)), "-ss", seek, "-i", f"file:{link.name}"),
        *("-map", f"0:{video.index}", "-c", "copy", "-frames:v", str(span.length)),
        *("-map_metadata", "-1", "-fflags", "+bitexact", *mp4_clock(rate), "-f", "mp4", "file:out.mp4"),
    )
    label, at = describe(timeline, span)
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=(link,)),
        kind=JobKind.COPY,
        label=f"copy of {label}",
        argv=argv,
        inputs=(link,),
        files=(),
        output="out.mp4",
        expected=Expected(frames=span.length, width=video.width, height=video.height, rate=rate),
        memory_bytes=copy_memory(),
        threads=1,
        duration=span.length / rate,
        at=at,
    )


def _untouched(clip: TimelineClip, timeline: Timeline) -> bool:
    video = clip.media.video
    return (
        video is not None
        and video.codec == "h264"
        and video.constant_rate
        and video.rate == timeline.canvas.fps
        and len(video.keyframes) > 0
        and "mp4" in clip.media.container.split(",")
        and clip.speed == 1
        and not clip.effects
        and not video.interlaced
        and fits_already(video, timeline.canvas.size)
        and _source_frame(clip, timeline.canvas.fps) is not None
    )


def _source_frame(clip: TimelineClip, rate: Fraction) -> int | None:
    """The source's frame that the clip's first frame shows, as `fps=round=near` decides; None where that is a tie or
    lies outside the source."""
    assert clip.media.video is not None
    exact = (clip.in_ - clip.media.video.start) * rate
    frame = nearest(exact)
    if abs(exact - frame) > Fraction(1, 2) - _TIE or frame < 0:
        return None
    return frame


def _without_titles(span: FrameSpan, timeline: Timeline) -> list[FrameSpan]:
    """The parts of a span that no title lies over."""
    parts = [span]
    for title in timeline.titles:
        left = [part.meets(FrameSpan(0, title.shows.start)) for part in parts if title.shows.start > 0]
        right = [part.meets(FrameSpan(title.shows.end, timeline.length)) for part in parts]
        parts = [part for part in (*left, *right) if part]
    return sorted(parts)


def _whole_gops(clip: TimelineClip, span: FrameSpan, rate: Fraction) -> FrameSpan | None:
    """The longest run of whole GOPs inside a span of the timeline."""
    video = clip.media.video
    first = _source_frame(clip, rate)
    assert video is not None and first is not None
    ends = (*video.keyframes, video.frames)  # the source's end closes its last GOP
    shown = [frame - first + clip.shows.start for frame in ends]
    inside = [frame for frame in shown if span.start <= frame <= span.end]
    return FrameSpan(inside[0], inside[-1]) if len(inside) > 1 else None
