"""Runs one ffmpeg to its end: never a shell, never an orphan, never a pipe left unread, never a wait without end."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from montage_recipe.child import Child
from montage_recipe.diagnostics import Diagnostic, RenderError
from montage_recipe.render.memory import MemoryWatch, high_water_bytes, peak_rss_bytes
from montage_recipe.render.streams import BoundedLog, Progress, ProgressReader
from montage_recipe.titles.lower import FONTCONFIG_NAME

# Not part of any key: they change what ffmpeg says, not what it makes. `level+` marks each line of the log with its
# severity, "[error]", so that no wording has to be guessed.
_SAYING = ("-hide_banner", "-nostats", "-progress", "pipe:1", "-loglevel", "level+info")

# All a child gets of the environment. FFREPORT writes files, LD_* and FREI0R_PATH load code, and fontconfig's variables
# would change pictures without changing their keys.
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES")

_TICK_S = 0.1


def _ignore(progress: Progress) -> None:
    """For those who do not want to hear of progress."""


class Ending(StrEnum):
    EXITED = "exited"  # by itself; also by a signal that is not ours
    STOPPED = "stopped"  # as asked by `stop`
    STALLED = "stalled"  # killed: neither progress nor CPU time
    FLOODED = "flooded"  # killed: only messages, no progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    status: int  # exit status; minus the signal's number for one that a signal ended
    ending: Ending
    stderr: str  # see BoundedLog.text
    peak_rss_bytes: int
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a child may go on without getting further."""

    stall_s: float = 120.0  # without progress and without CPU time
    flood_bytes: int = 256 * 1024 * 1024  # of messages without progress


def run(
    argv: tuple[str, ...],
    *,
    cwd: Path,
    stop: Callable[[], bool],
    on_progress: Callable[[Progress], None] = _ignore,
    memory: MemoryWatch | None = None,
    patience: Patience = Patience(),
    clock: Callable[[], float] = time.monotonic,
) -> Finished:
    """Runs ffmpeg, `argv` beginning with the program, and waits for it in this very thread.

    The same thread must wait because the kernel sends the parent-death signal when the thread that started the child
    ends. Raises RenderError where the program cannot be started.
    """
    begun = clock()
    attendance = _Attendance((argv[0], *_SAYING, *argv[1:]), cwd, on_progress, patience, clock)
    try:
        if memory:
            memory.add(attendance.child.pid)
        ending = attendance.watch(stop)
    finally:
        status, usage = attendance.end()
        if memory:
            memory.remove(attendance.child.pid)
    return Finished(
        status=status,
        ending=ending,
        stderr=attendance.log.text(),
        peak_rss_bytes=peak_rss_bytes(usage.ru_maxrss, attendance.own_rss_bytes, attendance.high_water_bytes),
        cpu_s=usage.ru_utime + usage.ru_stime,
        wall_s=clock() - begun,
    )


def _scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environment[name] for name in _ENVIRONMENT if name in environment}
    return kept | {
        "LC_ALL": "C",
        "AV_LOG_FORCE_NOCOLOR": "1",
        "FONTCONFIG_FILE": FONTCONFIG_NAME,
        "FONTCONFIG_PATH": ".",
    }


_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None  # found before any fork, where it may not be


def _dies_with(parent: int) -> Callable[[], None]:
    """What the child does between fork and exec, so that it is killed when `parent` dies in whatever way."""

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if _PRCTL:
            _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died before the line above
                os._exit(127)

    return prepare


class _Attendance:
    """Sees whether a child gets further."""

    def __init__(
        self,
        argv: tuple[str, ...],
        cwd: Path,
        on_progress: Callable[[Progress], None],
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        self.log = BoundedLog()
        self.own_rss_bytes = psutil.Process().memory_info().rss
        self.high_water_bytes = 0
        self._patience, self._clock = patience, clock
        self._progress = ProgressReader(on_progress)
        self.child = self._started(argv, cwd)

    def _started(self, argv: tuple[str, ...], cwd: Path) -> Child:
        try:
            return Child(
                argv,
                cwd=cwd,
                env=_scrubbed(os.environ),
                prepare=_dies_with(os.getpid()),
                feed_stdout=self._progress.feed,
                feed_stderr=self.log.feed,
            )
        except OSError as error:
            message = f"cannot start {argv[0]}: {error}"
            hint = "run `montage-recipe doctor`; it says which ffmpeg is used and whether it runs"
            raise RenderError([Diagnostic(code="engine-unusable", message=message, hint=hint)]) from error
        except ValueError as error:  # a NUL, or half of a surrogate pair
            message = f"no command can be made of the recipe: {error}"
            hint = "look for a character that is none in its texts and file names"
            raise RenderError([Diagnostic(code="ffmpeg-failed", message=message, hint=hint)]) from error

    def watch(self, stop: Callable[[], bool]) -> Ending:
        """Attends the child until it has exited or must be ended."""
        idle_s, quiet_from, signs, tick = 0.0, 0, (-1, -1.0), self._clock()
        advances = -1
        while not self.child.has_exited():
            if stop():
                return Ending.STOPPED
            self.child.read(_TICK_S)
            self.high_water_bytes = max(self.high_water_bytes, high_water_bytes(self.child.pid))
            last, tick = tick, self._clock()
            if self._progress.advances != advances:
                advances, quiet_from = self._progress.advances, self.log.total_bytes
            if (now := (advances, self._cpu_s())) != signs:
                signs, idle_s = now, 0.0
            else:
                idle_s += min(tick - last, 1.0)  # a suspended machine or a stopped parent is not a stall
            if idle_s >= self._patience.stall_s:
                return Ending.STALLED
            if self.log.total_bytes - quiet_from >= self._patience.flood_bytes:
                return Ending.FLOODED
        return Ending.EXITED

    def end(self) -> tuple[int, resource.struct_rusage]:
        """Ends the child if it still runs, and all it started."""
        self._progress.on_progress = _ignore  # whoever listens may be the reason for this end
        return self.child.finish()

    def _cpu_s(self) -> float:
        try:
            times = psutil.Process(self.child.pid).cpu_times()
        except psutil.Error:
            return -1.0  # it has just exited
        return times.user + times.system
