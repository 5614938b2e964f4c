"""Runs lowered graphs on a real ffmpeg and counts what comes out."""

from __future__ import annotations

import subprocess
from pathlib import Path

from montage_recipe.engine import Engine
from montage_recipe.graph.emit import ffmpeg_arguments
from montage_recipe.graph.model import FilterGraph


def outcome(graph: FilterGraph, engine: Engine, folder: Path, *options: str) -> list[str]:
    """The lines ffmpeg prints for a graph's result; media are linked into `folder`, which must be new."""
    folder.mkdir()
    for graph_input in graph.inputs:
        if graph_input.media:
            (folder / graph_input.url.removeprefix("file:")).symlink_to(graph_input.media.file)
    argv = ffmpeg_arguments(graph, output_options=options, output="-")
    run = subprocess.run(
        [engine.path, "-v", "error", *argv], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return [line for line in run.stdout.splitlines() if line and not line.startswith("#")]


def frame_hashes(graph: FilterGraph, engine: Engine, folder: Path) -> list[str]:
    """One hash for each picture; fails unless picture n is stamped n."""
    lines = outcome(graph, engine, folder, "-fps_mode", "passthrough", "-f", "framemd5")
    fields = [line.split(",") for line in lines]
    assert [int(field[2]) for field in fields] == list(range(len(fields)))
    return [field[-1].strip() for field in fields]


def sample_bytes(graph: FilterGraph, engine: Engine, folder: Path) -> bytes:
    """Stereo samples, 8 bytes each."""
    return raw_bytes(graph, engine, folder, "f32le")


def raw_bytes(graph: FilterGraph, engine: Engine, folder: Path, form: str) -> bytes:
    """What comes out, without a container: `f32le` or `rawvideo`."""
    folder.mkdir()
    for graph_input in graph.inputs:
        if graph_input.media:
            (folder / graph_input.url.removeprefix("file:")).symlink_to(graph_input.media.file)
    argv = ffmpeg_arguments(graph, output_options=("-f", form), output="-")
    run = subprocess.run([engine.path, "-v", "error", *argv], cwd=folder, capture_output=True, check=True, timeout=60)
    return run.stdout


def make(engine: Engine, file: Path, *argv: str) -> Path:
    subprocess.run([engine.path, "-v", "error", "-nostdin", "-y", *argv, str(file)], check=True, timeout=60)
    return file
