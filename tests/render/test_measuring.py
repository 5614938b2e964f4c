"""Passes that measure a film: how many run at once, and what becomes of those that memory does not suffice for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import RenderError
from montage_recipe.jobs.measuring import Pass
from montage_recipe.render.measuring import Bench, do_all
from montage_recipe.render.memory import Limits
from montage_recipe.render.runs import RunFolder
from montage_recipe.stopping import never
from tests.processes import children
from tests.render.factory import MIB, engine_at

# Takes as much memory as its last argument says, 64 MiB every 0.05 s, and then a moment more; notes when it was there.
GROWING = """
import sys, time
begun = time.monotonic()
with open({notes!r}, "a") as notes:
    notes.write("begun\\n")
held = []
for _ in range(0, int(sys.argv[-1]), 64 << 20):
    held.append(b"x" * (64 << 20))
    time.sleep(0.05)
time.sleep(0.3)
with open({notes!r}, "a") as notes:
    notes.write(f"{{begun}} {{time.monotonic()}}\\n")
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    program = tmp_path / "growing"
    program.write_text(f"#!{sys.executable} -S\n{GROWING.format(notes=str(tmp_path / 'notes'))}")
    program.chmod(0o755)
    with RunFolder(tmp_path / "runs") as run:
        engine = engine_at(program)
        yield Bench(engine=engine, run=run, limits=Limits(jobs=4, memory_bytes=8 << 30), custody=None, stop=never)
        assert [path for path in run.path.iterdir() if path.is_dir()] == []
    assert children() == []


def growing(number: int, size_bytes: int) -> Pass:
    return Pass(name=f"picture-{number}", argv=(str(size_bytes),), links={}, at=("checks", number))


def notes(folder: Path) -> list[str]:
    return (folder / "notes").read_text().splitlines()


def with_room(bench: Bench, room_bytes: int) -> Bench:
    """Beside this program, which is as large as its tests before have made it."""
    own_bytes = psutil.Process().memory_info().rss
    return replace(bench, limits=replace(bench.limits, memory_bytes=own_bytes + room_bytes))


def test_those_that_do_not_fit_together_run_again_alone(bench: Bench, tmp_path: Path) -> None:
    read: list[str] = []
    passes = [growing(number, 600 * MIB) for number in range(2)]
    do_all(passes, with_room(bench, 900 * MIB), lambda done: read.append(done.task.name))
    assert sorted(read) == ["picture-0", "picture-1"]
    assert notes(tmp_path).count("begun") == 3


def test_one_that_does_not_fit_alone_either_is_told_as_that(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(RenderError) as failure:
        do_all([growing(3, 600 * MIB)], with_room(bench, 400 * MIB), lambda done: None)
    (fault,) = failure.value.diagnostics
    assert (fault.code, fault.path) == ("memory-limit-reached", ("checks", 3))
    assert fault.hint.startswith("raise the limit (MONTAGE_MEMORY_LIMIT=")
    assert notes(tmp_path) == ["begun", "begun"]
    bench.run.remove(bench.run.path / "picture-3")


def test_no_more_run_at_once_than_the_settings_say(bench: Bench, tmp_path: Path) -> None:
    one_at_a_time = replace(bench, limits=replace(bench.limits, parallel_jobs=1))
    do_all([growing(number, 0) for number in range(3)], one_at_a_time, lambda done: None)
    times = sorted(tuple(map(float, line.split())) for line in notes(tmp_path) if line != "begun")
    assert len(times) == 3
    assert all(end <= begin for (_, end), (begin, _) in pairwise(times))
