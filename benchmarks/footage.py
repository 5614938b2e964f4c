"""The clips' sources: synthesised once, then kept in the work folder."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from benchmarks.bench import CLIP_FRAMES, FPS, Bench


def footage(bench: Bench, clips: int) -> tuple[Path, ...]:
    """A file of 2 s for each clip: H.264 (x264's medium preset, its own GOPs) and AAC.

    No two are equal, byte for byte: of equal segments, montage-recipe makes one only, and a montage whose clips come round
    again would be finished too soon.
    """
    folder = bench.work / f"footage-{bench.scale.size}"
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_file(bench, folder, number) for number in range(clips))


def _file(bench: Bench, folder: Path, number: int) -> Path:
    file = folder / f"{number:04}.mp4"
    if not file.exists():
        take = folder / f"take-{number % bench.scale.takes}.mp4"
        if not take.exists():
            _synthesise(bench, number, take)
        part = file.with_suffix(".part")
        part.write_bytes(take.read_bytes() + struct.pack(">I4sQ", 16, b"free", number))  # a box that players skip
        part.replace(file)
    return file


def _synthesise(bench: Bench, number: int, file: Path) -> None:
    """Moving shapes, with as much grain as gives the 15 Mb/s of a camera at 1080p."""
    picture = f"testsrc2=s={bench.scale.size}:r={FPS},hue=h={30 * number},noise=alls=8:allf=t:all_seed={number + 1}"
    sound = f"sine=f={220 + 55 * number}:r=48000,aformat=channel_layouts=stereo"
    part = file.with_suffix(".part")
    argv = (
        *(bench.engine.path, "-v", "error", "-nostdin", "-y"),
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(CLIP_FRAMES / FPS)),
        *("-c:v", "libx264", "-preset", "medium", "-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709"),
        *("-color_primaries", "bt709", "-color_trc", "bt709", "-c:a", "aac", "-b:a", "192k", "-f", "mp4", str(part)),
    )
    subprocess.run(argv, check=True)
    part.replace(file)
