"""Children are watched to their end, whatever they do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import RenderError
from montage_recipe.engine import Engine
from montage_recipe.render.memory import MemoryWatch
from montage_recipe.render.process import Ending, Finished, Patience, run
from montage_recipe.render.streams import Progress
from tests.processes import children
from tests.render.fakes import fake

MIB = 1024 * 1024
PATIENT = Patience()


def never() -> bool:
    return False


def start(program: str, folder: Path, *, stop: Callable[[], bool] = never, patience: Patience = PATIENT) -> Finished:
    return run((program,), cwd=folder, stop=stop, patience=patience)


def no_child_is_left() -> bool:
    return children() == []


def test_a_flood_of_messages_is_read_and_kept_within_bounds(tmp_path: Path) -> None:
    before = psutil.Process().memory_info().rss
    finished = start(fake(tmp_path, "flooding"), tmp_path)
    assert (finished.status, finished.ending) == (0, Ending.EXITED)
    assert len(finished.stderr) < 2 * MIB
    assert "bytes of the log left out here" in finished.stderr
    assert psutil.Process().memory_info().rss - before < 64 * MIB


def test_nothing_but_messages_is_ended_some_day(tmp_path: Path) -> None:
    finished = start(fake(tmp_path, "babbling"), tmp_path, patience=Patience(flood_bytes=8 * MIB))
    assert finished.ending is Ending.FLOODED
    assert no_child_is_left()


def test_a_child_without_progress_and_cpu_time_is_ended(tmp_path: Path) -> None:
    finished = start(fake(tmp_path, "sleeping"), tmp_path, patience=Patience(stall_s=0.5))
    assert finished.ending is Ending.STALLED
    assert finished.wall_s < 20
    assert no_child_is_left()


@pytest.mark.ffmpeg
def test_a_stopped_ffmpeg_is_seen_as_stalled(any_engine: Engine, tmp_path: Path) -> None:
    def freeze(progress: Progress) -> None:
        for child in children():
            child.send_signal(signal.SIGSTOP)

    argv = (any_engine.path, "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x36", "-f", "null", "-")
    finished = run(argv, cwd=tmp_path, stop=never, on_progress=freeze, patience=Patience(stall_s=1.0))
    assert finished.ending is Ending.STALLED
    assert no_child_is_left()


def test_a_jump_of_the_clock_is_no_stall(tmp_path: Path) -> None:
    """As after the machine has slept: the first look finds that hours have passed."""
    jumps = iter([0.0, 0.0, 10_000.0])
    finished = run(
        (fake(tmp_path, "closing"),),
        cwd=tmp_path,
        stop=never,
        patience=Patience(stall_s=100.0),
        clock=lambda: next(jumps, 20_000.0),
    )
    assert finished.ending is Ending.EXITED


def test_a_child_that_ignores_sigterm_is_killed_with_its_own_children(tmp_path: Path) -> None:
    begun = threading.Event()
    program = fake(tmp_path, "stubborn")
    threading.Timer(0.7, begun.set).start()
    finished = start(program, tmp_path, stop=begun.is_set)
    assert (finished.status, finished.ending) == (-signal.SIGKILL, Ending.STOPPED)
    assert [p for p in psutil.process_iter(["ppid", "cmdline"]) if program in (p.info["cmdline"] or [])] == []
    assert no_child_is_left()


def test_what_a_child_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    started = time.monotonic()
    finished = start(fake(tmp_path, "littering"), tmp_path)
    assert (finished.status, finished.stderr) == (0, "[info] good bye\n")
    assert time.monotonic() - started < 20
    time.sleep(0.1)
    orphans = [
        p for p in psutil.process_iter(["cmdline"]) if "import time; time.sleep(600)" in (p.info["cmdline"] or [])
    ]
    assert orphans == []


def test_only_harmless_variables_reach_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FFREPORT", "LD_PRELOAD_NOT", "FREI0R_PATH", "FONTCONFIG_FILE", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "not-for-children")
    seen = dict(pair.split("=", 1) for pair in start(fake(tmp_path, "environment"), tmp_path).stderr.split())
    assert "not-for-children" not in seen.values()
    ours = {"AV_LOG_FORCE_NOCOLOR", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LC_ALL", "LC_CTYPE"}
    assert seen.keys() - ours <= {"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES"}
    assert "PATH" in seen


def test_no_zombie_and_no_descriptor_is_left(tmp_path: Path) -> None:
    program = fake(tmp_path, "silent")
    start(program, tmp_path)
    before = psutil.Process().num_fds()
    for _ in range(5):
        start(program, tmp_path)
    assert psutil.Process().num_fds() == before
    assert no_child_is_left()


def test_a_program_that_cannot_be_started_is_a_fault_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as failure:
        start(str(tmp_path / "absent"), tmp_path)
    assert failure.value.diagnostics[0].code == "engine-unusable"
    assert failure.value.diagnostics[0].hint


def test_a_listener_that_fails_leaves_no_child(tmp_path: Path) -> None:
    def fail(memory: MemoryWatch) -> bool:
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        run((fake(tmp_path, "sleeping"),), cwd=tmp_path, stop=lambda: fail(MemoryWatch()))
    assert no_child_is_left()


@pytest.mark.ffmpeg
def test_progress_is_told_in_seconds_of_output(any_engine: Engine, tmp_path: Path) -> None:
    heard: list[Progress] = []
    argv = ("-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=1.2", "-f", "null", "-")
    finished = run((any_engine.path, *argv), cwd=tmp_path, stop=never, on_progress=heard.append)
    assert finished.status == 0
    seconds = [progress.seconds for progress in heard]
    assert seconds == sorted(seconds)
    assert 0 < seconds[0] < 1.2
    assert seconds[-1] == pytest.approx(1.2, abs=0.1)


@pytest.mark.ffmpeg
def test_the_peak_is_the_childs_own_and_not_that_of_the_python_that_forked_it(
    any_engine: Engine, tmp_path: Path
) -> None:
    ballast = bytearray(os.urandom(1)) * (300 * MIB)
    argv = ("-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-f", "null", "-")
    finished = run((any_engine.path, *argv), cwd=tmp_path, stop=never)
    assert len(ballast) == 300 * MIB
    assert 5 * MIB < finished.peak_rss_bytes < 250 * MIB
    assert finished.cpu_s > 0


@pytest.mark.parametrize("argument", ["a\0b", "a\ud800b"])
def test_a_command_that_cannot_be_made_is_a_fault_and_not_a_crash(tmp_path: Path, argument: str) -> None:
    with pytest.raises(RenderError) as failure:
        run((fake(tmp_path, "silent"), argument), cwd=tmp_path, stop=never)
    assert "no command can be made" in failure.value.diagnostics[0].message
    assert no_child_is_left()
