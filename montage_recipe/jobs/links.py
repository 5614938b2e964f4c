"""What a job's folder holds: every input of a graph under the name the graph knows it by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from montage_recipe.diagnostics import RecipePath
from montage_recipe.graph.model import FilterGraph
from montage_recipe.jobs.model import FileInput, Job, JobInput
from montage_recipe.media.facts import MediaFacts


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


def concat_list(names: Iterable[tuple[str, str]]) -> str:
    """A list for ffmpeg's concat demuxer: file names of the job's folder and their durations in seconds.

    With durations given, the demuxer does not guess them from the files, which would shift every later one.
    """
    lines = ["ffconcat version 1.0"]
    for name, seconds in names:
        lines += [f"file {name}", f"duration {seconds}"]
    return "\n".join(lines) + "\n"
