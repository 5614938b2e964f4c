"""What a compiled recipe says of its finished film, as checks ask for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from montage_recipe.checks.film import Film, Format, Frames, Scene, ShownTitle
from montage_recipe.checks.measured import BLACK_LEVEL
from montage_recipe.compiler import Compiled
from montage_recipe.diagnostics import RecipePath
from montage_recipe.generate import GENERATORS
from montage_recipe.listing.stages import timeline_text
from montage_recipe.media.containers import MP4
from montage_recipe.media.facts import MediaFacts, MediaKind, VideoFacts
from montage_recipe.profiles import PROFILES
from montage_recipe.recipe.kinds import Color
from montage_recipe.recipe.model import GeneratedMedia, MediaSource
from montage_recipe.timecode import SAMPLE_RATE
from montage_recipe.timeline.anchors import frame_of
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip
from montage_recipe.titles.document import margins_of

_SLOWEST = Fraction(1, 2)  # seconds for which a picture of the source may stand before it counts as a still one
_NO_MEDIA: Any = None  # in the place of what is said by its content alone
# What players of High can play. x264 takes the first except at ultrafast; copied footage has what its camera made.
_PROFILES = ("High", "Main", "Constrained Baseline", "Baseline")
_LOSSLESS = ("High 4:4:4 Predictive",)  # that of crf 0, also for 4:2:0
_DIPS_TO_BLACK = frozenset({"dip-to-black"})


def film_of(compiled: Compiled) -> Film:
    """Pure: nothing is looked at but the plan."""
    timeline, recipe = compiled.timeline, compiled.recipe
    canvas = timeline.canvas
    clips = {clip.id: clip.shows for clip in timeline.clips if clip.id}
    loudness = timeline.loudness
    return Film(
        name=recipe.output.name,
        rate=canvas.fps,
        frames=timeline.length,
        format=Format(
            container=MP4,
            width=canvas.size.width,
            height=canvas.size.height,
            rate=canvas.fps,
            picture_codec="h264",
            codec_profiles=(*_LOSSLESS, *_PROFILES) if _crf(compiled) == 0 else _PROFILES,
            pixel_format="yuv420p",
            sound_codec="aac",
            sample_rate=SAMPLE_RATE,
            channels=2,
        ),
        integrated=loudness.integrated if loudness else None,
        true_peak=loudness.true_peak if loudness else None,
        scenes=tuple(sorted(_scenes(timeline), key=lambda scene: scene.frames)),
        titles=tuple(
            ShownTitle(
                at=title.at,
                text=title.text,
                frames=_frames(title.shows),
                position=title.position,
                margins=margins_of(title.position),
            )
            for title in timeline.titles
        ),
        dark=tuple(_dark(timeline)),
        still=tuple(_still(compiled)),
        quiet=tuple(_quiet(compiled)),
        barred=tuple(_barred(timeline)),
        moments={
            use.at: frame_of(use.params.frame, clips=clips, length=timeline.length, rate=canvas.fps)
            for use in recipe.checks
            if use.name == "frame"
        },
        plan=f"{timeline_text(timeline)}fingerprint {_fingerprint(compiled)}\n",
    )


def _crf(compiled: Compiled) -> int:
    output = compiled.recipe.output
    return PROFILES[output.profile].crf if output.crf is None else output.crf


def _fingerprint(compiled: Compiled) -> str:
    """Of all that decides pictures and sound besides the program and its ffmpeg: the footage's content, not its name."""
    timeline = compiled.timeline
    parts: list[object] = [timeline.canvas, timeline.loudness]
    for clip, written in zip(timeline.clips, compiled.recipe.clips, strict=True):
        parts.append((_content(written.src, clip.media), replace(clip, media=_NO_MEDIA)))
    for sound, heard in zip(timeline.sounds, compiled.recipe.audio, strict=True):
        parts.append((_content(heard.src, sound.media), replace(sound, media=_NO_MEDIA)))
    parts += [replace(title, font=title.font and Path(title.font).name) for title in timeline.titles]
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()[:32]


def _content(source: MediaSource, media: MediaFacts) -> object:
    return source if isinstance(source, GeneratedMedia) else media.fingerprint


def _frames(span: FrameSpan) -> Frames:
    return (span.start, span.end)


def _scenes(timeline: Timeline) -> Iterator[Scene]:
    for number, clip in enumerate(timeline.clips):
        name = f"clip {number + 1} ({clip.id})" if clip.id else f"clip {number + 1}"
        if frames := clip.transition.frames:
            at: RecipePath = clip.transition.at
            shown = (clip.shows.start, clip.shows.start + frames)
            yield Scene(at=at, name=f"the {clip.transition.type} into {name}", frames=shown)
        body = timeline.body(number)
        if body.length > 0:
            yield Scene(at=clip.at, name=name, frames=_frames(body))


def _dark(timeline: Timeline) -> Iterator[Frames]:
    """Transitions through black, and from a background that is black."""
    background = _is_black(timeline.canvas.background)
    for number, clip in enumerate(timeline.clips):
        if clip.transition.type in _DIPS_TO_BLACK or (number == 0 and background):
            yield (clip.shows.start, clip.shows.start + clip.transition.frames)


def _is_black(color: Color) -> bool:
    return max(color.red, color.green, color.blue) < BLACK_LEVEL


def _still(compiled: Compiled) -> Iterator[Frames]:
    for clip, asked in zip(compiled.timeline.clips, compiled.recipe.clips, strict=True):
        if _pauses(asked.src) or _stands(clip):
            yield _frames(clip.shows)


def _stands(clip: TimelineClip) -> bool:
    """Still pictures, and videos of so few pictures a second that each is seen for long."""
    video = clip.media.video
    if clip.media.kind is MediaKind.IMAGE or video is None or video.rate is None:
        return True
    return 1 / (video.rate * clip.speed) >= _SLOWEST


def _pauses(source: MediaSource) -> bool:
    return isinstance(source, GeneratedMedia) and not GENERATORS[source.generator].moves


def _quiet(compiled: Compiled) -> Iterator[Frames]:
    """Where no clip has a sound that can be heard, and no music plays."""
    timeline = compiled.timeline
    edges = {0, timeline.length}
    sounding = [
        *(clip.shows for clip in timeline.clips if clip.media.audio and clip.volume > _INAUDIBLE),
        *(
            sound.shows
            for sound, asked in zip(timeline.sounds, compiled.recipe.audio, strict=True)
            if sound.volume > _INAUDIBLE and not _pauses(asked.src)
        ),
    ]
    for span in sounding:
        edges |= {span.start, span.end}
    marks = sorted(edges)
    for start, end in pairwise(marks):
        if not any(span.start <= start and end <= span.end for span in sounding):
            yield (start, end)


_INAUDIBLE = 0.003  # -50 dB: what is quiet in the footage is then silent


def _barred(timeline: Timeline) -> Iterator[Frames]:
    """Clips whose `fit` leaves a part of the canvas to its black background, and transitions, whose edges move."""
    black = _is_black(timeline.canvas.background)
    for number, clip in enumerate(timeline.clips):
        body = timeline.body(number)
        if black and _leaves_edges(clip, timeline):
            yield _frames(clip.shows)
        elif clip.transition.frames:
            yield (clip.shows.start, body.start)


def _leaves_edges(clip: TimelineClip, timeline: Timeline) -> bool:
    if clip.fit == "none" or clip.media.video is None or any(use.name == "crop" for use in clip.effects):
        return True
    return clip.fit == "contain" and _has_other_shape(clip.media.video, timeline)


def _has_other_shape(video: VideoFacts, timeline: Timeline) -> bool:
    size = timeline.canvas.size
    width, height = video.width * video.sar, Fraction(video.height)
    if video.rotation % 180:
        width, height = height, width
    return abs(width / height - Fraction(size.width, size.height)) > Fraction(1, 100)
