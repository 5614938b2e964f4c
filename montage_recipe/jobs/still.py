"""The job that renders one frame of the timeline as a PNG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from montage_recipe.effects.spec import call
from montage_recipe.engine import Engine
from montage_recipe.graph.emit import GraphArguments
from montage_recipe.graph.model import FilterGraph, Node
from montage_recipe.graph.normalise import SCALER
from montage_recipe.graph.picture import lower_picture
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.lettering import Lettering
from montage_recipe.jobs.links import graph_links, graph_origins, opened_media
from montage_recipe.jobs.memory import picture_memory
from montage_recipe.jobs.model import Expected, Job, JobKind
from montage_recipe.jobs.picture import describe, transitions_in
from montage_recipe.recipe.kinds import Size
from montage_recipe.timecode import nearest
from montage_recipe.timeline.model import FrameSpan, Timeline

# Of one picture that a job writes.
PNG_OPTIONS = (
    *("-an", "-frames:v", "1", "-c:v", "png", "-threads", "1", "-fflags", "+bitexact"),
    *("-update", "1", "-f", "image2"),
)


def still_job(
    timeline: Timeline,
    frame: int,
    *,
    width: int | None,
    engine: Engine,
    generated: Mapping[str, Job],
    lettering: Lettering,
) -> Job:
    """Renders frame number `frame` as the film has it before it is encoded, `width` pixels wide (None, or more than the canvas
    has: at its size). Only what that frame shows is decoded, from the keyframe before it on; inside a transition, all of it."""
    span = still_span(timeline, frame)
    size = still_size(timeline.canvas.size, width)
    graph = _one_frame(lower_picture(timeline, span), frame - span.start, size)
    fonts, documents = lettering.files(timeline, span)
    inputs = (*graph_links(graph, generated), *fonts)
    argv = GraphArguments(graph, output_options=PNG_OPTIONS, output="file:out.png")
    label, at = describe(timeline, span)
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=inputs, files=documents),
        kind=JobKind.VIDEO,
        label=f"still of {label}",
        argv=argv,
        inputs=inputs,
        files=documents,
        output="out.png",
        expected=Expected(frames=1, width=size.width, height=size.height),
        memory_bytes=picture_memory(
            opened_media(graph), timeline.canvas.size, "ultrafast", transitions=transitions_in(timeline, span)
        ),
        threads=1,
        duration=Fraction(span.length) / timeline.canvas.fps,
        origins=graph_origins(graph),
        at=at,
    )


def still_span(timeline: Timeline, frame: int) -> FrameSpan:
    """The fewest frames around `frame` that can be rendered for themselves: the transition it lies in, else it alone."""
    if not 0 <= frame < timeline.length:
        raise ValueError(f"the film has no frame {frame}, but {timeline.length} of them")
    for clip in timeline.clips_in(FrameSpan(frame, frame + 1)):
        fade = FrameSpan(clip.shows.start, clip.shows.start + clip.transition.frames)
        if fade.start <= frame < fade.end:
            return fade
    return FrameSpan(frame, frame + 1)


def still_size(canvas: Size, width: int | None) -> Size:
    """The canvas's shape in `width` pixels; the height is a whole number of them."""
    if width is None or width >= canvas.width:
        return canvas
    return Size(width, max(1, nearest(Fraction(width * canvas.height, canvas.width))))


def _one_frame(graph: FilterGraph, number: int, size: Size) -> FilterGraph:
    """The graph's frame of that number, in RGB."""
    picture = {"in_color_matrix": "bt709", "in_range": "tv", "out_range": "pc", "flags": SCALER}
    calls = (
        call("trim", start_frame=number, end_frame=number + 1),
        call("setpts", expr="PTS-STARTPTS"),
        call("scale", w=size.width, h=size.height, **picture),
        call("format", pix_fmts="rgb24"),
    )
    nodes, result = graph.nodes, graph.result
    for place, filter_call in enumerate(calls):
        node = Node(id=f"still_{place}", filter=filter_call.name, inputs=(result,), options=filter_call.options)
        nodes, result = (*nodes, node), node.id
    return replace(graph, nodes=nodes, result=result)
