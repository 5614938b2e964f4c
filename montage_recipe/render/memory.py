"""How much memory the program and its children use, and how much they may."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

from montage_recipe.render.pressure import Curve, Pressure, Sample

_CALM_S, _CLOSE_S = 0.05, 0.01  # between samples: usually, and where the limit is close
_CLOSE_SHARE = 0.5  # of the limit
_OTHERS_S = 0.5  # between looks for children that are no jobs


class MemoryWatch:
    """Samples the resident memory of this process and its children, and stops what would pass the limit.

    Jobs' processes are named to it because finding them means reading all of /proc: 3.4 ms with 84 processes, against 0.1 ms.
    """

    def __init__(self, limit_bytes: int = sys.maxsize) -> None:
        self.pressure = Pressure(limit_bytes)
        self.curve = Curve()
        self.peak_total_bytes = 0  # this process and all children at one moment
        self.peak_child_bytes = 0  # the largest one
        self._begun = time.monotonic()
        self._self = psutil.Process()
        self._children: dict[int, psutil.Process] = {}
        self._stopped: dict[int, Sample] = {}
        self._others = _Others(self._self)
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_done, name="memory-watch", daemon=True)

    def __enter__(self) -> MemoryWatch:
        self.sample()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        self.sample()

    def add(self, pid: int) -> None:
        """Call before the child is reaped."""
        with self._lock:
            self._children[pid] = psutil.Process(pid)

    def remove(self, pid: int) -> Sample | None:
        """Looks at it no more; what was seen when it was stopped, if it was."""
        with self._lock:
            self._children.pop(pid, None)
            return self._stopped.pop(pid, None)

    def now_s(self) -> float:
        """Since the watch began."""
        return time.monotonic() - self._begun

    def sample(self) -> Sample:
        """Measures once, and stops a child with all it has started where it must."""
        with self._lock:
            named = dict(self._children)
        trees = {pid: (child, *descendants(pid)) for pid, child in named.items()}
        seen = Sample(
            at_s=self.now_s(),
            own_bytes=_rss_bytes(self._self),
            children={pid: sum(_rss_bytes(process) for process in tree) for pid, tree in trees.items()},
            others_bytes=self._others.rss_bytes(named),
        )
        self.peak_child_bytes = max(self.peak_child_bytes, *seen.children.values(), 0)
        self.peak_total_bytes = max(self.peak_total_bytes, seen.total_bytes)
        self.curve.add(seen.at_s, seen.total_bytes)
        largest = self.pressure.see(seen)
        if largest is not None:
            self._stop(largest, trees[largest], seen)
        return seen

    def _stop(self, pid: int, tree: Iterable[psutil.Process], seen: Sample) -> None:
        """At once: SIGTERM would let it grow on."""
        with self._lock:
            if pid not in self._children:
                return  # it has just ended by itself
            self._stopped[pid] = seen
            for process in tree:
                with suppress(psutil.Error):  # gone already
                    process.kill()

    def _sample_until_done(self) -> None:
        wait_s = _CALM_S
        while not self._done.wait(wait_s):
            close = self.sample().total_bytes >= _CLOSE_SHARE * self.pressure.limit_bytes
            wait_s = _CLOSE_S if close else _CALM_S


class _Others:
    """The children of this process that are no jobs: looked for now and then, measured every time."""

    def __init__(self, parent: psutil.Process) -> None:
        self._parent = parent
        self._found: tuple[tuple[int, psutil.Process], ...] = ()  # each with the child that has started it, or itself
        self._looked_at = -_OTHERS_S

    def rss_bytes(self, jobs: Container[int]) -> int:
        if (now := time.monotonic()) - self._looked_at >= _OTHERS_S:
            self._looked_at = now
            self._found = tuple(self._look(jobs))
        return sum(_rss_bytes(process) for child, process in self._found if child not in jobs)  # it may be one by now

    def _look(self, jobs: Container[int]) -> Iterator[tuple[int, psutil.Process]]:
        for task in Path(f"/proc/{self._parent.pid}/task").glob("*/children"):
            for child in _listed(task):
                # Between fork and exec a child is a copy of this process that shares its pages.
                if child.pid not in jobs and _command_line(child.pid) != _command_line(self._parent.pid):
                    yield from ((child.pid, process) for process in (child, *descendants(child.pid)))


def descendants(pid: int) -> Iterator[psutil.Process]:
    """What a process has started, and that in turn, where the kernel lists it: an ffmpeg may be a script that starts another
    one. Only from its first thread, as scripts do; ffmpeg itself, with its many threads, starts nothing."""
    for child in _listed(Path(f"/proc/{pid}/task/{pid}/children")):
        yield child
        yield from descendants(child.pid)


def _listed(children: Path) -> Iterator[psutil.Process]:
    for pid in _text(children).split():
        with suppress(psutil.NoSuchProcess):
            yield psutil.Process(int(pid))


def _command_line(pid: int) -> bytes:
    """Nothing for one that has ended. Bytes, because a file's name may be any."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def own_rss_bytes() -> int:
    return _rss_bytes(psutil.Process())


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has ended


def high_water_bytes(pid: int) -> int:
    """The most resident memory a running process has had since it began its program; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


def peak_rss_bytes(ru_maxrss: int, parent_rss_bytes: int, seen_bytes: int) -> int:
    """A reaped child's peak, from its rusage and from what was seen while it ran.

    A child's ru_maxrss begins at the size of the process that forked it (Linux keeps the mark across exec: `true`
    started by a Python of 300 MB reports 316 MB), so it says something only where it is above that.
    """
    reported = ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return reported if not seen_bytes or reported > 1.1 * parent_rss_bytes else seen_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    jobs: int  # cores that running jobs may keep busy together
    memory_bytes: int  # of this process and its children together
    parallel_jobs: int = sys.maxsize  # processes at once
    open_inputs: int = sys.maxsize  # of all of them
    parallel_upscales: int = sys.maxsize  # clips that hosts work on


def available_cores(system: Path = Path("/")) -> int:
    """Cores this process may run on, within its cgroup's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [*_quotas_v2(system), *_quotas_v1(system)]
    return max(1, min([cores, *(int(quota) for quota in quotas)]))


def available_memory_bytes(system: Path = Path("/")) -> int:
    """What could be taken without swapping, within this process's cgroup's limit."""
    rooms = [room for limit, used in _memory_files(system) if (room := _room_bytes(limit, used)) is not None]
    return max(0, min([psutil.virtual_memory().available, *rooms]))


def oom_kills(system: Path = Path("/")) -> int | None:
    """How many processes of this one's cgroup the kernel has killed for lack of memory; None where it does not say."""
    for folder in (*_cgroups(system, ""), *_cgroups(system, "memory")):
        for name in ("memory.events", "memory.oom_control"):
            counts = dict(line.split() for line in _text(folder / name).splitlines())
            if "oom_kill" in counts:
                return int(counts["oom_kill"])
    return None


def total_memory_bytes(system: Path = Path("/")) -> int:
    """The machine's, or what this process's cgroup may use of it."""
    limits = [limit for file, _ in _memory_files(system) if (limit := _number(file)) is not None]
    return min([psutil.virtual_memory().total, *limits])


def _memory_files(system: Path) -> Iterator[tuple[Path, Path]]:
    """What may hold the limit and the use of each cgroup that this process is in."""
    for folder in _cgroups(system, ""):
        yield folder / "memory.max", folder / "memory.current"
    for folder in _cgroups(system, "memory"):
        yield folder / "memory.limit_in_bytes", folder / "memory.usage_in_bytes"


def _room_bytes(limit_file: Path, used_file: Path) -> int | None:
    limit, used = _number(limit_file), _number(used_file)
    if limit is None or used is None:
        return None  # no limit here
    # Footage that was read stays in the page cache and counts as used, but is given up when somebody needs the memory.
    fields = dict(line.split() for line in _text(limit_file.with_name("memory.stat")).splitlines())
    return limit - used + int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))


def _quotas_v2(system: Path) -> Iterator[float]:
    for folder in _cgroups(system, ""):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdecimal() and period.isdecimal():
            yield int(quota) / int(period)


def _quotas_v1(system: Path) -> Iterator[float]:
    for folder in _cgroups(system, "cpu"):
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota and quota > 0 and period:
            yield quota / period


def _cgroups(system: Path, controller: str) -> Iterator[Path]:
    """This process's folders for a version 1 controller, or of version 2 (""), from the innermost outwards."""
    for line in _text(system / "proc/self/cgroup").splitlines():
        _, controllers, inside = line.split(":", 2)
        if controller not in controllers.split(","):
            continue
        for base in (system / "sys/fs/cgroup" / controller, system / "sys/fs/cgroup/unified"):
            place = base / inside.lstrip("/")
            yield place
            yield from (parent for parent in place.parents if parent.is_relative_to(base))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").strip()  # a cgroup's name may be anything
    except OSError:
        return ""  # this system has no such file


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.lstrip("-").isdecimal() else None
