"""What a job's folder holds: every input of a graph under the name the graph knows it by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from montage_recipe.diagnostics import RecipePath
from montage_recipe.graph.model import FilterGraph
from montage_recipe.jobs.model import FileInput, Job, JobInput
from montage_recipe.media.facts import MediaFacts
from montage_recipe.timecode import nearest, seconds_text


def media_link(name: str, media: MediaFacts, generated: Mapping[str, Job]) -> FileInput | JobInput:
    """A file, or the output of the job that generates it."""
    if media.fingerprint in generated:
        return JobInput(name=name, key=media.fingerprint)
    return FileInput(name=name, file=media.file, fingerprint=media.fingerprint)


def graph_links(graph: FilterGraph, generated: Mapping[str, Job]) -> tuple[FileInput | JobInput, ...]:
    """The media that a graph opens."""
    return tuple(
        media_link(graph_input.url.removeprefix("file:"), graph_input.media, generated)
        for graph_input in graph.inputs
        if graph_input.media is not None
    )


def graph_origins(graph: FilterGraph) -> tuple[tuple[str, RecipePath], ...]:
    """Which filter comes from which place in the recipe."""
    return tuple((node.id, node.at) for node in graph.nodes if node.at)


def opened_media(graph: FilterGraph) -> Iterable[MediaFacts]:
    return (graph_input.media for graph_input in graph.inputs if graph_input.media is not None)


def concat_list(files: Iterable[tuple[str, Fraction]]) -> str:
    """A list for ffmpeg's concat demuxer: file names of the job's folder and their durations in seconds.

    With durations given, the demuxer does not guess them from the files, which would shift every later one. They are
    whole microseconds, each the step between two rounded positions: rounded one by one, their errors would add up, and
    a long take in segments of 1198/59.94 s would be a frame off after nine minutes.
    """
    lines = ["ffconcat version 1.0"]
    begin = Fraction(0)
    for name, seconds in files:
        end = begin + seconds
        step = Fraction(nearest(end * 1_000_000) - nearest(begin * 1_000_000), 1_000_000)
        lines += [f"file {name}", f"duration {seconds_text(step)}"]
        begin = end
    return "\n".join(lines) + "\n"
