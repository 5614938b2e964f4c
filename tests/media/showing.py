"""What an ffmpeg shows and plays of a file: the judge of what a probe says."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

_PICTURE = re.compile(
    r" n: *\d+ pts: *\S+ pts_time:(?P<time>\S+).*? sar:(?P<sar>\d+/\d+) s:(?P<size>\d+x\d+) i:(?P<fields>\S)"
    r"(?:.*?checksum:(?P<sum>\w+))?"
)
_WRITTEN = re.compile(r"frame= *(\d+)")
_SOUND = re.compile(r" n:\d+ pts:\S+ pts_time:(?P<time>\S+) .*?nb_samples:(?P<samples>\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    time: float  # seconds after the container's start
    sar: Fraction
    size: str  # as displayed: turned upright
    interlaced: bool
    checksum: str  # empty where none was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    time: float
    samples: int


def pictures(
    ffmpeg: str, file: Path, *, index: int = 0, seek: float | None = None, checksums: bool = False
) -> list[Shown]:
    """Every frame of stream `index`, in order; with `seek` from where ffmpeg begins then. Checksums cost more than the
    decoding."""
    # ffmpeg 9 logs from several threads, and on a busy machine a line now and then is cut by another: none is ever added.
    for _ in range(3):
        shown, written = _shown(ffmpeg, file, index, seek, checksums)
        if len(shown) == written:
            break
    return shown


def _shown(ffmpeg: str, file: Path, index: int, seek: float | None, checksums: bool) -> tuple[list[Shown], int]:
    """The frames that the log tells of, and how many ffmpeg says it has written."""
    info = f"showinfo=checksum={int(checksums)}"
    log = _run(ffmpeg, file, seek, ("-map", f"0:{index}", "-fps_mode", "passthrough", "-vf", info))
    shown = [
        Shown(
            time=float(match["time"]),
            sar=Fraction(match["sar"]) if not match["sar"].startswith("0/") else Fraction(1),
            size=match["size"],
            interlaced=match["fields"] in "TB",
            checksum=match["sum"] or "",
        )
        for match in _PICTURE.finditer(log)
        if match["sum"] or not checksums
    ]
    return shown, int(_WRITTEN.findall(log)[-1])


def sounds(ffmpeg: str, file: Path, *, index: int) -> list[Heard]:
    log = _run(ffmpeg, file, None, ("-map", f"0:{index}", "-af", "ashowinfo"))
    return [Heard(time=float(match["time"]), samples=int(match["samples"])) for match in _SOUND.finditer(log)]


def count_pictures(ffmpeg: str, file: Path) -> int:
    """Counted in the output, not in the log, whose lines a newer ffmpeg mixes with its complaints about damage."""
    done = subprocess.run(
        (ffmpeg, "-v", "error", "-nostdin", "-i", f"file:{file}", "-fps_mode", "passthrough", "-f", "framemd5", "-"),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return sum(not line.startswith(b"#") for line in done.stdout.splitlines())


def _run(ffmpeg: str, file: Path, seek: float | None, output: tuple[str, ...]) -> str:
    place = () if seek is None else ("-noaccurate_seek", "-ss", f"{seek:.6f}")
    argv = (ffmpeg, "-hide_banner", "-nostdin", "-threads", "1", "-copyts", "-start_at_zero", *place)
    done = subprocess.run(
        (*argv, "-i", f"file:{file}", *output, "-f", "null", "-"),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,  # a file that is cut off may end with any status
    )
    return done.stderr.decode("utf-8", "replace")
