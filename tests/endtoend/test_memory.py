"""Builds with too little memory, by the command line: a limit of our own, and one that the kernel enforces."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import PROGRAM, Done, build, environment, montage_recipe
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg

MIB = 1 << 20


@pytest.fixture
def ffmpeg() -> Engine:
    """Any: how much memory is there is not its doing."""
    return ENGINES[0]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Footage of which a segment takes 150 to 200 MB."""
    return footage.pattern(tmp_path_factory.mktemp("large") / "large.mp4", seconds=3, size="1280x720")


def heavy(folder: Path, large: Path) -> Path:
    entries: list[Entry] = [
        {"src": large, "in": round(0.3 * n, 1), "duration": 1.2, **({"transition": crossfade("0.4s")} if n else {})}
        for n in range(4)
    ]
    return write_recipe(folder, entries, size="1280x720", encoding={"preset": "veryfast", "crf": 30})


def test_a_limit_that_one_job_does_not_fit_names_the_clip_and_the_cure(
    ffmpeg: Engine, large: Path, tmp_path: Path
) -> None:
    recipe = heavy(tmp_path, large)
    done = montage_recipe(ffmpeg, "build", recipe, "--memory-limit", "150M", "--json")
    assert done.status == 1
    (fault,) = (event for event in done.events if event["event"] == "error")
    assert (fault["code"], fault["path"][0], fault["line"]) == ("memory-limit-reached", "clips", 5)
    assert "--memory-limit" in fault["hint"]
    assert done.summary["peak_rss_bytes"] < 150 * MIB
    assert [job["again"] for job in done.summary["memory"]["stopped"]][-1] is False
    assert not movie(recipe).exists()
    assert [path for path in (tmp_path / ".montage" / "runs").iterdir() if path.is_dir()] == []


def test_limits_change_when_jobs_run_and_not_what_they_make(ffmpeg: Engine, large: Path, tmp_path: Path) -> None:
    roomy = build(ffmpeg, heavy(tmp_path / "roomy", large), "--memory-limit", "4G", "--jobs", "2")
    tight = build(ffmpeg, heavy(tmp_path / "tight", large), "--memory-limit", "400M", "--jobs", "2")
    assert tight.summary["peak_rss_bytes"] < 400 * MIB
    assert (
        movie(tmp_path / "tight" / "montage.yaml").read_bytes()
        == movie(tmp_path / "roomy" / "montage.yaml").read_bytes()
    )
    assert roomy.codes == []


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A cgroup (version 1) of this test's own, inside the one it runs in; without the right to make one, no test."""
    inside = next(
        (line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line),
        None,
    )
    if inside is None:
        pytest.skip("this system has no memory cgroup of version 1")
    folder = Path("/sys/fs/cgroup/memory") / inside.lstrip("/") / f"montage-test-{secrets.token_hex(4)}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here: {error}")
    yield folder
    folder.rmdir()


def build_inside(cgroup: Path, limit_bytes: int, engine: Engine, recipe: Path) -> Done:
    """A build in the cgroup; its own limit is far away."""
    (cgroup / "memory.limit_in_bytes").write_text(str(limit_bytes))

    def enter() -> None:
        (cgroup / "cgroup.procs").write_text(str(os.getpid()))

    done = subprocess.run(
        (str(PROGRAM), "build", "--json", "--memory-limit", "4G", "--jobs", "2", str(recipe)),
        env=environment(engine),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        preexec_fn=enter,
    )
    return Done(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


def kills(cgroup: Path) -> int:
    counts = dict(line.split() for line in (cgroup / "memory.oom_control").read_text().splitlines())
    return int(counts["oom_kill"])


def test_a_job_that_the_kernel_kills_runs_again_alone(cgroup: Path, large: Path, tmp_path: Path) -> None:
    engine = ENGINES[0]
    alone = build(engine, heavy(tmp_path / "alone", large), "--jobs", "1")
    together = build(engine, heavy(tmp_path / "together", large), "--jobs", "2")
    low, high = alone.summary["peak_rss_bytes"], together.summary["peak_rss_bytes"]
    # Between the two: pages that processes share count once in a cgroup, and on a busy machine jobs do not have their
    # peaks together, so it is the nearer to the first one the later.
    for eighths in (3, 2, 1, 0):
        done = build_inside(cgroup, low + (high - low) * eighths // 8, engine, heavy(tmp_path / "tight", large))
        if kills(cgroup):
            break
        shutil.rmtree(tmp_path / "tight")
    assert kills(cgroup) > 0
    assert done.status == 0, done.stderr
    stopped = done.summary["memory"]["stopped"]
    assert stopped and {(job["cause"], job["again"]) for job in stopped} == {("system", True)}
    assert (tmp_path / "tight" / "montage.mp4").read_bytes() == (tmp_path / "alone" / "montage.mp4").read_bytes()


def test_a_job_that_the_kernel_kills_twice_ends_the_build(cgroup: Path, large: Path, tmp_path: Path) -> None:
    recipe = heavy(tmp_path, large)
    # On a busy disk what waits to be written counts, too, and then the kernel takes the program as well.
    for _ in range(3):
        done = build_inside(cgroup, 170 * MIB, ENGINES[0], recipe)
        if done.status != -signal.SIGKILL:
            break
    assert kills(cgroup) >= 2
    assert done.status == 1
    faults = [json.loads(line) for line in done.stdout.splitlines() if json.loads(line)["event"] == "error"]
    assert [fault["code"] for fault in faults] == ["killed-for-memory"]
    assert (faults[0]["path"][0], faults[0]["line"]) == ("clips", 5)
    assert not movie(recipe).exists()
