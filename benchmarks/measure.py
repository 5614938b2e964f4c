"""Runs a command and watches it, and all the processes it starts, from outside."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from statistics import median

import psutil

from benchmarks.bench import Bench
from montage_recipe.render.memory import high_water_bytes

_SAMPLE_S = 0.05
# A round of runs that takes less is repeated, because its times vary by more than the differences that are looked for.
_SHORT_S = 30.0
_REPEATS = 3


class Ending(StrEnum):
    DONE = "done"
    FAILED = "failed"
    DOES_NOT_FIT = "does not fit"
    TOO_SLOW = "too slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`together` counts pages that several processes share once for each of them, so it errs on the high side."""

    ending: Ending
    wall_s: float
    first_peak_bytes: int  # the process that was started: Python's own, or the one ffmpeg
    ffmpeg_peak_bytes: int  # the largest ffmpeg process; each one's high-water mark is the kernel's
    together_peak_bytes: int  # all processes at one moment, sampled 20 times a second
    runs: int = 1
    stdout: str = ""
    stderr: str = ""


def measure(argv: Sequence[str], bench: Bench) -> Measured:
    """Runs to the end, or to one of the bench's limits; never raises for what the command does."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begun = time.monotonic()
        child = psutil.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=bench.work, env=_environment(bench)
        )
        watch = _Watch(child, bench)
        try:
            ending = watch.until_exit(begun)
        finally:
            watch.kill()
        wall_s = time.monotonic() - begun
        out.seek(0)
        err.seek(0)
        return Measured(
            ending=ending,
            wall_s=wall_s,
            first_peak_bytes=watch.first_peak_bytes,
            ffmpeg_peak_bytes=watch.ffmpeg_peak_bytes,
            together_peak_bytes=watch.together_peak_bytes,
            stdout=out.read(),
            stderr=err.read(),
        )


def _environment(bench: Bench) -> dict[str, str]:
    """This process's; with Python's compiled modules kept, as they are where a program is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(bench.work / "bytecode")}


class _Watch:
    def __init__(self, child: psutil.Popen, bench: Bench) -> None:
        self.first_peak_bytes = self.ffmpeg_peak_bytes = self.together_peak_bytes = 0
        self._child, self._bench = child, bench
        self._ffmpeg = Path(bench.engine.path).resolve()

    def until_exit(self, begun: float) -> Ending:
        while True:
            together = self._sample()
            if together > self._bench.memory_cap_bytes:
                return Ending.DOES_NOT_FIT
            if time.monotonic() - begun > self._bench.time_limit_s:
                return Ending.TOO_SLOW
            with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
                return Ending.DONE if self._child.wait(_SAMPLE_S) == 0 else Ending.FAILED

    def kill(self) -> None:
        """Ends what still runs of the processes that were started here."""
        with suppress(psutil.NoSuchProcess):
            for process in [*self._child.children(recursive=True), self._child]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self._child.wait()

    def _sample(self) -> int:
        together = 0
        for process, peak_bytes, rss_bytes, is_ffmpeg in self._living():
            together += rss_bytes
            if process.pid == self._child.pid:
                self.first_peak_bytes = max(self.first_peak_bytes, peak_bytes)
            if is_ffmpeg:
                self.ffmpeg_peak_bytes = max(self.ffmpeg_peak_bytes, peak_bytes)
        self.together_peak_bytes = max(self.together_peak_bytes, together)
        return together

    def _living(self) -> Iterator[tuple[psutil.Process, int, int, bool]]:
        with suppress(psutil.NoSuchProcess):
            for process in [self._child, *_children(self._child)]:
                # Between fork and exec a child is still a copy of its parent: what it is must be asked first.
                with suppress(psutil.Error, OSError):
                    is_ffmpeg = Path(process.exe()).resolve() == self._ffmpeg
                    rss_bytes = process.memory_info().rss
                    yield process, high_water_bytes(process.pid) or rss_bytes, rss_bytes, is_ffmpeg


def _children(parent: psutil.Process) -> Iterator[psutil.Process]:
    """The processes that a process started, as the kernel lists them. psutil reads all of /proc to find them, which twenty
    times a second takes several percent of a core from what is measured."""
    for listed in Path(f"/proc/{parent.pid}/task").glob("*/children"):
        with suppress(OSError):
            for pid in listed.read_text().split():
                with suppress(psutil.NoSuchProcess):
                    yield psutil.Process(int(pid))


def measure_in_turn(runs: Sequence[Callable[[], Measured]], *, short_s: float = _SHORT_S) -> tuple[Measured, ...]:
    """Runs each once; where that was quick, all of them twice more, in turn, so that what else the machine does meets all."""
    rounds = [tuple(run() for run in runs)]
    if sum(one.wall_s for one in rounds[0]) < short_s and all(one.ending is Ending.DONE for one in rounds[0]):
        rounds += [tuple(run() for run in runs) for _ in range(_REPEATS - 1)]
    return tuple(_summed_up(column) for column in zip(*rounds, strict=True))


def _summed_up(repeats: Sequence[Measured]) -> Measured:
    """The median of the times, the largest of the peaks; one that went wrong speaks for all."""
    wrong = next((one for one in repeats if one.ending is not Ending.DONE), None)
    return wrong or replace(
        repeats[-1],
        wall_s=median(one.wall_s for one in repeats),
        first_peak_bytes=max(one.first_peak_bytes for one in repeats),
        ffmpeg_peak_bytes=max(one.ffmpeg_peak_bytes for one in repeats),
        together_peak_bytes=max(one.together_peak_bytes for one in repeats),
        runs=len(repeats),
    )
