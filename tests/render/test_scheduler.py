"""What runs, in which order, and beside what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from montage_recipe.jobs.model import Job, JobKind
from montage_recipe.render.scheduler import Capacity, Outcome, fits, needed, run_all
from tests.render.factory import MIB, montage, picture_job, sound_job, waiting_for

ROOM = Capacity(cores=2, memory_bytes=100 * MIB)


def run(jobs: Sequence[Job], work: Callable[[Job], str], capacity: Capacity = ROOM) -> list[Outcome[str]]:
    halt = threading.Event()
    return run_all(jobs, work=work, capacity=lambda: capacity, halt=halt.set, halted=halt.is_set)


def test_nothing_but_the_last_job_is_needed_when_all_else_is_stored() -> None:
    plan = montage(Path("/x.mp4"), [picture_job(n) for n in range(3)])
    todo = needed(plan, lambda key: Path("/stored"))
    assert todo.jobs == (plan.final,)
    assert todo.found == plan.jobs[:-1]


def test_what_a_stored_job_needs_is_not_looked_for() -> None:
    mix = sound_job(samples=480)
    level = waiting_for(sound_job(samples=240), mix)
    plan = montage(Path("/x.mp4"), [picture_job(0)])
    plan = replace(plan, jobs=(plan.jobs[0], mix, level, waiting_for(plan.final, level)))
    looked_for = []

    def find(key: str) -> Path | None:
        looked_for.append(key)
        return Path("/stored") if key == level.key else None

    assert [job.label for job in needed(plan, find).jobs] == ["clip 1", "join"]
    assert mix.key not in looked_for


def test_jobs_that_need_each_other_run_one_after_the_other() -> None:
    first = picture_job(0)
    second = waiting_for(picture_job(1), first)
    third = waiting_for(picture_job(2), second)
    ended: list[str] = []

    def work(job: Job) -> str:
        ended.append(job.label)
        return job.label

    outcomes = run([first, second, third], work)
    assert ended == ["clip 1", "clip 2", "clip 3"]
    assert [outcome.result for outcome in outcomes] == ended


@pytest.mark.parametrize(
    ("threads", "megabytes", "fitting"),
    [(1, 26, True), (1, 28, False), (2, 10, False), (9, 10, False)],
    ids=["within both", "too much memory", "too many cores", "more cores than there are"],
)
def test_a_job_fits_beside_another_within_cores_and_memory(threads: int, megabytes: int, fitting: bool) -> None:
    beside = picture_job(0, memory_bytes=44 * MIB)  # with what estimates have been passed by, 59.5 MiB
    assert fits(picture_job(1, threads=threads, memory_bytes=megabytes * MIB), [beside], ROOM) is fitting


def test_a_job_too_large_for_everything_fits_alone() -> None:
    assert fits(picture_job(0, threads=64, memory_bytes=10_000 * MIB), [], ROOM)


def test_a_job_that_must_run_alone_does() -> None:
    one, other = picture_job(0, memory_bytes=MIB), picture_job(1, memory_bytes=MIB)
    for alone in (one, other):
        room = replace(ROOM, alone=frozenset([alone.key]))
        assert not fits(one, [other], room)
        assert fits(one, [], room)


def test_after_a_shortage_fewer_run_at_once() -> None:
    jobs = [picture_job(n, memory_bytes=MIB) for n in range(3)]
    assert fits(jobs[0], jobs[1:], replace(ROOM, cores=3))
    assert not fits(jobs[0], jobs[1:], replace(ROOM, cores=3, jobs=2))


def test_a_child_begins_as_large_as_this_process() -> None:
    one, other = picture_job(0, memory_bytes=MIB), picture_job(1, memory_bytes=MIB)
    assert not fits(one, [other], replace(ROOM, beginning_bytes=90 * MIB))


def test_jobs_of_hosts_need_no_memory_here() -> None:
    elsewhere = replace(picture_job(0, memory_bytes=900 * MIB), kind=JobKind.UPSCALE)
    here = picture_job(1)
    full = Capacity(cores=1, memory_bytes=0, elsewhere=1, jobs=1, alone=frozenset([here.key]))
    assert fits(elsewhere, [here], full)
    assert fits(here, [elsewhere], full)


def test_a_job_that_is_begun_anew_comes_first_and_its_readers_wait_for_it() -> None:
    jobs = [picture_job(n) for n in range(3)]
    reader = waiting_for(picture_job(9), *jobs)
    begun: list[str] = []
    once = {jobs[1].key}
    halt = threading.Event()

    def work(job: Job) -> str:
        begun.append(job.label)
        if job.key in once:
            raise OSError("no room")
        return job.label

    def again(job: Job, error: BaseException) -> bool:
        once.clear()
        return isinstance(error, OSError)

    capacity = Capacity(cores=1, memory_bytes=100 * MIB)
    outcomes = run_all(
        [*jobs, reader], work=work, capacity=lambda: capacity, halt=halt.set, halted=halt.is_set, again=again
    )
    assert begun == ["clip 1", "clip 2", "clip 2", "clip 3", "clip 10"]
    assert [outcome.error for outcome in outcomes] == [None] * 4


def test_a_later_job_never_passes_one_that_waits_for_room() -> None:
    small, large, later = picture_job(0), picture_job(1, memory_bytes=80 * MIB), picture_job(2)
    begun: list[str] = []
    large_began = threading.Event()

    def work(job: Job) -> str:
        begun.append(job.label)
        if job is large:
            large_began.set()
        if job is later:
            assert large_began.is_set()
        return job.label

    run([small, large, later], work)
    assert begun == ["clip 1", "clip 2", "clip 3"]


def test_all_faults_of_jobs_that_fail_together_are_kept_and_nothing_more_begins() -> None:
    together = threading.Barrier(2)
    begun: list[str] = []

    def work(job: Job) -> str:
        begun.append(job.label)
        together.wait(10)
        raise OSError(job.label)

    outcomes = run([picture_job(n, memory_bytes=MIB) for n in range(4)], work)
    assert sorted(str(outcome.error) for outcome in outcomes) == ["clip 1", "clip 2"]
    assert sorted(begun) == ["clip 1", "clip 2"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_graph_of_jobs_runs_to_its_end_within_its_limits(data: st.DataObject) -> None:
    jobs: list[Job] = []
    for number in range(data.draw(st.integers(1, 10))):
        job = picture_job(
            number, threads=data.draw(st.integers(1, 3)), memory_bytes=data.draw(st.integers(0, 150)) * MIB
        )
        jobs.append(waiting_for(job, *(data.draw(st.lists(st.sampled_from(jobs), max_size=3)) if jobs else ())))
    lock, running, done = threading.Lock(), list[Job](), list[str]()

    def work(job: Job) -> str:
        with lock:
            assert fits(job, running, ROOM)
            assert set(job.needs) <= set(done)
            running.append(job)
        with lock:
            running.remove(job)
            done.append(job.key)
        return job.key

    outcomes = run(jobs, work)
    assert [outcome.error for outcome in outcomes] == [None] * len(jobs)
