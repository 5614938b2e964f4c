"""Which jobs must run, and when each may: in the plan's order, as cores and memory allow."""

from __future__ import annotations

import heapq
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from montage_recipe.jobs.model import Job, JobKind, Plan

_T = TypeVar("_T")
_MARGIN_FACTOR, _MARGIN_BYTES = 1.08, 12 << 20
_POLL_S = 0.2  # how late a stop is seen; running children see it by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    jobs: tuple[Job, ...]  # to run, in the plan's order
    found: tuple[Job, ...]  # in the store, and read by one of `jobs`


def needed(plan: Plan, find: Callable[[str], Path | None]) -> Needed:
    """The jobs that must run: the last one, and what it needs that the store has not.

    What only a job in the store needs is not even looked for: where the levelled sound is found, the mix need not be.
    """
    by_key = {job.key: job for job in plan.jobs}
    run, found, unseen = set[str](), set[str](), [plan.final.key]
    while unseen:
        key = unseen.pop()
        if key in run or key in found:
            continue
        if key != plan.final.key and find(key) is not None:
            found.add(key)
        else:
            run.add(key)
            unseen.extend(by_key[key].needs)
    in_order = tuple(by_key.values())
    return Needed(
        jobs=tuple(job for job in in_order if job.key in run), found=tuple(job for job in in_order if job.key in found)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    cores: int
    memory_bytes: int  # for the jobs together
    jobs: int = sys.maxsize  # of this machine at once
    open_inputs: int = sys.maxsize  # of the jobs together
    elsewhere: int = 0  # jobs that hosts do at once
    alone: frozenset[str] = frozenset()  # keys of jobs beside which no other may run
    # A child begins as a copy of this process. Both share their pages, but whoever adds up resident memory counts them twice.
    beginning_bytes: int = 0


def is_elsewhere(job: Job) -> bool:
    """Whether a GPU host does the work, and this machine only waits."""
    return job.kind is JobKind.UPSCALE


def open_inputs(job: Job) -> int:
    """Files that its process has open at once; those that are joined are opened one after the other."""
    return job.argv.count("-i")


def fits(job: Job, running: Iterable[Job], capacity: Capacity) -> bool:
    """Whether `job` may start beside those that run. Alone it always may; hosts and this machine do not wait for each
    other."""
    others = tuple(other for other in running if is_elsewhere(other) == is_elsewhere(job))
    if is_elsewhere(job):
        return len(others) < capacity.elsewhere
    if not others:
        return True
    if any(other.key in capacity.alone for other in (*others, job)):
        return False
    cores = sum(min(other.threads, capacity.cores) for other in (*others, job))
    memory = sum(expected_bytes(other) for other in others) + max(expected_bytes(job), capacity.beginning_bytes)
    inputs = sum(open_inputs(other) for other in (*others, job))
    return (
        len(others) < capacity.jobs
        and cores <= capacity.cores
        and memory <= capacity.memory_bytes
        and inputs <= capacity.open_inputs
    )


def expected_bytes(job: Job) -> int:
    """What must be free for a job: estimates were passed by up to 5 %, and by 10 MB where pictures are small (ffmpeg 5.1 and
    9.0, 1920x1080 and 320x180)."""
    return int(job.memory_bytes * _MARGIN_FACTOR) + _MARGIN_BYTES


class Frontier:
    """The jobs not begun yet, and which of them are ready, in the plan's order."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        own = {job.key for job in jobs}
        self._jobs = jobs
        self._missing = [len(own.intersection(job.needs)) for job in jobs]
        self._readers: defaultdict[str, list[int]] = defaultdict(list)
        for number, job in enumerate(jobs):
            for key in own.intersection(job.needs):
                self._readers[key].append(number)
        self._ready: dict[bool, list[int]] = {True: [], False: []}  # by whether a host does it; sorted is a heap
        for number, missing in enumerate(self._missing):
            if not missing:
                self._ready[is_elsewhere(jobs[number])].append(number)

    def firsts(self) -> tuple[Job, ...]:
        """The first jobs, in the plan's order, that need nothing more: of this machine's and of the hosts'."""
        return tuple(self._jobs[numbers[0]] for numbers in self._ready.values() if numbers)

    def take(self, job: Job) -> Job:
        """One of the `firsts`."""
        return self._jobs[heapq.heappop(self._ready[is_elsewhere(job)])]

    def give_back(self, job: Job) -> None:
        """One that was taken, to be begun anew: the next of the `firsts`."""
        number = next(number for number, other in enumerate(self._jobs) if other is job)
        heapq.heappush(self._ready[is_elsewhere(job)], number)

    def finish(self, job: Job) -> None:
        for number in self._readers[job.key]:
            self._missing[number] -= 1
            if not self._missing[number]:
                heapq.heappush(self._ready[is_elsewhere(self._jobs[number])], number)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[_T]):
    """What became of one job."""

    job: Job
    result: _T | None
    error: BaseException | None


def run_all(
    jobs: Sequence[Job],
    *,
    work: Callable[[Job], _T],
    capacity: Callable[[], Capacity],
    halt: Callable[[], None],
    halted: Callable[[], bool],
    bears: Callable[[BaseException], bool] = lambda error: False,
    again: Callable[[Job, BaseException], bool] = lambda job, error: False,
) -> list[Outcome[_T]]:
    """Runs `work` for each job in threads, as many at once as fit; the first error calls `halt` and ends admission, unless
    `bears` says that the other jobs may go on, or `again` that this one is to be begun anew.

    Never lets a later job pass an earlier one that waits for room, so the order does not depend on luck. Returns what
    became of each job that was begun, in the order of ending. `work` must return soon after `halt`.
    """
    frontier, running, outcomes = Frontier(jobs), dict[Future[_T], Job](), list[Outcome[_T]]()
    workers = max(1, capacity().cores) + capacity().elsewhere
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="job") as pool:
        try:
            while True:
                while not halted() and (job := _next(frontier, running.values(), capacity())):
                    running[pool.submit(work, frontier.take(job))] = job
                if not running:
                    return outcomes
                for future in wait(running, timeout=_POLL_S, return_when=FIRST_COMPLETED).done:
                    job, error = running.pop(future), future.exception()
                    if error and again(job, error):
                        frontier.give_back(job)
                        continue
                    outcomes.append(Outcome(job, None if error else future.result(), error))
                    if error:
                        if not bears(error):
                            halt()
                    else:
                        frontier.finish(job)
        except BaseException:  # Ctrl-C where the caller has no handler for it
            halt()
            raise


def _next(frontier: Frontier, running: Iterable[Job], capacity: Capacity) -> Job | None:
    others = tuple(running)
    return next((job for job in frontier.firsts() if fits(job, others, capacity)), None)
