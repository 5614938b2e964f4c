"""Looks into finished files: by decoding them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Bench

_PSNR = re.compile(r"PSNR y:(?P<luma>\S+) .*average:(?P<average>\S+) min:(?P<lowest>\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Psnr:
    """In dB; infinite where the pictures are equal."""

    luma: float
    average: float
    lowest: float  # of a single frame


def frame_count(bench: Bench, file: Path) -> int:
    """Frames that can be decoded."""
    text = _ffmpeg(bench, "-i", str(file), "-map", "0:v", "-f", "null", "-progress", "pipe:1", "-")
    return int(re.findall(r"^frame=\s*(\d+)", text, re.MULTILINE)[-1])


def frame_hashes(bench: Bench, file: Path) -> tuple[str, ...]:
    """One of each decoded frame's samples."""
    text = _ffmpeg(bench, "-i", str(file), "-map", "0:v", "-f", "framemd5", "-")
    return tuple(line.rsplit(",", 1)[1].strip() for line in text.splitlines() if not line.startswith("#"))


def sound_hash(bench: Bench, file: Path) -> str:
    """Of all decoded samples."""
    return _ffmpeg(bench, "-i", str(file), "-map", "0:a", "-f", "md5", "-").strip()


def psnr(bench: Bench, one: Path, other: Path) -> Psnr:
    """Raises ValueError where ffmpeg does not say."""
    graph = "[0:v]settb=1/30,setpts=N[a];[1:v]settb=1/30,setpts=N[b];[a][b]psnr"
    argv = (
        bench.engine.path,
        "-nostdin",
        "-v",
        "info",
        "-i",
        str(one),
        "-i",
        str(other),
        "-lavfi",
        graph,
        "-f",
        "null",
        "-",
    )
    log = subprocess.run(argv, check=True, capture_output=True, text=True).stderr
    found = _PSNR.search(log)
    if not found:
        raise ValueError(f"no PSNR in {log[-500:]}")
    return Psnr(**{name: float(value) for name, value in found.groupdict().items()})


def _ffmpeg(bench: Bench, *arguments: str) -> str:
    argv = (bench.engine.path, "-nostdin", "-v", "error", *arguments)
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
