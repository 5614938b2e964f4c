"""`montage-recipe build`, where files change, names are odd or somebody wants it to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import Interrupted, RenderError
from montage_recipe.pipeline import build_recipe, preview_recipe
from montage_recipe.recipe.source import read_recipe
from montage_recipe.recipe.validate import examine
from montage_recipe.render.encoder import encoder_extradata
from montage_recipe.render.events import Event, OutputFinished, Summary
from montage_recipe.report.model import Status
from montage_recipe.settings import Settings
from tests.endtoend import footage
from tests.endtoend.commands import PROGRAM, build, environment
from tests.endtoend.recipes import movie, write_recipe
from tests.engines import ENGINES
from tests.processes import children
from tests.render.factory import Recorder

pytestmark = pytest.mark.ffmpeg

ENGINE = ENGINES[0]
SETTINGS = Settings(ffmpeg=ENGINE.path)


def test_footage_that_changes_between_two_outputs_spoils_neither_the_second_nor_the_store(tmp_path: Path) -> None:
    source = footage.pattern(tmp_path / "a.mp4", seconds=1)
    new = footage.flat(tmp_path / "new.mp4", "red")
    outputs = [
        {"file": f"{name}.mp4", "preset": "ultrafast", "crf": crf} for name, crf in (("good", 20), ("small", 30))
    ]
    recipe = write_recipe(tmp_path, [{"src": "a.mp4"}])
    one = next(line for line in recipe.read_text().splitlines() if line.startswith("outputs:"))
    recipe.write_text(recipe.read_text().replace(one, f"outputs: {json.dumps(outputs)}"))

    def change(event: Event) -> None:
        if isinstance(event, OutputFinished) and new.exists():
            new.replace(source)

    listener = Recorder(change)
    with pytest.raises(RenderError) as failure:
        build_recipe(recipe, settings=SETTINGS, on_event=listener, stop=threading.Event())
    assert {d.code for d in failure.value.diagnostics} == {"source-changed"}
    assert not (tmp_path / "small.mp4").exists()
    first, second = (event.report for event in listener.events if isinstance(event, OutputFinished))
    assert (first.status, second.status, second.jobs) == (Status.OK, Status.FAILED, ())
    last = listener.events[-1]
    assert isinstance(last, Summary)
    assert last.outputs == (str(tmp_path / "good.mp4"), str(tmp_path / "small.mp4"))
    assert (last.status, last.run, last.frames) == (Status.FAILED, len(first.jobs), 30)


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("build --json", signal.SIGINT),
        ("build --json", signal.SIGTERM),
        ("build --dry-run", signal.SIGHUP),
        ("plan", signal.SIGINT),
    ],
)
def test_a_signal_ends_the_look_at_a_huge_file(tmp_path: Path, command: str, number: signal.Signals) -> None:
    huge = tmp_path / "huge.mp4"
    huge.touch()
    os.truncate(huge, 64 << 30)
    recipe = write_recipe(tmp_path, [{"src": "huge.mp4"}, {"src": "huge.mp4", "in": 1}])
    argv = [str(PROGRAM), *command.split(), str(recipe)]
    with subprocess.Popen(argv, env=environment(ENGINE), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            _wait_until_open(child.pid, huge)
            child.send_signal(number)
            sent = time.monotonic()
            _, complaint = child.communicate(timeout=20)
        finally:
            child.kill()
    assert child.returncode == 130
    assert time.monotonic() - sent < 3
    assert b"Traceback" not in complaint
    runs = tmp_path / ".montage" / "runs"
    assert not runs.exists() or [path.name for path in runs.iterdir()] == [".lock"]


def _wait_until_open(pid: int, file: Path) -> None:
    deadline = time.monotonic() + 20
    while str(file) not in [opened.path for opened in psutil.Process(pid).open_files()]:
        assert time.monotonic() < deadline, "it never looked at the file"
        time.sleep(0.02)


def test_a_stop_before_the_first_job_is_an_interruption_with_a_summary(tmp_path: Path) -> None:
    footage.pattern(tmp_path / "a.mp4", seconds=1)
    recipe = write_recipe(tmp_path, [{"src": "a.mp4"}])
    stop, listener = threading.Event(), Recorder()
    stop.set()
    with pytest.raises(Interrupted):
        build_recipe(recipe, settings=SETTINGS, on_event=listener, stop=stop)
    assert isinstance(listener.events[-1], Summary)
    assert listener.events[-1].status is Status.INTERRUPTED
    with pytest.raises(Interrupted):
        preview_recipe(recipe, settings=SETTINGS, on_event=listener, stop=stop)


def test_asking_the_encoder_is_stopped_too(tmp_path: Path) -> None:
    footage.pattern(tmp_path / "a.mp4", seconds=1)
    (recipe,) = examine(read_recipe(write_recipe(tmp_path, [{"src": "a.mp4"}]))).recipes
    with pytest.raises(Interrupted):
        encoder_extradata(recipe.output, recipe.canvas, ENGINE, None, lambda: True)
    assert children() == []


def test_a_recipe_in_a_folder_whose_name_is_not_utf8_is_built(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9 'x'")
    folder.mkdir()
    footage.pattern(folder / "a.mp4", seconds=1)
    recipe = write_recipe(folder, [{"src": "a.mp4"}])
    first = build(ENGINE, recipe)
    assert first.summary["output"] == str(movie(recipe))
    assert build(ENGINE, recipe).summary["jobs"]["run"] == 0
    for arguments in (("build", "--dry-run"), ("plan",), ("plan", "--format", "json"), ("cache", "info", "--json")):
        argv = (PROGRAM, *arguments, recipe)
        done = subprocess.run(argv, env=environment(ENGINE), capture_output=True, check=False)
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
