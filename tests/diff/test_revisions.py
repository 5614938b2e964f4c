"""`montage-recipe diff` on revisions of real git repositories."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import wave
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from montage_recipe.cli.diff import command
from montage_recipe.cli.main import main
from montage_recipe.diagnostics import RecipeError
from montage_recipe.pipeline import build_recipe
from montage_recipe.settings import load_settings
from tests.diff.repositories import commit, git

RECIPE = """\
recipe: 1
canvas: {size: 160x90, fps: 10}
include: parts/media.yaml
clips:
  - {id: open, src: bars, out: 2s}
  - {id: walk, src: bars, in: 2s, out: 4s}
audio:
  - {src: theme}
"""
MEDIA = """\
media:
  bars: {generate: color-bars, duration: 6s}
  theme: ../theme.wav
"""


def write_sound(file: Path, level: int) -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes([level, 0]) * 8000 * 5)


@pytest.fixture
def trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a recipe in a repository: `first` is a tag, `main` has a longer walk and other music."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    folder = tmp_path / "films" / "trip"
    (folder / "parts").mkdir(parents=True)
    git(tmp_path / "films", "init", "-q")
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "parts" / "media.yaml").write_text(MEDIA)
    write_sound(folder / "theme.wav", 1)
    commit(folder, "first")
    git(folder, "tag", "first")
    (folder / "recipe.yaml").write_text(RECIPE.replace("out: 4s", "out: 5s"))
    write_sound(folder / "theme.wav", 2)
    commit(folder, "second")
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def diff(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.exception
    (output,) = json.loads(result.stdout)["outputs"]
    changes = output["changes"]
    assert isinstance(changes, list)
    return changes


def fault(*arguments: str) -> tuple[str, str]:
    result = run(*arguments)
    assert isinstance(result.exception, RecipeError), result.output
    return result.exception.diagnostics[0].code, str(result.exception)


def told(changes: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(change["subject"], change["kinds"]) for change in changes]


BOTH = [("sound", ["replaced"]), ("clip", ["retimed"])]


@pytest.mark.parametrize("trust", ["--trusted", "--untrusted"])
@pytest.mark.parametrize("given", ["first..main", "first..", "first...main"])
def test_a_range_compares_two_revisions(trip: Path, given: str, trust: str) -> None:
    (trip / "recipe.yaml").write_text("what is in the working tree does not count")
    (trip / "parts" / "media.yaml").unlink()
    changes = diff(given, "recipe.yaml", trust)
    assert told(changes) == BOTH
    assert changes[0]["details"] == [{"name": "content of", "old": "theme.wav", "new": "theme.wav"}]
    assert changes[1]["details"][0] == {"name": "out", "old": "4 s", "new": "5 s"}


def test_a_revision_is_compared_with_the_working_tree(trip: Path) -> None:
    assert told(diff("first", "recipe.yaml")) == BOTH
    assert told(diff("HEAD", "recipe.yaml")) == []
    (trip / "recipe.yaml").write_text(RECIPE.replace("out: 2s", "out: 1s"))
    assert ("clip", ["retimed"]) in told(diff("HEAD", "recipe.yaml"))


def test_it_works_from_any_folder(trip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert told(diff("first..main", "films/trip/recipe.yaml")) == BOTH


def test_a_symbolic_link_may_lead_to_the_recipe_s_folder(trip: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(trip)
    assert told(diff("first..main", str(tmp_path / "link" / "recipe.yaml"))) == BOTH
    (tmp_path / "films link").symlink_to(trip.parent)
    assert told(diff("first", str(tmp_path / "films link" / "trip" / "recipe.yaml"))) == BOTH


def test_an_include_is_read_at_the_revision(trip: Path) -> None:
    (trip / "parts" / "media.yaml").write_text(MEDIA.replace("color-bars", "test-pattern"))
    commit(trip, "third")
    assert told(diff("HEAD~1..HEAD", "recipe.yaml")) == [("clip", ["replaced"]), ("clip", ["replaced"])]


def test_media_that_git_does_not_hold_are_those_on_the_disk(trip: Path) -> None:
    git(trip, "rm", "-q", "--cached", "theme.wav")
    (trip / ".gitignore").write_text("*.wav\n")
    commit(trip, "third")
    write_sound(trip / "theme.wav", 3)
    assert told(diff("HEAD", "recipe.yaml")) == []
    assert told(diff("HEAD~1", "recipe.yaml")) == [("sound", ["replaced"])]


def test_media_that_are_gone_from_the_disk_are_taken_out_of_git(trip: Path) -> None:
    (trip / "theme.wav").unlink()
    assert told(diff("first..main", "recipe.yaml")) == BOTH


def test_a_symbolic_link_of_a_revision_leads_where_it_led(trip: Path) -> None:
    shutil.copy(trip / "theme.wav", trip / "loud.wav")
    write_sound(trip / "quiet.wav", 9)
    (trip / "theme.wav").unlink()
    (trip / "theme.wav").symlink_to("loud.wav")
    commit(trip, "third")
    (trip / "theme.wav").unlink()
    (trip / "theme.wav").symlink_to("quiet.wav")
    commit(trip, "fourth")
    assert told(diff("main~2..main~1", "recipe.yaml")) == []
    assert told(diff("main~1..main", "recipe.yaml")) == [("sound", ["replaced"])]


@pytest.mark.parametrize("name", ["theme.wav", "parts/media.yaml", "recipe.yaml", "twice.wav"])
def test_a_link_of_somebody_else_s_revision_does_not_lead_out_of_the_folder(trip: Path, name: str) -> None:
    """Though what it leads to is in git as well."""
    linked = trip / ("theme.wav" if name == "twice.wav" else name)
    outside = trip.parent / "outside"
    linked.rename(outside)
    linked.symlink_to(os.path.relpath(outside, linked.parent))
    if name == "twice.wav":
        linked.rename(trip / "once.wav")
        linked.symlink_to("once.wav")
    commit(trip, "third")
    held = outside.read_bytes()
    linked.unlink()
    linked.write_bytes(held)
    if name.endswith(".wav"):
        write_sound(outside, 8)  # so that it would be copied out of git
    assert told(diff("HEAD..HEAD", "recipe.yaml", "--trusted")) == []
    code, text = fault("HEAD..HEAD", "recipe.yaml", "--untrusted")
    assert code == "outside-of-folder"
    assert "leads out of the recipe's folder" in text


def test_nothing_is_left_behind_and_nothing_written(trip: Path, tmp_path: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "films").rglob("*")}
    diff("first..main", "recipe.yaml")
    fault("first..no-such", "recipe.yaml")
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "films").rglob("*")} == before
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_faults_of_both_sides_are_told_with_their_side(trip: Path) -> None:
    (trip / "recipe.yaml").write_text(RECIPE.replace("out: 2s", "uot: 2s"))
    commit(trip, "third")
    (trip / "recipe.yaml").write_text(RECIPE.replace("src: theme", "src: thene"))
    code, text = fault("HEAD", "recipe.yaml")
    assert code == "unknown-key"
    assert "recipe.yaml:5:27: in the old recipe, recipe.yaml at HEAD: " in text
    assert "recipe.yaml:8:11: in the new recipe, recipe.yaml: " in text


@pytest.mark.parametrize(
    ("text", "status"),
    [(RECIPE, 0), (RECIPE.replace("out: 2s", "out: 1s"), 0), (RECIPE.replace("out: 2s", "out: 0"), 1)],
)
def test_only_faults_change_the_exit_status(
    trip: Path, text: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (trip / "recipe.yaml").write_text(text)
    with pytest.raises(SystemExit) as ended:
        main(["diff", "first", "recipe.yaml"])
    assert ended.value.code == status
    said = capsys.readouterr()
    assert bool(said.out) == (status == 0)
    assert ("in the new recipe, recipe.yaml: " in said.err) == (status == 1)


def test_a_file_of_git_s_is_called_as_in_the_working_tree(trip: Path) -> None:
    (trip / "theme.wav").write_text("no sound at all")
    commit(trip, "third")
    write_sound(trip / "theme.wav", 2)
    code, text = fault("HEAD", "recipe.yaml")
    assert code == "media-unreadable"
    assert str(trip / "theme.wav") in text and "montage-diff" not in text


def test_a_pointer_of_git_lfs_is_the_file_it_stands_for(trip: Path) -> None:
    sound = (trip / "theme.wav").read_bytes()
    oid = hashlib.sha256(sound).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(sound)}\n"
    (trip / "theme.wav").write_text(pointer)
    commit(trip, "third")
    assert fault("HEAD", "recipe.yaml")[0] == "git-lfs-pointer"
    (trip / "theme.wav").write_bytes(sound)
    assert told(diff("HEAD", "recipe.yaml")) == []
    write_sound(trip / "theme.wav", 7)
    assert fault("HEAD", "recipe.yaml")[0] == "git-lfs-pointer"
    stored = trip.parent / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    stored.parent.mkdir(parents=True)
    stored.write_bytes(sound)
    assert told(diff("HEAD", "recipe.yaml")) == [("sound", ["replaced"])]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("no-such..main", "recipe.yaml"), "unknown-revision"),
        (("no-such", "recipe.yaml"), "unknown-revision"),
        (("no-such.yaml", "recipe.yaml"), "unreadable-recipe"),
        (("main", "no-such.yaml"), "unreadable-recipe"),
        (("first..main", "no-such.yaml"), "unreadable-recipe"),
        (("first..main", "no-such/recipe.yaml"), "git-failed"),
    ],
)
def test_what_is_not_there_is_a_fault(trip: Path, arguments: tuple[str, str], code: str) -> None:
    assert fault(*arguments)[0] == code


@pytest.mark.parametrize(("given", "example"), [("my.yaml", "HEAD my.yaml"), ("main..HEAD", "main..HEAD RECIPE")])
def test_one_side_alone_is_answered_with_an_example(given: str, example: str) -> None:
    result = run(given)
    assert result.exit_code == 2
    assert f"`montage-recipe diff {example}`" in result.output


def test_a_revision_that_looks_like_an_option_is_none(trip: Path) -> None:
    assert fault("--", "--output=x..main", "recipe.yaml")[0] == "unknown-revision"


def test_an_include_that_was_not_committed_is_a_fault_at_the_include(trip: Path) -> None:
    (trip / "recipe.yaml").write_text(RECIPE.replace("parts/media.yaml", "parts/more.yaml"))
    git(trip, "commit", "-q", "-a", "-m", "third")
    (trip / "parts" / "more.yaml").write_text(MEDIA)
    code, text = fault("HEAD", "recipe.yaml")
    assert code == "unreadable-include" and "is not in git at HEAD" in text


def test_two_branches_without_a_common_commit_have_no_base(trip: Path) -> None:
    git(trip, "checkout", "-q", "--orphan", "other")
    git(trip, "commit", "-q", "-m", "other")
    assert fault("main...other", "recipe.yaml")[0] == "unknown-revision"


def test_outside_of_a_repository_there_are_no_revisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    assert fault("main", str(tmp_path / "recipe.yaml"))[0] == "no-repository"


def test_without_git_there_are_no_revisions(trip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (trip / "bin").mkdir()
    monkeypatch.setenv("PATH", str(trip / "bin"))
    assert fault("first..main", "recipe.yaml")[0] == "git-missing"


def test_two_files_are_compared_without_git(trip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    (trip / "new.yaml").write_text(RECIPE)
    result = run("recipe.yaml", "new.yaml")
    assert result.exit_code == 0
    assert "clip 2 `walk` retimed: out 5 s → 4 s" in result.stdout


@pytest.mark.ffmpeg
def test_what_is_in_the_store_here_is_counted(trip: Path) -> None:
    (trip / "recipe.yaml").write_text(RECIPE.replace("out: 4s", "out: 3s"))
    jobs = json.loads(run("first", "recipe.yaml", "--format", "json").stdout)["jobs"]
    assert jobs["to_run"] > 0 and jobs["stored"] is None
    build_recipe(trip / "recipe.yaml", settings=load_settings({}), on_event=lambda event: None, stop=threading.Event())
    built = json.loads(run("first", "recipe.yaml", "--format", "json").stdout)["jobs"]
    assert built == {**jobs, "stored": jobs["to_run"]}
