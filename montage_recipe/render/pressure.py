"""What is to be done when memory runs short: decided from measurements alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

# Jobs are admitted while all processes together are expected to stay below this share of the limit; what is measured
# above it is a shortage.
SHORT_SHARE = 0.8

_POINTS = 240
_FIRST_WIDTH_S = 0.1
# A process is stopped this long before it would reach the limit if it went on growing as it does: two samples and the
# time that SIGKILL takes. ffmpeg grows by 300 to 600 MB a second when it starts.
_AHEAD_S = 0.03
_RESERVE_BYTES = 16 << 20  # for a growth that begins between two samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Resident memory at one moment."""

    at_s: float  # since the watch began
    own_bytes: int  # of this process
    children: Mapping[int, int]  # bytes of each job's process and all it has started, by process id
    others_bytes: int = 0  # of children that are no jobs, e.g. the programs that reach hosts

    @property
    def total_bytes(self) -> int:
        return self.own_bytes + self.others_bytes + sum(self.children.values())


class Pressure:
    """Judges one sample after the other."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.first_short: Sample | None = None
        self.short = False  # now
        self.most_jobs = sys.maxsize  # at once, since memory was short
        self.longest_gap_s = 0.0  # between two samples: what processes grow by in it can take them over the limit
        self._last: Sample | None = None
        self._stopping = set[int]()

    def see(self, sample: Sample) -> int | None:
        """The process that must be stopped now, if any: the largest, while those that are being stopped do not suffice."""
        self._judge_shortage(sample)
        if self._last is not None:
            self.longest_gap_s = max(self.longest_gap_s, sample.at_s - self._last.at_s)
        self._stopping &= sample.children.keys()
        expected = sample.total_bytes + self._growth_bytes(sample) + _RESERVE_BYTES
        self._last = sample
        left = {pid: size for pid, size in sample.children.items() if pid not in self._stopping}
        dying = sum(sample.children.values()) - sum(left.values())
        if expected - dying < self.limit_bytes or not left:
            return None
        largest = max(left, key=lambda pid: left[pid])
        self._stopping.add(largest)
        return largest

    def _judge_shortage(self, sample: Sample) -> None:
        short = sample.total_bytes >= SHORT_SHARE * self.limit_bytes
        if short and not self.short:
            self.first_short = self.first_short or sample
            if (fewer := len(sample.children) - 1) > 0:
                self.most_jobs = min(fewer, self.most_jobs)
        self.short = short

    def _growth_bytes(self, sample: Sample) -> int:
        """By how much the processes seen before will have grown soon, if they go on as since the last sample."""
        last = self._last
        if last is None or sample.at_s <= last.at_s:
            return 0
        grown = sum(
            max(0, size - last.children[pid])
            for pid, size in sample.children.items()
            if pid in last.children and pid not in self._stopping
        )
        grown += max(0, sample.own_bytes - last.own_bytes)
        return int(grown / (sample.at_s - last.at_s) * _AHEAD_S)


class Curve:
    """Memory against time in few points, however long it takes: each is the most of its stretch of time."""

    def __init__(self) -> None:
        self._width_s = _FIRST_WIDTH_S
        self._points: list[tuple[float, int]] = []

    @property
    def points(self) -> tuple[tuple[float, int], ...]:
        """Seconds and bytes, in the order of time."""
        return tuple(self._points)

    def add(self, at_s: float, total_bytes: int) -> None:
        self._place((at_s, total_bytes))
        while len(self._points) > _POINTS:
            self._width_s *= 2
            finer, self._points = self._points, []
            for point in finer:
                self._place(point)

    def _place(self, point: tuple[float, int]) -> None:
        if not self._points or self._stretch(point) != self._stretch(self._points[-1]):
            self._points.append(point)
        elif point[1] > self._points[-1][1]:
            self._points[-1] = point

    def _stretch(self, point: tuple[float, int]) -> int:
        return int(point[0] / self._width_s)
