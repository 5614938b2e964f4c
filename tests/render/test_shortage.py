"""What people read when memory runs short."""

from __future__ import annotations

import pytest

from montage_recipe.diagnostics import MontageError
from montage_recipe.render.memory import MemoryWatch
from montage_recipe.render.pressure import Sample
from montage_recipe.render.process import Ending, Finished
from montage_recipe.render.shortage import (
    memory_short,
    pass_short_of_memory,
    program_too_large,
    short_of_memory,
    too_large,
)
from montage_recipe.report.model import Cause
from tests.conftest import Golden
from tests.render.factory import MIB, picture_job

JOB = picture_job(2, memory_bytes=300 * MIB)
SEEN = Sample(at_s=1.5, own_bytes=90 * MIB, children={77: 380 * MIB})
WATCH = MemoryWatch(512 * MIB)


def ended(ending: Ending, seen: Sample | None = None) -> Finished:
    peak = 400 * MIB
    return Finished(status=-9, ending=ending, stderr="", peak_rss_bytes=peak, cpu_s=0, wall_s=0, stopped_at=seen)


def diagnostics() -> dict[str, MontageError]:
    at_limit = short_of_memory(JOB, ended(Ending.OVER_LIMIT, SEEN), WATCH)
    killed = short_of_memory(JOB, ended(Ending.OUT_OF_MEMORY), WATCH)
    assert at_limit and killed
    pass_at_limit = pass_short_of_memory("sound", ("checks", 0), ended(Ending.OVER_LIMIT, SEEN), 512 * MIB)
    pass_killed = pass_short_of_memory("sound", ("checks", 0), ended(Ending.OUT_OF_MEMORY), 512 * MIB)
    assert pass_at_limit and pass_killed
    others = {
        "memory-short": memory_short(SEEN, 512 * MIB),
        "one-job-too-large": too_large([JOB], 200 * MIB),
        "jobs-too-large": too_large([JOB, picture_job(3, memory_bytes=900 * MIB)], 200 * MIB),
        "pass-at-limit": pass_at_limit,
        "pass-killed": pass_killed,
        "program-too-large": program_too_large(90 * MIB, 64 * MIB),
    }
    return {name: MontageError([each]) for name, each in others.items()} | {
        "memory-limit-reached": at_limit,
        "killed-for-memory": killed,
    }


@pytest.mark.parametrize("name", diagnostics())
def test_each_says_what_it_took_and_what_to_do(golden: Golden, name: str) -> None:
    error = diagnostics()[name]
    (fault,) = error.diagnostics
    golden.check(f"memory/{name}.txt", f"{fault.severity}[{fault.code}] at {fault.path}\n{error}\n")


def test_no_golden_is_left_over(golden: Golden) -> None:
    golden.check_no_orphans("memory/*", {f"memory/{name}.txt" for name in diagnostics()})


def test_what_was_stopped_is_recorded() -> None:
    short = short_of_memory(JOB, ended(Ending.OVER_LIMIT, SEEN), WATCH)
    assert short is not None
    stopped = short.stopped
    assert (stopped.cause, stopped.at_s, stopped.rss_bytes, stopped.total_bytes) == (
        Cause.LIMIT,
        1.5,
        400 * MIB,
        470 * MIB,
    )


@pytest.mark.parametrize("ending", [Ending.EXITED, Ending.STALLED, Ending.STOPPED])
def test_other_endings_are_no_shortage(ending: Ending) -> None:
    assert short_of_memory(JOB, ended(ending), WATCH) is None
    assert pass_short_of_memory("sound", (), ended(ending), 512 * MIB) is None
