"""Runs one ffmpeg to its end: never a shell, never an orphan, never a pipe left unread, never a wait without end."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from montage_recipe.child import Child
from montage_recipe.diagnostics import Diagnostic, RenderError
from montage_recipe.media.decoders import MOST_ALLOCATED_BYTES
from montage_recipe.render.memory import MemoryWatch, descendants, high_water_bytes, oom_kills, peak_rss_bytes
from montage_recipe.render.pressure import Sample
from montage_recipe.render.sandbox import Enclosure
from montage_recipe.render.streams import BoundedLog, Progress, ProgressReader
from montage_recipe.titles.lower import FONTCONFIG_NAME
from montage_recipe.untrusted import LARGEST_WRITTEN_BYTES, MOST_CPU_S

# Not part of any key: they change what ffmpeg says, not what it makes. `level+` marks each line of the log with its
# severity, "[error]", so that no wording has to be guessed.
_SAYING = ("-hide_banner", "-nostats", "-progress", "pipe:1", "-loglevel", "level+info")

# What no job takes a block of memory for, and no result depends on.
_BOUNDED = ("-max_alloc", str(MOST_ALLOCATED_BYTES))

# All a child gets of the environment. FFREPORT writes files, LD_* and FREI0R_PATH load code, and fontconfig's variables
# would change pictures without changing their keys.
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES")

_TICK_S = 0.1
_MOST_FILES = 4096  # a job opens some dozens


def _ignore(progress: Progress) -> None:
    """For those who do not want to hear of progress."""


class Ending(StrEnum):
    EXITED = "exited"  # by itself; also by a signal that is not ours
    STOPPED = "stopped"  # as asked by `stop`
    STALLED = "stalled"  # killed: neither progress nor CPU time
    FLOODED = "flooded"  # killed: only messages, no progress
    OVER_LIMIT = "over-limit"  # killed: all processes together would have passed the memory limit
    OUT_OF_MEMORY = "out-of-memory"  # killed by the system, which had no memory left


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    status: int  # exit status; minus the signal's number for one that a signal ended
    ending: Ending
    stderr: str  # see BoundedLog.text
    peak_rss_bytes: int
    cpu_s: float
    wall_s: float
    stopped_at: Sample | None = None  # what was seen when the memory limit ended it


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
    thrifty: bool = False,
    enclosure: Enclosure | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Finished:
    """Runs ffmpeg, `argv` beginning with the program, and waits for it in this very thread. `thrifty` spares some memory
    for some time; the output is the same.

    The same thread must wait because the kernel sends the parent-death signal when the thread that started the child
    ends. `enclosure` is how a child is held that works for somebody else's recipe, with or without a sandbox. Raises
    RenderError where the program cannot be started.
    """
    begun = clock()
    kills = oom_kills()
    words = enclosure.words if enclosure else ()
    full = (*words, argv[0], *_SAYING, *_BOUNDED, *argv[1:])
    attendance = _Attendance(full, cwd, on_progress, patience, thrifty, clock, enclosure, memory)
    stopped_at = None
    try:
        ending = attendance.watch(stop)
    finally:
        status, usage = attendance.end()
        if memory:
            stopped_at = memory.remove(attendance.child.pid)
    if words and 128 < status < 128 + signal.NSIG:  # how a sandbox tells that a signal has ended what it held
        status = 128 - status
    if ending is Ending.EXITED and status in _KILLED:
        ending = Ending.OVER_LIMIT if stopped_at else _killed_by_others(kills, oom_kills())
    peak_bytes = peak_rss_bytes(usage.ru_maxrss, attendance.own_rss_bytes, attendance.high_water_bytes)
    return Finished(
        status=status,
        ending=ending,
        stderr=attendance.log.text(),
        # What the child has started counts only in what was seen of it.
        peak_rss_bytes=max(peak_bytes, stopped_at.children[attendance.child.pid] if stopped_at else 0),
        cpu_s=usage.ru_utime + usage.ru_stime,
        wall_s=clock() - begun,
        stopped_at=stopped_at,
    )


_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)  # the latter where ffmpeg is a script that started another one


def _killed_by_others(kills_before: int | None, kills_after: int | None) -> Ending:
    """By the kernel, as its counter says; where there is none, lack of memory is by far the most likely reason."""
    if kills_before is None or kills_after is None or kills_after > kills_before:
        return Ending.OUT_OF_MEMORY
    return Ending.EXITED


# glibc keeps what is freed for later, in an arena for each thread, and what counts as large enough to be given back grows.
# Without both, a segment of four 1080p clips takes 256 instead of 280 MB (ffmpeg 9.0).
_THRIFTY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}


def _scrubbed(environment: Mapping[str, str], *, thrifty: bool) -> dict[str, str]:
    kept = {name: environment[name] for name in _ENVIRONMENT if name in environment}
    return (
        (_THRIFTY if thrifty else {})
        | kept
        | {
            "LC_ALL": "C",
            "AV_LOG_FORCE_NOCOLOR": "1",
            "FONTCONFIG_FILE": FONTCONFIG_NAME,
            "FONTCONFIG_PATH": ".",
        }
    )


_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None  # found before any fork, where it may not be


def _dies_with(parent: int, enclosure: Enclosure | None) -> Callable[[], None]:
    """What the child does between fork and exec, so that it is killed when `parent` dies in whatever way, before it when
    the system runs out of memory, and held to what it may use."""
    limits = [_limit(resource.RLIMIT_CORE, 0), _limit(resource.RLIMIT_NOFILE, _MOST_FILES)]
    if enclosure:
        # Not RLIMIT_AS, with which ffmpeg's threads wait for each other for ever.
        limits += [_limit(resource.RLIMIT_CPU, MOST_CPU_S), _limit(resource.RLIMIT_FSIZE, LARGEST_WRITTEN_BYTES)]

    def prepare() -> None:
        for kind, most in limits:
            resource.setrlimit(kind, (most, most))
        if sys.platform == "linux":
            with suppress(OSError):  # without /proc the system chooses by size alone
                Path("/proc/self/oom_score_adj").write_bytes(b"500")
        if _PRCTL:
            _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died before the line above
                os._exit(127)
        if enclosure:
            enclosure.prepare()

    return prepare


def _limit(kind: int, most: int) -> tuple[int, int]:
    """No higher than what this process itself may have."""
    _, highest = resource.getrlimit(kind)
    return kind, most if highest == resource.RLIM_INFINITY else min(most, highest)


class _Attendance:
    """Sees whether a child gets further."""

    def __init__(
        self,
        argv: tuple[str, ...],
        cwd: Path,
        on_progress: Callable[[Progress], None],
        patience: Patience,
        thrifty: bool,
        clock: Callable[[], float],
        enclosure: Enclosure | None,
        memory: MemoryWatch | None,
    ) -> None:
        self._enclosure, self._memory = enclosure, memory
        self.log = BoundedLog()
        self.own_rss_bytes = psutil.Process().memory_info().rss
        self.high_water_bytes = 0
        self._patience, self._clock = patience, clock
        self._progress = ProgressReader(on_progress)
        self.child = self._started(argv, cwd, _scrubbed(os.environ, thrifty=thrifty))
        self._engine = self.child.pid  # of ffmpeg, which a sandbox starts as its own child
        if memory:
            memory.add(self.child.pid)

    def _started(self, argv: tuple[str, ...], cwd: Path, environment: Mapping[str, str]) -> Child:
        close = self._enclosure.close if self._enclosure else None
        try:
            return Child(
                argv,
                cwd=cwd,
                env=environment,
                prepare=_dies_with(os.getpid(), self._enclosure),
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
        finally:
            if close:
                close()

    def watch(self, stop: Callable[[], bool]) -> Ending:
        """Attends the child until it has exited or must be ended."""
        idle_s, quiet_from, signs, tick = 0.0, 0, (-1, -1.0), self._clock()
        advances = -1
        while not self.child.has_exited():
            if stop():
                return Ending.STOPPED
            self.child.read(_TICK_S)
            if self._enclosure and self._enclosure.words:
                self._look_inside()
            self.high_water_bytes = max(self.high_water_bytes, high_water_bytes(self._engine))
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

    def _look_inside(self) -> None:
        """Finds ffmpeg below the sandbox's own processes, as its memory and its time are what is asked."""
        *_, self._engine = (self.child.pid, *(process.pid for process in descendants(self.child.pid)))

    def _cpu_s(self) -> float:
        try:
            times = psutil.Process(self._engine).cpu_times()
        except psutil.Error:
            return -1.0  # it has just exited
        return times.user + times.system
