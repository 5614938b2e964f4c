"""The flags of `montage-recipe build`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from montage_recipe import compile as compile_recipe
from montage_recipe.diagnostics import RecipeError
from tests.endtoend.commands import PROGRAM, build, environment, montage_recipe
from tests.endtoend.recipes import QUICK, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg

ENGINE = ENGINES[0]


@pytest.fixture
def recipe(reel: Path, tmp_path: Path) -> Path:
    return write_recipe(tmp_path, [{"src": reel / "30.mp4", "duration": 1}, {"src": reel / "25.mp4", "duration": 1}])


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_output_goes_where_the_flag_says(recipe: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "new folder" / "film.mp4"
    done = build(ENGINE, recipe, "-o", elsewhere)
    assert done.summary["output"] == str(elsewhere)
    assert elsewhere.stat().st_size > 1000
    assert not movie(recipe).exists()


def test_a_parent_that_ignores_its_children_hinders_nothing(recipe: Path) -> None:
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    argv = (sys.executable, "-c", ignoring, PROGRAM, "build", recipe)
    done = subprocess.run(argv, env=environment(ENGINE), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert movie(recipe).stat().st_size > 1000


def test_only_the_output_of_a_name_is_built(reel: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, [{"src": reel / "30.mp4", "duration": 1}])
    text = recipe.read_text().replace('"montage.mp4", ', '"wide.mp4", ')
    tall = json.dumps({"file": "tall.mp4", "name": "upright", "canvas": {"size": "90x160"}, **QUICK})
    recipe.write_text(text.replace("}]\nclips", f"}}, {tall}]\nclips"))
    done = build(ENGINE, recipe, "--output", "upright")
    assert names_in(tmp_path) == {"montage.yaml", "tall.mp4", ".montage"}
    assert done.summary["output"] == str(tmp_path / "tall.mp4")
    both = build(ENGINE, recipe)
    assert both.summary["output"] == [str(tmp_path / "wide.mp4"), str(tmp_path / "tall.mp4")]
    assert names_in(tmp_path) >= {"wide.mp4", "tall.mp4"}
    wrong = montage_recipe(ENGINE, "build", recipe, "--output", "widest")
    assert (wrong.status, "did you mean `wide`?" in wrong.stderr) == (1, True)
    unclear = montage_recipe(ENGINE, "build", recipe, "-o", tmp_path / "one.mp4")
    assert (unclear.status, "several-outputs" in unclear.stderr) == (1, True)


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(recipe: Path, tmp_path: Path) -> None:
    before = names_in(tmp_path)
    done = montage_recipe(ENGINE, "build", recipe, "--dry-run", "--json")
    assert done.status == 0
    announced, summed_up = done.events
    assert (summed_up["event"], summed_up["status"], summed_up["output"]) == ("summary", "ok", None)
    assert announced["jobs"]["to_run"] == announced["jobs"]["total"] > 2
    people = montage_recipe(ENGINE, "build", recipe, "--dry-run")
    assert (people.status, people.stdout) == (0, "")
    assert f"{announced['jobs']['total']} jobs to do" in people.stderr
    assert names_in(tmp_path) == before
    build(ENGINE, recipe)
    stamps = {path: path.stat() for path in tmp_path.rglob("*.mp4")}
    again = montage_recipe(ENGINE, "build", recipe, "--dry-run", "--json")
    assert again.events[0]["jobs"]["to_run"] == 0
    assert {path: path.stat() for path in tmp_path.rglob("*.mp4")} == stamps


def test_without_a_cache_nothing_is_reused_and_nothing_is_kept(recipe: Path, tmp_path: Path) -> None:
    first, second = (build(ENGINE, recipe, "--no-cache") for _ in range(2))
    assert first.ran == second.ran
    assert second.summary["jobs"]["reused"] == 0
    assert second.summary["temp"]["files"] > sum(second.ran.values())
    assert list(tmp_path.rglob("objects/*/*")) == []
    by_hand = movie(recipe).read_bytes()
    build(ENGINE, recipe)
    assert movie(recipe).read_bytes() == by_hand


def test_the_store_goes_where_the_flag_says(recipe: Path, tmp_path: Path) -> None:
    build(ENGINE, recipe, "--cache", tmp_path / "store")
    assert not (tmp_path / ".montage").exists()
    movie(recipe).unlink()
    assert build(ENGINE, recipe, "--cache", tmp_path / "store").ran == {"join": 1}


def test_quiet_prints_nothing(recipe: Path) -> None:
    for _ in range(2):
        done = montage_recipe(ENGINE, "build", recipe, "--quiet")
        assert (done.status, done.stdout, done.stderr) == (0, "", "")


def test_people_read_what_happened_on_standard_error(recipe: Path) -> None:
    done = montage_recipe(ENGINE, "build", recipe)
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr.startswith("montage.mp4: ")
    assert f"{movie(recipe)}: 2.00 s, 60 frames" in done.stderr


def test_the_summary_says_all_that_a_program_wants_to_know(recipe: Path) -> None:
    summary = build(ENGINE, recipe).summary
    assert summary.keys() == {
        *("event", "status", "output", "frames", "duration_s", "jobs", "wall_s", "peak_rss_bytes", "memory", "temp")
    }
    assert (summary["frames"], summary["duration_s"], summary["output"]) == (60, 2.0, str(movie(recipe)))
    assert summary["peak_rss_bytes"] > 10_000_000
    assert max(total for _, total in summary["memory"]["points"]) == summary["peak_rss_bytes"]
    assert summary["memory"]["stopped"] == []
    assert summary["temp"].keys() == {"files", "bytes"}


def test_a_plan_prints_commands_that_make_the_same_film_by_hand(recipe: Path, tmp_path: Path) -> None:
    script = montage_recipe(ENGINE, "plan", recipe)
    assert (script.status, script.stderr) == (0, "")
    build(ENGINE, recipe)
    room = tmp_path / "by hand"
    room.mkdir()
    subprocess.run(
        ("sh", "-eu"), input=script.stdout, text=True, cwd=room, check=True, capture_output=True, timeout=120
    )
    made = [path for path in room.rglob("*.mp4") if path.read_bytes() == movie(recipe).read_bytes()]
    assert made, sorted(str(path) for path in room.rglob("*"))


def test_an_output_that_is_no_mp4_is_refused(recipe: Path, tmp_path: Path) -> None:
    done = montage_recipe(ENGINE, "build", recipe, "-o", tmp_path / "film.avi")
    assert done.status in (1, 2)
    assert ".mp4" in done.stderr
    assert not (tmp_path / "film.avi").exists()


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["build", "dry run"])
def test_a_recipe_that_cannot_be_read_is_told_in_json_too_and_makes_no_store(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    done = montage_recipe(ENGINE, "build", tmp_path / "typo.yaml", "--json", *flags)
    assert (done.status, done.codes, done.summary["status"]) == (1, ["unreadable-recipe"], "failed")
    assert list(tmp_path.iterdir()) == []


def test_validate_looks_into_the_footage_where_it_is_asked_to(reel: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, [{"src": reel / "30.mp4", "out": "900s"}])
    assert montage_recipe(ENGINE, "validate", recipe).status == 0
    probed = montage_recipe(ENGINE, "validate", "--probe", "--format", "json", recipe)
    assert probed.status == 1
    (fault,) = json.loads(probed.stdout)["diagnostics"]
    assert (fault["code"], fault["path"], fault["line"]) == ("out-after-end", ["clips", 0, "out"], 5)


def test_a_dry_run_counts_what_outputs_share_once(recipe: Path, tmp_path: Path) -> None:
    text = recipe.read_text().replace('"montage.mp4"', '"wide.mp4"')
    tall = json.dumps({"file": "tall.mp4", "canvas": {"size": "90x160"}, **QUICK})
    recipe.write_text(text.replace("}]\nclips", f"}}, {tall}]\nclips"))
    counted = [e["jobs"]["to_run"] for e in montage_recipe(ENGINE, "build", recipe, "--dry-run", "--json").events[:-1]]
    really = [e["jobs"]["to_run"] for e in build(ENGINE, recipe).events if e["event"] == "build-started"]
    assert counted == really and counted[1] < counted[0]


def test_a_fault_says_its_place_and_its_cure_in_python_too(tmp_path: Path) -> None:
    recipe = tmp_path / "trip.yaml"
    recipe.write_text("recipe: 1\nclips: [{src: nowhere.mp4}]\n")
    with pytest.raises(RecipeError) as failure:
        compile_recipe(recipe)
    assert f"{recipe}:2:15: " in str(failure.value) and "\n  help: " in str(failure.value)
