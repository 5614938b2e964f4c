"""Real ffmpegs that need more than was expected of them."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import RenderError
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import Job
from montage_recipe.render.events import Event, JobFinished, JobStarted, JobStopped, Warned
from montage_recipe.render.execute import execute
from montage_recipe.render.memory import Limits, oom_kills
from montage_recipe.render.process import Ending, run
from montage_recipe.render.store import Store
from montage_recipe.report.model import Cause, RenderReport
from tests.processes import children
from tests.render.factory import MIB, ROOMY, Recorder, key_of, late_s, montage, picture_job

pytestmark = pytest.mark.ffmpeg

GROWTH_BYTES = 640 * 360 * 3 // 2 * 300  # of `hungry`, in a second


def hungry_bytes() -> int:
    """What `hungry` has at its end. A process of tests may be large, and what it starts counts as no smaller before it
    begins: two of them must be able to begin, and not be able to end."""
    return max(200 * MIB, psutil.Process().memory_info().rss * 5 // 4)


def hungry(number: int) -> Job:
    """Holds 100 MB more each second, and is expected to need 32."""
    job = picture_job(number)
    pictures = f"testsrc2=s=640x360:r=300:d={hungry_bytes() / GROWTH_BYTES:.2f},hue=h={number * 9}"
    # `reverse` keeps every picture, the first frames of the result are its last ones.
    argv = tuple(pictures if argument.startswith("testsrc2") else argument for argument in job.argv)
    slowed = tuple("[0:v]realtime,reverse,scale=64:36,fps=25[v]" if "null@" in each else each for each in argv)
    return replace(job, argv=slowed, key=key_of("hungry", number))


def limit_for(room_bytes: int) -> Limits:
    return Limits(jobs=2, memory_bytes=psutil.Process().memory_info().rss + room_bytes)


def build(jobs: list[Job], folder: Path, engine: Engine, limits: Limits, listener: Recorder) -> RenderReport:
    plan = montage(folder / "montage.mp4", jobs)
    with Store.open(folder / "store") as store:
        return execute(plan, store=store, engine=engine, limits=limits, on_event=listener, stop=threading.Event())


def stopped(listener: Recorder) -> list[JobStopped]:
    return [event for event in listener.events if isinstance(event, JobStopped)]


def test_of_two_that_do_not_fit_together_one_is_stopped_and_runs_again_alone(
    any_engine: Engine, tmp_path: Path
) -> None:
    running: set[str] = set()
    beside: list[int] = []

    def count(event: Event) -> None:
        if isinstance(event, JobStarted):
            running.add(event.label)
            beside.append(len(running))
        if isinstance(event, JobFinished):
            running.discard(event.label)
        if isinstance(event, JobStopped):
            running.discard(event.job.label)

    listener = Recorder(count)
    jobs = [hungry(number) for number in range(3)]
    limits = limit_for(hungry_bytes() * 7 // 4)
    report = build(jobs, tmp_path / "tight", any_engine, limits, listener)
    first, *more = stopped(listener)
    assert more == []  # fewer run at once from then on
    assert (first.job.cause, first.job.again) == (Cause.LIMIT, True)
    assert report.memory.stopped == (first.job,)
    assert [warning.code for warning in report.warnings] == ["memory-short"]
    assert listener.labels(JobStarted).count(first.job.label) == 2
    assert beside[:2] == [1, 2]
    assert set(beside[2:]) == {1}
    # A machine that is busy gives the watch its turn late, and what is stopped its end; then both make up for waiting.
    unseen_s = 2 * late_s(report.memory.longest_gap_s)
    assert report.peak_rss_bytes < limits.memory_bytes + unseen_s * 3 * GROWTH_BYTES
    assert max(total for _, total in report.memory.points) == report.peak_rss_bytes
    build(jobs, tmp_path / "roomy", any_engine, ROOMY, Recorder())
    tight, roomy = ((tmp_path / name / "montage.mp4").read_bytes() for name in ("tight", "roomy"))
    assert tight == roomy


def test_one_that_does_not_fit_alone_ends_the_build_after_one_more_try(any_engine: Engine, tmp_path: Path) -> None:
    listener = Recorder()
    limits = limit_for(hungry_bytes() * 3 // 5)
    with pytest.raises(RenderError) as failure:
        build([hungry(3)], tmp_path, any_engine, limits, listener)
    (fault,) = failure.value.diagnostics
    assert (fault.code, fault.path) == ("memory-limit-reached", ("clips", 3))
    assert "--memory-limit" in fault.hint
    assert [event.job.again for event in stopped(listener)] == [True, False]
    assert listener.labels(JobStarted) == ["clip 4", "clip 4"]
    assert not (tmp_path / "montage.mp4").exists()
    assert [path for path in (tmp_path / "store" / "runs").iterdir() if path.is_dir()] == []
    assert children() == []


def test_one_that_was_expected_not_to_fit_has_one_try(any_engine: Engine, tmp_path: Path) -> None:
    """It has run alone already."""
    listener = Recorder()
    job = replace(hungry(0), memory_bytes=hungry_bytes())
    with pytest.raises(RenderError) as failure:
        build([job], tmp_path, any_engine, limit_for(hungry_bytes() * 3 // 5), listener)
    assert [fault.code for fault in failure.value.diagnostics] == ["memory-limit-reached"]
    warned = [event.diagnostic.code for event in listener.events if isinstance(event, Warned)]
    assert warned == ["job-over-memory-limit", "memory-short"]
    assert [event.job.again for event in stopped(listener)] == [False]


def test_a_limit_below_this_program_itself_is_told_at_once(any_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(RenderError) as failure:
        build([picture_job()], tmp_path, any_engine, Limits(jobs=2, memory_bytes=MIB), Recorder())
    assert [fault.code for fault in failure.value.diagnostics] == ["memory-limit-reached"]


def test_the_ffmpeg_that_a_script_starts_is_watched_too(any_engine: Engine, tmp_path: Path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\n"{any_engine.path}" "$@"\nexit $?\n')
    script.chmod(0o755)
    listener = Recorder()
    with pytest.raises(RenderError) as failure:
        build([hungry(0)], tmp_path, replace(any_engine, path=str(script)), limit_for(100 * MIB), listener)
    assert [fault.code for fault in failure.value.diagnostics] == ["memory-limit-reached"]
    assert stopped(listener)[0].job.rss_bytes > 30 * MIB
    assert children() == []


def test_what_spares_memory_does_not_change_the_result(engine: Engine, tmp_path: Path) -> None:
    results = []
    for thrifty in (False, True):
        folder = tmp_path / str(thrifty)
        folder.mkdir()
        job = picture_job(1, frames=40)
        finished = run((engine.path, *job.argv), cwd=folder, stop=lambda: False, thrifty=thrifty)
        assert (finished.status, finished.ending) == (0, Ending.EXITED)
        results.append((folder / job.output).read_bytes())
    assert results[0] == results[1]


def test_one_that_somebody_kills_is_no_lack_of_memory_where_the_kernel_counts(
    any_engine: Engine, tmp_path: Path
) -> None:
    if oom_kills() is None:
        pytest.skip("this system does not say how many processes it has killed for lack of memory")

    def kill(progress: object) -> None:
        for child in children():
            os.kill(child.pid, signal.SIGKILL)

    argv = (any_engine.path, *picture_job(realtime=True, frames=100).argv)
    finished = run(argv, cwd=tmp_path, stop=lambda: False, on_progress=kill)
    assert (finished.status, finished.ending) == (-signal.SIGKILL, Ending.EXITED)
