"""The timeline, its segments and their filter graphs, a line for each thing in them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from montage_recipe.graph.model import FilterGraph
from montage_recipe.graph.picture import lower_picture
from montage_recipe.jobs.model import JobKind, Plan
from montage_recipe.jobs.segments import SOUND_LIMITS, split
from montage_recipe.timecode import seconds_text
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip

Json = dict[str, Any]


def timeline_data(timeline: Timeline) -> Json:
    """Times in seconds, spans in frames."""
    return {
        "canvas": {
            "width": timeline.canvas.size.width,
            "height": timeline.canvas.size.height,
            "fps": str(timeline.canvas.fps),
        },
        "frames": timeline.length,
        "clips": [
            {
                "id": clip.id,
                "source": Path(clip.media.file).name,
                "in_s": seconds_text(clip.in_),
                "speed": str(clip.speed),
                "frames": [clip.shows.start, clip.shows.end],
                "transition": {"type": clip.transition.type, "frames": clip.transition.frames},
                "fit": clip.fit,
                "volume": round(clip.volume, 6),
                "effects": [use.name for use in clip.effects],
                **({"upscale": {"factor": clip.upscale.factor, "model": clip.upscale.model}} if clip.upscale else {}),
            }
            for clip in timeline.clips
        ],
        "titles": [
            {"text": title.text, "frames": [title.shows.start, title.shows.end], "position": title.position}
            for title in timeline.titles
        ],
        "audio": [
            {
                "source": Path(sound.media.file).name,
                "in_s": seconds_text(sound.in_),
                "out_s": seconds_text(sound.out),
                "loop": sound.loop,
                "frames": [sound.shows.start, sound.shows.end],
            }
            for sound in timeline.sounds
        ],
    }


def timeline_text(timeline: Timeline) -> str:
    canvas = timeline.canvas
    lines = [f"canvas {canvas.size} at {canvas.fps} frames a second, {_length(timeline.length, canvas.fps)}"]
    rate = canvas.fps
    lines += [_clip_line(number, clip, rate) for number, clip in enumerate(timeline.clips, start=1)]
    lines += [f"title {_timed(t.shows, rate)} {t.position} {t.text!r}" for t in timeline.titles]
    lines += [
        f"sound {_timed(s.shows, rate)} {Path(s.media.file).name} from {seconds_text(s.in_)}s to {seconds_text(s.out)}s"
        + (" looped" if s.loop else "")
        for s in timeline.sounds
    ]
    return "\n".join(lines) + "\n"


def segments_data(timeline: Timeline, plan: Plan) -> Json:
    return {
        "picture": [
            {"frames": [span.start, span.end], "clips": _numbers(timeline, span), "how": how}
            for span, how in _picture_segments(plan)
        ],
        "sound": [
            {"frames": [span.start, span.end], "clips": _numbers(timeline, span)}
            for span in split(timeline, SOUND_LIMITS)
        ],
    }


def segments_text(timeline: Timeline, plan: Plan) -> str:
    data = segments_data(timeline, plan)
    lines = [
        f"{what} {_span(FrameSpan(*segment['frames']))} clips {', '.join(map(str, segment['clips']))}"
        + (" copied" if segment.get("how") == "copy" else "")
        for what in ("picture", "sound")
        for segment in data[what]
    ]
    return "\n".join(lines) + "\n"


def graphs_data(timeline: Timeline, plan: Plan) -> Json:
    return {
        "segments": [
            {"frames": [span.start, span.end], "nodes": [_node_data(graph, n) for n in range(len(graph.nodes))]}
            for span, graph in _graphs(timeline, plan)
        ]
    }


def graphs_text(timeline: Timeline, plan: Plan) -> str:
    """One line a filter: its name, the filter and its options, what it reads."""
    lines: list[str] = []
    for span, graph in _graphs(timeline, plan):
        lines.append(f"picture {_span(span)}")
        for graph_input in graph.inputs:
            options = " ".join(
                f"-{name}" if value is None else f"-{name} {value}" for name, value in graph_input.options
            )
            lines.append(f"  {graph_input.id}: {options} -i {graph_input.url}")
        for node in graph.nodes:
            options = " ".join(f"{name}={value}" for name, value in node.options)
            lines.append(f"  {node.id}: {' '.join((node.filter, options)).strip()} <- {', '.join(node.inputs)}")
    return "\n".join(lines) + "\n"


def _graphs(timeline: Timeline, plan: Plan) -> Iterator[tuple[FrameSpan, FilterGraph]]:
    for span, how in _picture_segments(plan):
        if how == "encode":
            yield span, lower_picture(timeline, span)


def _picture_segments(plan: Plan) -> Iterator[tuple[FrameSpan, str]]:
    for span, kind in plan.picture:
        yield span, "copy" if kind is JobKind.COPY else "encode"


def _node_data(graph: FilterGraph, number: int) -> Json:
    node = graph.nodes[number]
    return {"id": node.id, "filter": node.filter, "options": dict(node.options), "inputs": list(node.inputs)}


def _clip_line(number: int, clip: TimelineClip, rate: Fraction) -> str:
    name, shows = f" ({clip.id})" if clip.id else "", _timed(clip.shows, rate)
    parts = [f"clip {number}{name} {shows} {Path(clip.media.file).name} from {seconds_text(clip.in_)}s"]
    if clip.speed != 1:
        parts.append(f"at speed {clip.speed}")
    if clip.transition.frames:
        parts.append(f"by {clip.transition.type} of {clip.transition.frames} frames")
    if clip.upscale:
        parts.append(f"{clip.upscale.factor} times larger by {clip.upscale.model}")
    if clip.effects:
        parts.append(f"with {', '.join(use.name for use in clip.effects)}")
    return ", ".join(parts)


def _numbers(timeline: Timeline, span: FrameSpan) -> list[int]:
    return [number + 1 for number in timeline.numbers_in(span)]


def _timed(span: FrameSpan, rate: Fraction) -> str:
    return f"{float(span.start / rate):.3f}s to {float(span.end / rate):.3f}s {_span(span)}"


def _span(span: FrameSpan) -> str:
    return f"[{span.start}, {span.end})"


def _length(frames: int, rate: Fraction) -> str:
    return f"{frames} frames, {seconds_text(frames / rate)}s"
