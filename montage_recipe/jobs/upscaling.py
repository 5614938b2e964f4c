"""The jobs that have clips enlarged on GPU hosts, and the facts of what comes back, known without running them.

Only the picture is enlarged; a clip's sound is taken from its source as ever. What comes back has the source's own times,
counted from the part's start, so all that follows (rates, seeks, transitions) is as exact as with the source itself.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diagnostics import Diagnostic, RecipeError, Severity
from montage_recipe.graph.normalise import source_matrix
from montage_recipe.jobs.model import Expected, FileInput, Job, JobKind
from montage_recipe.media.facts import MediaFacts, MediaKind, VideoFacts
from montage_recipe.timecode import nearest
from montage_recipe.timeline.model import Timeline, TimelineClip
from montage_recipe.upscale.request import Picture, UpscaleRequest

# A part begins and ends at whole quarters of a second of the source: a cut that is moved within one finds its pictures done.
_GRID = Fraction(1, 4)
_WIDEST = 16384
_MEMORY_BYTES = 96 << 20  # here: blocks on their way, and the packets of one file at a time
# vf_scale's names of matrices -> ffmpeg's of a stream.
_TAGS = {"bt709": "bt709", "bt601": "smpte170m", "bt2020": "bt2020nc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaledClip:
    job: Job
    media: MediaFacts  # of its result
    start: Fraction  # seconds in the source, where the result's time is zero


def upscaled_clips(timeline: Timeline) -> Mapping[int, UpscaledClip]:
    """By the clip's number, from 0. Raises RecipeError for footage that cannot be enlarged."""
    asked = [(number, clip) for number, clip in enumerate(timeline.clips) if clip.upscale]
    if faults := tuple(fault for _, clip in asked for fault in _faults(clip)):
        raise RecipeError(faults)
    return {number: _upscaled(clip, number, timeline.canvas.fps) for number, clip in asked}


def with_upscaled(timeline: Timeline, upscaled: Mapping[int, UpscaledClip]) -> Timeline:
    """The timeline as its pictures are made: clips take theirs from the results."""
    clips = list(timeline.clips)
    for number, made in upscaled.items():
        clips[number] = dataclasses.replace(clips[number], media=made.media, in_=clips[number].in_ - made.start)
    return dataclasses.replace(timeline, clips=tuple(clips))


def in_vain(timeline: Timeline) -> Iterator[Diagnostic]:
    """A warning for each clip that is enlarged, and then made smaller again."""
    for clip in timeline.clips:
        video, use, canvas = clip.media.video, clip.upscale, timeline.canvas.size
        if not video or not use:
            continue
        picture = _picture(video)
        larger = (picture.width >= canvas.width, picture.height >= canvas.height)
        if all(larger) if clip.fit in ("cover", "fill") else any(larger):
            yield Diagnostic(
                code="upscale-in-vain",
                path=use.at,
                message=f"the picture has {picture.width}x{picture.height} pixels and the canvas {canvas}; enlarged, it is "
                "made smaller again",
                hint="leave `upscale` out, or choose a larger canvas",
                severity=Severity.WARNING,
            )


def _faults(clip: TimelineClip) -> Iterator[Diagnostic]:
    video, use = clip.media.video, clip.upscale
    assert video is not None and use is not None
    reason, hint = "", "leave `upscale` out; ffmpeg scales it to the canvas"
    if clip.media.kind is MediaKind.IMAGE or clip.media.animated:
        reason = "it is a picture or an animation; only video is enlarged"
    elif video.alpha:
        reason = "its pictures have transparency"
    elif max(video.width, video.height) * use.factor > _WIDEST:
        reason = f"its pictures would be larger than {_WIDEST} pixels, which no encoder of H.264 takes"
        if (fitting := _WIDEST // max(video.width, video.height)) > 1:
            hint = f"write `factor: {fitting}`, the largest that fits, or leave `upscale` out"
    elif not clip.media.size_bytes:
        reason = "it is generated, in the canvas's own size"
    if reason:
        yield Diagnostic(
            code="cannot-upscale",
            path=use.at,
            message=f"{clip.media.file} cannot be enlarged by a model: {reason}",
            hint=hint,
        )


def _upscaled(clip: TimelineClip, number: int, fps: Fraction) -> UpscaledClip:
    video, use = clip.media.video, clip.upscale
    assert video is not None and use is not None
    start, end = _part(clip, video, fps)
    picture = _picture(video)
    request = UpscaleRequest(
        fingerprint=clip.media.fingerprint,
        start=start,
        end=end,
        factor=use.factor,
        model=use.model,
        picture=picture,
    )
    job = Job(
        key=request.key,
        kind=JobKind.UPSCALE,
        label=f"{use.factor}x upscaling of clip {number + 1}",
        argv=(),
        inputs=(FileInput(name="in0", file=clip.media.file, fingerprint=clip.media.fingerprint),),
        files=(),
        output="joined.mp4",
        expected=Expected(width=request.width, height=request.height),
        memory_bytes=_MEMORY_BYTES,
        threads=0,
        duration=end - start,
        at=use.at,
        upscale=request,
    )
    return UpscaledClip(job=job, media=_facts(job, clip.media, video, picture), start=start)


def _part(clip: TimelineClip, video: VideoFacts, fps: Fraction) -> tuple[Fraction, Fraction]:
    """What of the source is enlarged: all that the clip may show, whichever way times are rounded, to the grid's ends."""
    step = max(clip.speed / fps, 1 / (video.rate or fps))
    last = clip.in_ + (clip.shows.length - 1) * clip.speed / fps
    start = math.floor((clip.in_ - 2 * step) / _GRID) * _GRID
    end = math.ceil((last + 2 * step) / _GRID) * _GRID
    start = max(start, video.start)
    # A clip may end before its picture begins: it shows the first frame.
    return start, max(min(end, video.start + video.duration), start + step)


def _picture(video: VideoFacts) -> Picture:
    turned = video.rotation in (90, 270)
    matrix = source_matrix(video)
    return Picture(
        index=video.index,
        decoder=video.decoder,
        width=video.height if turned else video.width,
        height=video.width if turned else video.height,
        sar=1 / video.sar if turned else video.sar,
        rate=video.rate or Fraction(25),
        deep=video.bit_depth > 8,
        interlaced=video.interlaced,
        full_range=video.full_range,
        matrix=matrix,
        tags=(video.primaries or "", video.transfer or "", _TAGS[matrix or "bt709"]),
    )


def _facts(job: Job, media: MediaFacts, video: VideoFacts, picture: Picture) -> MediaFacts:
    assert job.upscale is not None
    width, height = job.upscale.width, job.upscale.height
    chroma = "yuv420p" if width % 2 == height % 2 == 0 else "yuv444p"
    enlarged = dataclasses.replace(
        video,
        index=0,
        codec="h264",
        decoder=None,
        width=width,
        height=height,
        rotation=0,
        upright=True,
        sar=picture.sar,
        pixel_format=chroma + ("10le" if picture.deep else ""),
        bit_depth=10 if picture.deep else 8,
        interlaced=False,
        full_range=False,
        matrix=picture.tags[2],
        start=Fraction(0),
        duration=job.duration,
        frames=nearest(job.duration * (video.rate or 0)),
        keyframes=(),
        extradata="",
    )
    return MediaFacts(
        file=f"{media.file}.mp4",
        fingerprint=job.key,
        size_bytes=0,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        kind=MediaKind.VIDEO,
        duration=job.duration,
        seekable=True,
        animated=False,
        video=enlarged,
        audio=None,
    )
