"""Runs small graphs on a real ffmpeg and gives their frames or samples as bytes."""

from __future__ import annotations

import array
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from montage_recipe.effects.spec import FilterCall
from montage_recipe.engine import Engine

# What a canvas is: limited-range BT.709, 8 bits, 4:2:0.
CANVAS = "format=yuv420p,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def filter_text(calls: Sequence[FilterCall]) -> str:
    """A chain as ffmpeg reads it; the values of these tests need no escaping but commas."""
    return ",".join(
        call.name + ("=" if call.options else "") + ":".join(f"{name}='{value}'" for name, value in call.options)
        for call in calls
    )


def run_ffmpeg(engine: Engine, *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> bytes:
    """What ffmpeg writes to its standard output; fails the test with its log if it does not succeed."""
    command = (engine.path, "-v", "error", "-nostdin", *arguments)
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, cwd=cwd, env=environment)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout


def frames_of(engine: Engine, graph: str, size: tuple[int, int], cwd: Path | None = None, **env: str) -> list[bytes]:
    """The yuv420p frames of a lavfi description whose output has `size`."""
    data = run_ffmpeg(engine, *("-f", "lavfi", "-i", graph, "-fps_mode", "passthrough"), *RAW_PICTURE, cwd=cwd, env=env)
    length = size[0] * size[1] * 3 // 2
    assert len(data) % length == 0, "the frames have another size"
    return [data[start : start + length] for start in range(0, len(data), length)]


def samples_of(engine: Engine, graph: str) -> array.array[float]:
    """The samples of a stereo lavfi description, left and right in turn."""
    data = run_ffmpeg(engine, "-f", "lavfi", "-i", graph, "-c:a", "pcm_f32le", "-f", "f32le", "-")
    return array.array("f", data)


def mean_difference(one: bytes, other: bytes) -> float:
    """The mean difference of two frames' values, 0 to 255."""
    assert len(one) == len(other)
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


RAW_PICTURE = ("-pix_fmt", "yuv420p", "-c:v", "rawvideo", "-f", "rawvideo", "-")
