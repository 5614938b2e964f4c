"""What is really in a finished file: packets read by PyAV, frames and samples decoded by an ffmpeg."""

from __future__ import annotations

import re
import subprocess
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from montage_recipe.engine import Engine

RATE_HZ = 48000
# Without these two, the scaler halves the colours' width once more.
EXACT = "flags=area+full_chroma_int+accurate_rnd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """When things happen in a file, in seconds, exactly."""

    times: tuple[Fraction, ...]  # of the pictures, in the order they are shown
    size: str
    picture_end: Fraction
    sound_end: Fraction

    def steps(self) -> set[Fraction]:
        """The lengths of time between one picture and the next; one if all are equal."""
        return {after - before for before, after in zip(self.times, self.times[1:], strict=False)}


def streams(file: Path) -> Streams:
    """One picture and one sound stream; anything else fails."""
    with av.open(str(file)) as container:
        (video,), (audio,) = container.streams.video, container.streams.audio
        shown: list[Fraction] = []
        heard = Fraction(0)
        picture_end = Fraction(0)
        for packet in container.demux(video, audio):
            if packet.pts is None or packet.time_base is None:
                continue  # the flushing packet at the end
            until = (packet.pts + (packet.duration or 0)) * packet.time_base
            if packet.stream_index == video.index:
                shown.append(packet.pts * packet.time_base)
                picture_end = max(picture_end, until)
            else:
                heard = max(heard, until)
        size = f"{video.width}x{video.height}"
    return Streams(times=tuple(sorted(shown)), size=size, picture_end=picture_end, sound_end=heard)


def assert_exact(file: Path, *, frames: int, fps: Fraction) -> None:
    """Exactly the planned pictures, evenly spaced from 0 on, and sound that ends with them."""
    found = streams(file)
    assert len(found.times) == frames
    assert found.times[0] == 0
    assert found.steps() <= {1 / fps}
    assert found.picture_end == frames / fps
    assert abs(found.picture_end - found.sound_end) < 1 / fps


def frame_hashes(engine: Engine, file: Path, *filters: str) -> list[str]:
    """The MD5 of every decoded picture."""
    chain = ("-vf", ",".join(filters)) if filters else ()
    text = _decoded(engine, file, "-map", "0:v", "-fps_mode", "passthrough", *chain, "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in text.decode().splitlines() if not line.startswith("#")]


def pixels(engine: Engine, file: Path, *, width: int, height: int, form: str = "rgb24", at: float = 0) -> list[bytes]:
    """Every picture from `at` seconds on, scaled to this size, row by row."""
    scaled = f"trim=start={at:.6f},scale={width}:{height}:in_color_matrix=bt709:{EXACT},format={form}"
    data = _decoded(engine, file, "-map", "0:v", "-fps_mode", "passthrough", "-vf", scaled, "-f", "rawvideo", "-")
    length = width * height * (3 if form == "rgb24" else 1)
    return [data[start : start + length] for start in range(0, len(data), length)]


def brightness(engine: Engine, file: Path) -> list[int]:
    """The mean luma of every picture, 16 to 235."""
    # In this format the ffmpegs agree; grey has a range of its own in each of them.
    form = "scale=2:2:flags=area,format=yuv420p"
    data = _decoded(engine, file, "-map", "0:v", "-fps_mode", "passthrough", "-vf", form, "-f", "rawvideo", "-")
    return [sum(data[start : start + 4]) // 4 for start in range(0, len(data), 6)]


def color_at(engine: Engine, file: Path, at: float) -> tuple[int, int, int]:
    """The mean colour of the picture shown at `at` seconds, in RGB."""
    red, green, blue = pixels(engine, file, width=1, height=1, at=at)[0]
    return red, green, blue


def samples(engine: Engine, file: Path) -> array[int]:
    """The left channel, 16 bits, from time 0 on."""
    data = _decoded(engine, file, "-map", "0:a", "-af", "pan=mono|c0=c0", "-ar", str(RATE_HZ), "-f", "s16le", "-")
    heard = array("h")
    heard.frombytes(data)
    return heard


def peaks(heard: Sequence[int], *, block: int = 48) -> list[int]:
    """The largest magnitude of every millisecond (of every `block` samples)."""
    return [
        max(max(part), -min(part))
        for part in (heard[start : start + block] for start in range(0, len(heard), block))
        if part
    ]


def rises(levels: Sequence[int], *, above: int, hold: int) -> list[int]:
    """Where the level passes `above` after at least `hold` places below it."""
    found, quiet = [], hold
    for place, level in enumerate(levels):
        if level < above:
            quiet += 1
            continue
        if quiet >= hold:
            found.append(place)
        quiet = 0
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    lufs: float
    dbtp: float


def loudness(engine: Engine, file: Path) -> Level:
    """As EBU R128 measures the finished file."""
    argv = (engine.path, "-hide_banner", "-nostdin", "-i", f"file:{file}", "-map", "0:a")
    meter = ("-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-")
    done = subprocess.run((*argv, *meter), capture_output=True, text=True, check=True, timeout=120)
    summary = done.stderr[done.stderr.rindex("Summary:") :]
    integrated = re.search(r"I:\s*(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s*(-?[\d.]+|-inf) dBFS", summary)
    assert integrated and peak
    return Level(lufs=float(integrated[1]), dbtp=float(peak[1]))


def _decoded(engine: Engine, file: Path, *arguments: str) -> bytes:
    argv = (engine.path, "-hide_banner", "-nostdin", "-loglevel", "error", "-i", f"file:{file}", *arguments)
    done = subprocess.run(argv, capture_output=True, check=True, timeout=240)
    assert not done.stderr, done.stderr.decode("utf-8", "replace")
    return done.stdout
