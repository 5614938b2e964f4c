"""The job that renders one segment of the picture."""

from __future__ import annotations

from collections.abc import Mapping

from montage_recipe.diagnostics import RecipePath
from montage_recipe.engine import Engine
from montage_recipe.graph.emit import GraphArguments
from montage_recipe.graph.picture import lower_picture
from montage_recipe.jobs.encoding import video_options
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.lettering import Lettering
from montage_recipe.jobs.links import graph_links, graph_origins, opened_media
from montage_recipe.jobs.memory import picture_memory
from montage_recipe.jobs.model import Expected, Job, JobKind
from montage_recipe.profiles import PROFILES
from montage_recipe.recipe.model import Output
from montage_recipe.timeline.model import FrameSpan, Timeline
from montage_recipe.transitions import TRANSITIONS
from montage_recipe.transitions.spec import Transition


def picture_job(
    timeline: Timeline,
    span: FrameSpan,
    output: Output,
    *,
    engine: Engine,
    generated: Mapping[str, Job],
    lettering: Lettering,
) -> Job:
    """Renders the frames of `span`."""
    canvas = timeline.canvas
    graph = lower_picture(timeline, span)
    argv = GraphArguments(graph, output_options=("-an", *video_options(output, canvas.fps)), output="file:out.mp4")
    fonts, documents = lettering.files(timeline, span)
    inputs = (*graph_links(graph, generated), *fonts)
    preset = output.preset or PROFILES[output.profile].preset
    label, at = describe(timeline, span)
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=inputs, files=documents),
        kind=JobKind.VIDEO,
        label=f"picture of {label}",
        argv=argv,
        inputs=inputs,
        files=documents,
        output="out.mp4",
        expected=Expected(frames=span.length, width=canvas.size.width, height=canvas.size.height, rate=canvas.fps),
        memory_bytes=picture_memory(
            opened_media(graph), canvas.size, preset, transitions=transitions_in(timeline, span)
        ),
        threads=1,
        duration=span.length / canvas.fps,
        origins=graph_origins(graph),
        at=at,
    )


def transitions_in(timeline: Timeline, span: FrameSpan) -> tuple[Transition, ...]:
    """The transitions that lie in a span; none lies in part."""
    clips = timeline.clips_in(span)
    return tuple(
        TRANSITIONS[clip.transition.type] for clip in clips if clip.transition.frames and span.start <= clip.shows.start
    )


def describe(timeline: Timeline, span: FrameSpan) -> tuple[str, RecipePath]:
    """The clips of a span in words, counted from 1, and the place of the first of them."""
    numbers = timeline.numbers_in(span)
    at = timeline.clips[numbers[0]].at
    if len(numbers) == 1:
        return f"clip {numbers[0] + 1}", at
    return f"clips {numbers[0] + 1} to {numbers[-1] + 1}", at
