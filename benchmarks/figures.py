"""How figures are written in the tables."""

from __future__ import annotations

from benchmarks.bench import MEGABYTE
from benchmarks.measure import Ending, Measured


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:,.0f}"


def seconds(measured: Measured | None) -> str:
    """The time, or why there is none."""
    if measured is None:
        return "not tried"
    return f"{measured.wall_s:.1f}" if measured.ending is Ending.DONE else str(measured.ending)


def peak(measured: Measured | None) -> str:
    """Of the largest ffmpeg process, in MB; of one that was stopped, what it had taken by then."""
    if measured is None:
        return "–"
    more = "" if measured.ending is Ending.DONE else "over "
    return more + megabytes(measured.ffmpeg_peak_bytes)


def ratio(one: float, other: float | None) -> str:
    return f"{one / other:.2f}" if other else "–"
