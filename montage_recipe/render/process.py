"""Runs one ffmpeg to its end: never a shell, never an orphan, never a pipe left unread, never a wait without end."""

from __future__ import annotations

import ctypes
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

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
_POLITE_S = 2.0  # between SIGTERM and SIGKILL
_REAP_S = 10.0  # after SIGKILL; a process that waits for a dead disk cannot be killed


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
    child = _start((argv[0], *_SAYING, *argv[1:]), cwd)
    attendance = _Attendance(child, on_progress, patience, clock)
    try:
        if memory:
            memory.add(child.pid)
        ending = attendance.watch(stop)
    finally:
        status, usage = attendance.end()
        if memory:
            memory.remove(child.pid)
    return Finished(
        status=status,
        ending=ending,
        stderr=attendance.log.text(),
        peak_rss_bytes=peak_rss_bytes(usage.ru_maxrss, attendance.own_rss_bytes, attendance.high_water_bytes),
        cpu_s=usage.ru_utime + usage.ru_stime,
        wall_s=clock() - begun,
    )


def _start(argv: tuple[str, ...], cwd: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,  # a `q` there would end the render early with status 0
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_scrubbed(os.environ),
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid()),
        )
    except (OSError, subprocess.SubprocessError) as error:
        message = f"cannot start {argv[0]}: {error}"
        hint = "run `montage-recipe doctor`; it says which ffmpeg is used and whether it runs"
        raise RenderError([Diagnostic(code="engine-unusable", message=message, hint=hint)]) from error
    except ValueError as error:  # a NUL, or half of a surrogate pair
        message = f"no command can be made of the recipe: {error}"
        hint = "look for a character that is none in its texts and file names"
        raise RenderError([Diagnostic(code="ffmpeg-failed", message=message, hint=hint)]) from error


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
    """Reads a child's pipes, sees whether it gets further, and ends it."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        on_progress: Callable[[Progress], None],
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        self.log = BoundedLog()
        self.own_rss_bytes = psutil.Process().memory_info().rss
        self.high_water_bytes = 0
        self._child, self._patience, self._clock = child, patience, clock
        self._progress = ProgressReader(on_progress)
        self._selector = selectors.DefaultSelector()
        for pipe, feed in ((child.stdout, self._progress.feed), (child.stderr, self.log.feed)):
            assert pipe is not None  # both are PIPE
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, feed)

    def watch(self, stop: Callable[[], bool]) -> Ending:
        """Attends the child until it has exited or must be ended."""
        idle_s, quiet_from, signs, tick = 0.0, 0, (-1, -1.0), self._clock()
        advances = -1
        while not self._has_exited():
            if stop():
                return Ending.STOPPED
            self._read(_TICK_S)
            self.high_water_bytes = max(self.high_water_bytes, high_water_bytes(self._child.pid))
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
        """Ends the child if it still runs, and all it started; reads what is left; reaps it."""
        self._progress.on_progress = _ignore  # whoever listens may be the reason for this end
        try:
            if not self._wait_exited(0.0):
                self._signal_group(signal.SIGTERM)
                if not self._wait_exited(_POLITE_S):
                    self._signal_group(signal.SIGKILL)
                    self._wait_exited(_REAP_S)
            self._signal_group(signal.SIGKILL)  # what it may have started; its id is its own until it is reaped
            self._read_rest()
            return self._reap()
        finally:
            self._selector.close()
            for pipe in (self._child.stdout, self._child.stderr):
                if pipe:
                    pipe.close()

    def _read(self, timeout_s: float) -> bool:
        """Reads what is there; False when there was nothing."""
        if not self._selector.get_map():
            time.sleep(min(timeout_s, 0.005))  # both pipes are closed: the exit is a moment away
            return False
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            if data := os.read(key.fd, 64 * 1024):
                key.data(data)
            else:
                self._selector.unregister(key.fileobj)
        return bool(ready)

    def _read_rest(self) -> None:
        """Everything is dead now, so the pipes hold at most their buffers."""
        while self._selector.get_map() and self._read(0.0):
            pass

    def _wait_exited(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not (exited := self._has_exited()) and time.monotonic() < deadline:
            self._read(_TICK_S / 2)
        return exited

    def _has_exited(self) -> bool:
        """Without reaping: until then nobody else can get its process id."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return bool(psutil.Process(self._child.pid).status() == psutil.STATUS_ZOMBIE)
        return os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _reap(self) -> tuple[int, resource.struct_rusage]:
        pid, status, usage = os.wait4(self._child.pid, os.WNOHANG)
        # A child that SIGKILL does not end waits inside the kernel; it is left to init.
        self._child.returncode = os.waitstatus_to_exitcode(status) if pid else -signal.SIGKILL
        return self._child.returncode, usage

    def _cpu_s(self) -> float:
        try:
            times = psutil.Process(self._child.pid).cpu_times()
        except psutil.Error:
            return -1.0  # it has just exited
        return times.user + times.system

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # nobody is left in it
            os.killpg(self._child.pid, number)
