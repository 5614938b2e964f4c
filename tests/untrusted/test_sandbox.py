"""The sandbox around ffmpeg, each kind on each ffmpeg: what it must not do it cannot, what a job needs it can."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from montage_recipe.engine import Engine
from montage_recipe.render import landlock
from montage_recipe.render.custody import Custody, Linked
from montage_recipe.render.process import Ending, Finished, run
from montage_recipe.render.sandbox import Bubblewrap, Enclosure, Landlock, Sandbox, find_sandbox, no_sandbox, works
from montage_recipe.stopping import never
from montage_recipe.untrusted import Confinement
from tests.endtoend.commands import PROGRAM, environment, montage_recipe
from tests.endtoend.footage import pattern
from tests.engines import ENGINE_IDS, ENGINES
from tests.processes import wait_until

pytestmark = pytest.mark.ffmpeg
engines = pytest.mark.parametrize("ffmpeg", ENGINES, ids=ENGINE_IDS)


@pytest.fixture(params=["bubblewrap", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Both must be there: .ci/run installs the one, and the kernel has the other."""
    if request.param == "landlock":
        assert landlock.is_usable(), f"Landlock has ABI {landlock.abi()}"
        return Landlock()
    program = shutil.which("bwrap")
    assert program, "install bubblewrap"
    return Bubblewrap(program)


class Open:
    """No sandbox at all."""

    name = "open"

    def enclose(self, program: str, scratch: Path, reads: object, objects: object = ()) -> Enclosure:
        return Enclosure()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    pattern(tmp_path / "take.mp4", seconds=1)
    pattern(tmp_path / "other.mp4", seconds=1)
    (folder / "in0.mp4").symlink_to(tmp_path / "take.mp4")
    return folder


def inside(sandbox: Sandbox, ffmpeg: Engine, scratch: Path, *arguments: str) -> Finished:
    enclosure = sandbox.enclose(ffmpeg.path, scratch, [scratch.parent / "take.mp4"])
    return run((ffmpeg.path, "-nostdin", "-y", *arguments), cwd=scratch, stop=never, enclosure=enclosure)


@engines
def test_it_is_tried_and_not_believed(ffmpeg: Engine, sandbox: Sandbox) -> None:
    assert works(sandbox, ffmpeg.path)
    assert not works(Open(), ffmpeg.path)
    assert not works(sandbox, "/no/such/ffmpeg")


@engines
def test_a_job_does_its_work_inside(ffmpeg: Engine, sandbox: Sandbox, scratch: Path) -> None:
    done = inside(sandbox, ffmpeg, scratch, "-i", "file:in0.mp4", "file:out.mp4")
    assert (done.status, done.ending) == (0, Ending.EXITED), done.stderr
    assert (scratch / "out.mp4").stat().st_size > 1000
    assert done.peak_rss_bytes > 10 << 20, "ffmpeg's own memory is what is measured"


@engines
def test_nothing_else_is_read(ffmpeg: Engine, sandbox: Sandbox, scratch: Path) -> None:
    for name in (scratch.parent / "other.mp4", "/etc/passwd", "../other.mp4"):
        done = inside(sandbox, ffmpeg, scratch, "-i", f"file:{name}", "-f", "null", "-")
        assert done.status != 0
        assert "No such file" in done.stderr or "Permission denied" in done.stderr, done.stderr


@engines
def test_nothing_is_written_elsewhere(ffmpeg: Engine, sandbox: Sandbox, scratch: Path) -> None:
    before = (scratch.parent / "take.mp4").read_bytes()
    for name in (scratch.parent / "evil.mp4", scratch.parent / "take.mp4"):
        done = inside(sandbox, ffmpeg, scratch, "-i", "file:in0.mp4", "-c", "copy", f"file:{name}")
        assert done.status != 0, name
    assert not (scratch.parent / "evil.mp4").exists()
    assert (scratch.parent / "take.mp4").read_bytes() == before


def test_a_link_that_a_step_has_made_opens_nothing_to_the_next(sandbox: Sandbox, scratch: Path) -> None:
    custody = Custody(within=Confinement.around(scratch / "recipe.yaml"), sandbox=sandbox)
    linked = Linked(files=[scratch.parent / "take.mp4"])

    def step(name: str) -> int:
        enclosure = custody.enclosure(ENGINES[0].path, scratch, linked)
        argv = (ENGINES[0].path, "-nostdin", "-i", f"file:{name}", "-f", "null", "-")
        return run(argv, cwd=scratch, stop=never, enclosure=enclosure).status

    assert step("in0.mp4") == 0
    (scratch / "x").symlink_to(scratch.parent)
    (scratch / "in0.mp4").unlink()
    (scratch / "in0.mp4").symlink_to(scratch.parent / "other.mp4")
    assert step("x/other.mp4") != 0
    assert step("in0.mp4") != 0
    assert step(str(scratch.parent / "take.mp4")) == 0


def test_many_parts_open_their_store_and_no_folder_besides(sandbox: Sandbox, scratch: Path) -> None:
    home, store = scratch.parent / "home", scratch.parent / "store"
    home.mkdir()
    program = home / "ffmpeg"
    shutil.copy(ENGINES[0].path, program)
    shutil.copy(scratch.parent / "other.mp4", home)
    objects = [store / f"{number:02x}" / f"{number}.mp4" for number in range(80)]
    for part in objects:
        part.parent.mkdir(parents=True)
        shutil.copy(scratch.parent / "take.mp4", part)

    def status(file: Path) -> int:
        enclosure = sandbox.enclose(str(program), scratch, [scratch.parent / "take.mp4"], objects)
        argv = (str(program), "-nostdin", "-i", f"file:{file}", "-f", "null", "-")
        return run(argv, cwd=scratch, stop=never, enclosure=enclosure).status

    assert [status(file) for file in (objects[0], objects[79], scratch.parent / "take.mp4")] == [0, 0, 0]
    assert status(home / "other.mp4") != 0
    assert status(scratch.parent / "other.mp4") != 0


@engines
def test_there_is_no_network(ffmpeg: Engine, sandbox: Sandbox, scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        server.settimeout(1.0)
        plain.settimeout(1.0)
        plain.bind(("127.0.0.1", 0))
        port, other = server.getsockname()[1], plain.getsockname()[1]
        assert inside(sandbox, ffmpeg, scratch, "-i", f"tcp://127.0.0.1:{port}", "-f", "null", "-").status != 0
        inside(sandbox, ffmpeg, scratch, "-i", "file:in0.mp4", "-f", "mpegts", f"udp://127.0.0.1:{other}")
        with pytest.raises(TimeoutError):
            server.accept()
        with pytest.raises(TimeoutError):
            plain.recv(1)


def test_a_stopped_child_leaves_nothing_behind(sandbox: Sandbox, scratch: Path) -> None:
    ffmpeg, asked = ENGINES[0], [0]

    def stop() -> bool:
        asked[0] += 1
        return asked[0] > 5

    enclosure = sandbox.enclose(ffmpeg.path, scratch, ())
    argv = (ffmpeg.path, "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2", "-f", "null", f"{scratch.name}-mark")
    assert run(argv, cwd=scratch, stop=stop, enclosure=enclosure).ending is Ending.STOPPED

    def listed() -> str:
        return subprocess.run(("ps", "-eo", "args"), capture_output=True, text=True, check=True).stdout

    # The kernel ends what a name space holds after its first process.
    wait_until(lambda: str(scratch) not in listed(), 10)


DESERTER = """\
#!{python} -SE
import ctypes, os, sys, threading, time
prctl = ctypes.CDLL(None, use_errno=True).prctl
print("thread", threading.Thread(target=time.sleep, args=(0,)).start(), file=sys.stderr)
print("deaf", prctl(1, 0, 0, 0, 0), file=sys.stderr, flush=True)
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for pipe in (0, 1, 2):
                os.close(pipe)
            time.sleep(600)
except OSError as error:
    print(error, file=sys.stderr)
"""


def test_nobody_leaves_the_sandbox_alive(sandbox: Sandbox, scratch: Path) -> None:
    """Not by a session of its own, nor by wishing not to die with its parent."""
    python = Path(sys.executable).resolve()
    program = scratch.parent / "deserter"
    program.write_text(DESERTER.format(python=python))
    program.chmod(0o755)
    enclosure = sandbox.enclose(str(program), scratch, [python, Path(sys.base_prefix) / "lib"])
    done = run((str(program),), cwd=scratch, stop=never, enclosure=enclosure)
    assert "thread None" in done.stderr, done.stderr
    if isinstance(sandbox, Landlock):  # the other's processes are gone with their name space, whatever they do
        assert "deaf -1" in done.stderr and "Operation not permitted" in done.stderr

    def left() -> list[psutil.Process]:
        return [each for each in psutil.process_iter(["cmdline"]) if str(program) in (each.info["cmdline"] or ())]

    try:
        wait_until(lambda: not left(), 10)  # bubblewrap tells of its program's end just before its name space goes
    finally:
        for process in left():
            with suppress(psutil.NoSuchProcess):
                process.kill()


def test_a_child_may_not_write_for_ever(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("montage_recipe.render.process.LARGEST_WRITTEN_BYTES", 100_000)
    argv = (ENGINES[0].path, "-nostdin", "-f", "lavfi", "-i", "testsrc2=d=5", "-c:v", "rawvideo", "file:out.nut")
    done = run(argv, cwd=scratch, stop=never, enclosure=Enclosure())
    assert done.status != 0
    assert (scratch / "out.nut").stat().st_size <= 100_000


def test_a_build_without_any_sandbox_warns_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ffmpeg that is a shell script starts in none."""
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(f'#!/bin/sh\nexec {ENGINES[0].path} "$@"\n')
    wrapper.chmod(0o755)
    assert find_sandbox(str(wrapper)) is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "recipe: 1\ncanvas: {size: 64x36}\nmedia: {a: {generate: bokeh, duration: 1s}}\nclips: [{src: a}]\n"
    )
    environ = environment(ENGINES[0]) | {"MONTAGE_FFMPEG": str(wrapper)}
    argv = (PROGRAM, "build", recipe, "--untrusted", "--json")
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"no-sandbox"') == 1
    trusted = montage_recipe(ENGINES[0], "build", recipe, "--trusted", "--json")
    assert trusted.codes == []


def test_doctor_says_which_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    said = montage_recipe(ENGINES[0], "doctor").stdout
    assert "bubblewrap, around ffmpeg" in said
    monkeypatch.setenv("PATH", os.path.dirname(PROGRAM))  # noqa: PTH120
    assert "Landlock (ABI" in montage_recipe(ENGINES[0], "doctor").stdout


def test_an_ffmpeg_that_starts_another_program_is_told_as_what_keeps_it_out(tmp_path: Path) -> None:
    """And not that there is no sandbox, whose cure would be none."""
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\nexec {ENGINES[0].path} "$@"\n')
    script.chmod(0o755)
    assert find_sandbox(str(script)) is None
    assert f"{script} does not run in " in no_sandbox(str(script)).message
