"""What this machine's settings change in a build, and that it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.endtoend import footage
from tests.endtoend.commands import build, montage_recipe
from tests.endtoend.recipes import movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg
ENGINE = ENGINES[0]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    source = footage.pattern(tmp_path / "source.mp4", seconds=1, size="160x90")
    return write_recipe(tmp_path, [{"src": source}, {"src": source, "in": 0.2}])


def test_only_so_many_outputs_are_built(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("first", "second", "third")
    files = ", ".join(f"{{file: {name}.mp4, preset: ultrafast}}" for name in names)
    text = recipe.read_text()
    recipe.write_text(text[: text.index("outputs:")] + f"outputs: [{files}]\n" + text[text.index("clips:") :])
    monkeypatch.setenv("NUM_VARIANTS", "2")
    done = build(ENGINE, recipe)
    assert done.codes == ["left-out-by-setting"]
    assert [name for name in names if (recipe.parent / f"{name}.mp4").exists()] == ["first", "second"]
    build(ENGINE, recipe, "--output", "third")  # asked for by name
    assert (recipe.parent / "third.mp4").exists()


def test_a_preset_is_for_outputs_that_name_none(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_PRESET", "veryfast")
    assert "-preset ultrafast" in montage_recipe(ENGINE, "plan", recipe).stdout
    open_to_it = write_recipe(tmp_path, [{"src": tmp_path / "source.mp4"}], encoding={"crf": 20}, name="open")
    assert "-preset veryfast" in montage_recipe(ENGINE, "plan", open_to_it).stdout


def test_upscaling_may_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = footage.pattern(tmp_path / "source.mp4", seconds=1, size="80x46", sound=False)
    recipe = write_recipe(tmp_path, [{"src": source, "upscale": {"factor": 2}}])
    monkeypatch.setenv("UPSCALE", "false")
    done = build(ENGINE, recipe)
    assert done.codes == ["left-out-by-setting"]
    assert done.ran["upscale"] == 0
    assert movie(recipe).exists()


def test_hosts_of_the_kind_cgpu_may_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = footage.pattern(tmp_path / "source.mp4", seconds=1, size="80x46", sound=False)
    recipe = write_recipe(tmp_path, [{"src": source, "upscale": {"factor": 2}}])
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", "colab=cgpu")
    monkeypatch.setenv("CGPU_GPU_ENABLED", "false")
    done = montage_recipe(ENGINE, "build", recipe, "--json")
    assert (done.status, done.codes) == (1, ["left-out-by-setting"])


def test_few_open_inputs_give_the_same_bytes(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(ENGINE, recipe, "--no-cache")
    freely = movie(recipe).read_bytes()
    movie(recipe).unlink()
    monkeypatch.setenv("MAX_CLIPS_IN_RAM", "1")
    monkeypatch.setenv("MAX_PARALLEL_JOBS", "1")
    build(ENGINE, recipe, "--no-cache")
    assert movie(recipe).read_bytes() == freely


def test_every_setting_is_shown_with_its_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MAX_PARALLEL_JOBS=3\nMEMORY_LIMIT_GB=2\n")
    monkeypatch.setenv("MAX_CLIPS_IN_RAM", "5")
    done = montage_recipe(ENGINE, "config", "--json", cwd=tmp_path)
    shown = {row["setting"]: (row["value"], row["origin"]) for row in json.loads(done.stdout)["settings"]}
    assert shown["open_inputs"] == (5, "MAX_CLIPS_IN_RAM")
    assert shown["parallel_jobs"] == (3, "MAX_PARALLEL_JOBS in .env")
    assert shown["memory_limit"] == (2 * 1024**3, "MEMORY_LIMIT_GB in .env")
    assert shown["auto_cleanup"] == (True, "default")
    told = montage_recipe(ENGINE, "config", cwd=tmp_path)
    assert [line.split()[0] for line in told.stdout.splitlines()[: len(shown)]] == list(shown)


def test_a_run_leaves_a_log_and_verbosity_tells_more(recipe: Path) -> None:
    quiet = montage_recipe(ENGINE, "build", recipe, "--no-cache")
    told = montage_recipe(ENGINE, "build", recipe, "--no-cache", "-v")
    all_told = montage_recipe(ENGINE, "build", recipe, "--no-cache", "-vv")
    assert (quiet.status, told.status, all_told.status) == (0, 0, 0)
    assert len(quiet.stderr) < len(told.stderr) < len(all_told.stderr)
    assert "libx264" in all_told.stderr
    assert "libx264" not in told.stderr
    runs = sorted((recipe.parent / ".montage" / "logs").iterdir())
    assert len(runs) == 3
    events = [json.loads(line) for line in (runs[-1] / "run.jsonl").read_text().splitlines()]
    assert events[-1]["event"] == "summary"
    assert {event["event"] for event in events} >= {"build-started", "job-started", "job-logged", "output-finished"}
    assert any("libx264" in file.read_text() for file in runs[-1].glob("video-*.log"))
    (recipe.parent / ".env").write_text("MONTAGE_LOG_RUNS=1\n")
    assert montage_recipe(ENGINE, "build", recipe, cwd=recipe.parent).status == 0
    assert len(list((recipe.parent / ".montage" / "logs").iterdir())) == 1


def test_a_memory_limit_that_the_machine_does_not_have_is_warned_of(recipe: Path) -> None:
    done = build(ENGINE, recipe, "--memory-limit", "512T")
    (warning,) = [event for event in done.events if event["event"] == "warning"]
    assert warning["code"] == "memory-limit-above-memory"
    assert warning["message"].startswith("the memory limit of 512 TB (--memory-limit) is more than this machine")
    assert build(ENGINE, recipe, "--memory-limit", "2G").codes == []
