"""A build that is killed, interrupted or run twice at once leaves nothing wrong, and nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from montage_recipe.engine import Engine
from tests.endtoend.commands import build, building, montage_recipe, next_event
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe
from tests.engines import ENGINES
from tests.processes import wait_until

pytestmark = pytest.mark.ffmpeg


@pytest.fixture
def ffmpeg() -> Engine:
    """Any: how processes end and what is left is not its doing."""
    return ENGINES[0]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, as the program sees it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def long_work(folder: Path, reel: Path) -> Path:
    """Some seconds of work in several segments, with sound."""
    clips: list[Entry] = [
        {"src": reel / f"{('30', '25', '60')[n % 3]}.mp4", "in": round(0.2 * n, 1), "duration": 1} for n in range(12)
    ]
    for number in (2, 3, 7, 8):
        clips[number]["transition"] = crossfade("0.3s")
    return write_recipe(folder, clips, size="480x270", encoding={"preset": "fast"}, loudness={"integrated": -20})


def ffmpegs_of(recipe: Path) -> list[psutil.Process]:
    """The processes that work in folders of the recipe's store."""
    inside = str(recipe.parent / ".montage")
    return [p for p in psutil.process_iter(["cwd"]) if str(p.info["cwd"] or "").startswith(inside)]


def left_behind(recipe: Path, scratch: Path) -> list[str]:
    """Temporary files, wherever they may be."""
    runs = [p for p in (recipe.parent / ".montage" / "runs").rglob("*") if p.name != ".lock"]
    beside = [p for p in recipe.parent.iterdir() if ".part" in p.name]
    return [str(path) for path in (*runs, *beside, *scratch.iterdir())]


def test_a_killed_build_is_taken_up_where_it_was(ffmpeg: Engine, reel: Path, tmp_path: Path, scratch: Path) -> None:
    recipe = long_work(tmp_path / "killed", reel)
    with building(ffmpeg, recipe) as child:
        second = next_event(child, "job-finished", {"kind": "video"}, count=2)
        child.kill()
        rest, _ = child.communicate(timeout=20)
    wait_until(lambda: not ffmpegs_of(recipe))
    assert not movie(recipe).exists()
    finished = {second["key"]} | {
        event["key"] for event in map(json.loads, rest.splitlines()) if event["event"] == "job-finished"
    }
    again = build(ffmpeg, recipe)
    ran = {event["key"] for event in again.events if event["event"] == "job-started"}
    assert not finished & ran
    assert again.summary["jobs"]["reused"] >= 2
    assert again.summary["temp"]["files"] > 0
    assert left_behind(recipe, scratch) == []
    undisturbed = long_work(tmp_path / "undisturbed", reel)
    build(ffmpeg, undisturbed)
    assert movie(recipe).read_bytes() == movie(undisturbed).read_bytes()


def test_builds_killed_at_every_stage_end_with_the_same_bytes(
    ffmpeg: Engine, reel: Path, tmp_path: Path, scratch: Path
) -> None:
    recipe = write_recipe(
        tmp_path / "killed", [{"src": reel / "30.mp4", "in": n / 2, "out": n / 2 + 1} for n in range(4)]
    )
    undisturbed = write_recipe(
        tmp_path / "calm", [{"src": reel / "30.mp4", "in": n / 2, "out": n / 2 + 1} for n in range(4)]
    )
    build(ffmpeg, undisturbed)
    moments: tuple[tuple[str, dict[str, str | bool]], ...] = (
        ("build-started", {}),
        ("job-started", {}),
        ("job-finished", {"reused": False}),
        ("job-finished", {"kind": "loudness"}),
        ("job-started", {"kind": "join"}),
    )
    for name, having in moments:
        with building(ffmpeg, recipe) as child:
            next_event(child, name, having)
            child.kill()
            child.communicate(timeout=20)
        assert not movie(recipe).exists() or movie(recipe).read_bytes() == movie(undisturbed).read_bytes()
        wait_until(lambda: not ffmpegs_of(recipe))
    build(ffmpeg, recipe)
    assert movie(recipe).read_bytes() == movie(undisturbed).read_bytes()
    assert left_behind(recipe, scratch) == []


def to_the_process(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGINT)


def to_its_group(child: subprocess.Popen[str]) -> None:
    """As a terminal does."""
    os.killpg(child.pid, signal.SIGINT)


@pytest.mark.parametrize("interrupt", [to_the_process, to_its_group])
def test_ctrl_c_leaves_the_old_film_and_nothing_else(
    ffmpeg: Engine, reel: Path, tmp_path: Path, scratch: Path, interrupt: Callable[[subprocess.Popen[str]], None]
) -> None:
    recipe = long_work(tmp_path / "film", reel)
    movie(recipe).write_bytes(b"the old one")
    with building(ffmpeg, recipe) as child:
        next_event(child, "job-started", {"kind": "video"})
        wait_until(lambda: bool(ffmpegs_of(recipe)))
        interrupt(child)
        rest, complaint = child.communicate(timeout=20)
        assert child.returncode == 130
    assert ffmpegs_of(recipe) == []
    assert left_behind(recipe, scratch) == []
    assert movie(recipe).read_bytes() == b"the old one"
    summary = json.loads(rest.splitlines()[-1])
    assert (summary["event"], summary["status"], summary["output"]) == ("summary", "interrupted", str(movie(recipe)))
    assert complaint == (
        "error[interrupted]: stopped before it was finished\n"
        "  help: build again to go on: what is finished is kept in the store\n"
    )


def test_ctrl_c_while_the_recipe_is_compiled_ends_the_program_too(ffmpeg: Engine, reel: Path, tmp_path: Path) -> None:
    recipe = long_work(tmp_path, reel)
    with building(ffmpeg, recipe) as child:
        wait_until(lambda: (tmp_path / ".montage").exists())
        to_its_group(child)
        _, complaint = child.communicate(timeout=20)
        assert child.returncode == 130, complaint
    assert "Traceback" not in complaint
    assert ffmpegs_of(recipe) == []


def test_two_builds_of_one_recipe_at_once_both_succeed(
    ffmpeg: Engine, reel: Path, tmp_path: Path, scratch: Path
) -> None:
    recipe = long_work(tmp_path / "film", reel)
    with building(ffmpeg, recipe) as one, building(ffmpeg, recipe, "-o", tmp_path / "other.mp4") as other:
        for child in (one, other):
            _, complaint = child.communicate(timeout=120)
            assert (child.returncode, complaint) == (0, "")
    assert movie(recipe).read_bytes() == (tmp_path / "other.mp4").read_bytes()
    assert left_behind(recipe, scratch) == []
    with building(ffmpeg, recipe, "--no-cache") as one, building(ffmpeg, recipe, "--no-cache") as other:
        assert [one.wait(120), other.wait(120)] == [0, 0]
    assert movie(recipe).read_bytes() == (tmp_path / "other.mp4").read_bytes()
    assert left_behind(recipe, scratch) == []
    assert montage_recipe(ffmpeg, "build", recipe, "--quiet").status == 0
