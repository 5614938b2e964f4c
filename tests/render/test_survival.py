"""A build that is killed, interrupted, run twice at once, or out of disk leaves nothing wrong behind."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import MontageError
from montage_recipe.engine import Engine
from montage_recipe.render.store import Store
from tests.render.factory import montage, picture_job
from tests.render.test_execute import build, temporary_files

pytestmark = pytest.mark.ffmpeg

# argv: store, output, ffmpeg, segments, frames, "realtime" or ""
BUILD = """
import sys
from pathlib import Path
from montage_recipe.diagnostics import Interrupted
from montage_recipe.render.events import JobStarted
from montage_recipe.render.execute import execute
from montage_recipe.render.signals import stop_on_signals
from montage_recipe.render.store import Store
from tests.render.factory import ROOMY, engine_at, montage, picture_job

def tell(event):
    if isinstance(event, JobStarted):
        print(event.label, flush=True)

store, output, ffmpeg, segments, frames, realtime = sys.argv[1:]
jobs = [picture_job(n, frames=int(frames), realtime=bool(realtime)) for n in range(int(segments))]
plan = montage(Path(output), jobs)
try:
    with stop_on_signals() as stop, Store.open(Path(store)) as store:
        report = execute(plan, store=store, engine=engine_at(ffmpeg), limits=ROOMY, on_event=tell, stop=stop)
    print("done", len(report.jobs), report.reused, report.temp_files, flush=True)
except Interrupted:
    sys.exit(130)
"""


@contextmanager
def building(
    root: Path, output: Path, engine: Engine, *, segments: int, frames: int = 5, realtime: bool = False
) -> Iterator[subprocess.Popen[str]]:
    argv = (root, output, engine.path, segments, frames, "realtime" if realtime else "")
    command = (sys.executable, "-c", BUILD, *(str(argument) for argument in argv))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def ffmpegs_of(root: Path) -> list[psutil.Process]:
    """The ffmpegs that work in the folders of this store."""
    return [p for p in psutil.process_iter(["cwd"]) if str(p.info["cwd"] or "").startswith(str(root))]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_child_and_no_temporary_file(
    any_engine: Engine, tmp_path: Path, output: Path, number: signal.Signals
) -> None:
    root = tmp_path / "store"
    with building(root, output, any_engine, segments=3, frames=1000, realtime=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.7)
        assert ffmpegs_of(root)
        child.send_signal(number)
        assert child.wait(20) == 130
    assert ffmpegs_of(root) == []
    assert temporary_files(root) == []
    assert not output.exists()


def test_ctrl_c_without_a_handler_leaves_nothing_either(any_engine: Engine, tmp_path: Path, output: Path) -> None:
    """As in a program that uses the Python interface and knows nothing of our event."""
    root = tmp_path / "store"
    code = BUILD.replace("stop_on_signals() as stop", "contextlib.nullcontext(threading.Event()) as stop")
    argv = (root, output, any_engine.path, 3, 1000, "realtime")
    command = (sys.executable, "-c", "import contextlib, threading" + code, *(str(argument) for argument in argv))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.7)
        child.send_signal(signal.SIGINT)
        _, complaint = child.communicate(timeout=20)
    assert complaint.rstrip().endswith("KeyboardInterrupt")
    assert ffmpegs_of(root) == []
    assert temporary_files(root) == []


def test_a_killed_build_leaves_no_orphan_and_the_next_one_sweeps_and_goes_on(
    any_engine: Engine, tmp_path: Path, output: Path
) -> None:
    root = tmp_path / "store"
    quick, slow = picture_job(0), picture_job(1, frames=500, realtime=True)
    code = BUILD.replace("jobs = [", "jobs = [picture_job(0)] + [").replace("range(int(segments))", "range(1, 2)")
    argv = (sys.executable, "-c", code, str(root), str(output), any_engine.path, "0", "500", "realtime")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "clip 2\n"  # the longer one begins
        with Store.open(root) as store:
            _wait_until(lambda: store.find(quick.key) is not None and len(ffmpegs_of(root)) == 1)
        child.kill()
        child.wait()
    _wait_until(lambda: ffmpegs_of(root) == [])
    assert len(temporary_files(root)) == 1
    report = build(montage(output, [quick, picture_job(1, frames=6)]), root, any_engine)
    assert slow.key not in [job.key for job in report.jobs]
    assert (len(report.jobs), report.reused) == (2, 1)
    assert report.temp_files > 0
    assert temporary_files(root) == []


def test_builds_killed_at_any_moment_end_with_the_same_bytes(any_engine: Engine, tmp_path: Path, output: Path) -> None:
    build(montage(tmp_path / "undisturbed.mp4", [picture_job(n) for n in range(6)]), tmp_path / "other", any_engine)
    root = tmp_path / "store"
    moments = random.Random(7)
    for _ in range(6):
        with building(root, output, any_engine, segments=6) as child:
            time.sleep(moments.uniform(0.2, 1.2))
            child.kill()
        assert not output.exists() or output.read_bytes() == (tmp_path / "undisturbed.mp4").read_bytes()
    report = build(montage(output, [picture_job(n) for n in range(6)]), root, any_engine)
    assert output.read_bytes() == (tmp_path / "undisturbed.mp4").read_bytes()
    assert report.faults == ()
    assert temporary_files(root) == []


def test_two_builds_of_one_montage_at_once_both_succeed(any_engine: Engine, tmp_path: Path, output: Path) -> None:
    root = tmp_path / "store"
    with (
        building(root, output, any_engine, segments=4) as one,
        building(root, output, any_engine, segments=4) as two,
    ):
        assert [one.wait(60), two.wait(60)] == [0, 0]
    build(montage(tmp_path / "alone.mp4", [picture_job(n) for n in range(4)]), tmp_path / "other", any_engine)
    assert output.read_bytes() == (tmp_path / "alone.mp4").read_bytes()
    assert [path.name for path in output.parent.iterdir()] == [output.name]
    assert temporary_files(root) == []


def test_a_file_larger_than_the_session_allows_is_named_and_the_old_output_stays(
    any_engine: Engine, tmp_path: Path, output: Path
) -> None:
    """As a full disk, where we are not root and cannot have one."""
    output.parent.mkdir()
    output.write_bytes(b"the old one")
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))" + BUILD
    argv = (tmp_path / "store", output, any_engine.path, 1, 2000, "")
    command = (sys.executable, "-c", code, *(str(argument) for argument in argv))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "RenderError: ffmpeg found no room to write while making clip 1" in done.stderr
    assert output.read_bytes() == b"the old one"
    assert temporary_files(tmp_path / "store") == []


def test_a_full_disk_is_named_and_the_old_output_stays(any_engine: Engine, tmp_path: Path, small_disk: Path) -> None:
    output = small_disk / "montage.mp4"
    output.write_bytes(b"the old one")
    large = picture_job(0, frames=250, filters="scale=1280x720,noise@n=alls=100:allf=t")
    plan = montage(output, [large])
    with pytest.raises(MontageError) as failure:
        build(plan, small_disk / "store", any_engine)
    assert {d.code for d in failure.value.diagnostics} == {"disk-full"}
    assert failure.value.diagnostics[0].hint
    assert output.read_bytes() == b"the old one"
    assert temporary_files(small_disk / "store") == []


def test_a_disk_that_is_full_only_for_the_output_keeps_the_old_one(
    any_engine: Engine, tmp_path: Path, small_disk: Path
) -> None:
    output = small_disk / "montage.mp4"
    output.write_bytes(b"the old one")
    with pytest.raises(OSError, match="No space"), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(b"x" * 4096)
    with pytest.raises(MontageError) as failure:
        build(montage(output, [picture_job(n) for n in range(4)]), tmp_path / "store", any_engine)
    assert {d.code for d in failure.value.diagnostics} == {"disk-full"}
    assert output.read_bytes() == b"the old one"
    assert sorted(path.name for path in small_disk.iterdir()) == ["ballast", "montage.mp4"]


def _wait_until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
