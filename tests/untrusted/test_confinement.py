"""The folder's walls, on opened files; the store of a stranger's recipe; and when a recipe counts as one."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from montage_recipe.cli.main import COMMANDS
from montage_recipe.diagnostics import MontageError, RecipeError
from montage_recipe.pipeline import build_recipe
from montage_recipe.recipe.source import read_recipe
from montage_recipe.render.events import BuildStarted, Event
from montage_recipe.render.store import STORE_FOLDER, USE_LOCK, Store, store_root
from montage_recipe.settings import Settings, load_settings, untrusted_stores
from montage_recipe.titles.fonts import read_font
from montage_recipe.untrusted import Confinement, open_to_read
from tests.endtoend.commands import PROGRAM, environment, montage_recipe
from tests.endtoend.footage import pattern
from tests.engines import ENGINES


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "recipe.yaml"
    file.write_text("recipe: 1\ncanvas: {size: 64x36}\nclips: [{src: take.mp4}]\n")
    return file


@pytest.mark.parametrize("make", (Path.symlink_to, Path.hardlink_to), ids=("symbolic", "hard"))
def test_an_opened_file_is_asked_where_it_lies(make: object, recipe: Path) -> None:
    secret = recipe.parent.parent / "secret"
    secret.write_text("secret")
    assert callable(make)
    make(recipe.parent / "link", secret)
    within = Confinement.around(recipe)
    with pytest.raises(ValueError, match=r"leads out|hard link"):
        open_to_read(recipe.parent / "link", within)
    os.close(open_to_read(recipe, within))


def test_a_link_inside_the_folder_is_followed(recipe: Path) -> None:
    (recipe.parent / "link").symlink_to("recipe.yaml")
    within = Confinement.around(recipe)
    assert within.why_not("link", recipe.parent / "link") == ""
    os.close(open_to_read(recipe.parent / "link", within))


def test_a_recipe_that_is_a_link_to_a_secret_is_not_shown(recipe: Path) -> None:
    secret = recipe.parent.parent / "secret.yaml"
    secret.write_text("CANARY: [unclosed\n")
    linked = recipe.parent / "linked.yaml"
    linked.symlink_to(secret)
    with pytest.raises(RecipeError) as refused:
        read_recipe(linked, untrusted=True)
    assert refused.value.diagnostics[0].code == "outside-of-folder"
    assert "CANARY" not in str(refused.value)


def test_a_font_outside_is_not_read(recipe: Path) -> None:
    (recipe.parent.parent / "a.ttf").write_bytes(b"\0\1\0\0")
    with pytest.raises(ValueError, match="leads out"):
        read_font(recipe.parent.parent / "a.ttf", within=Confinement.around(recipe))


@pytest.mark.ffmpeg
def test_footage_that_is_exchanged_for_a_link_during_the_build_is_not_used(recipe: Path) -> None:
    pattern(recipe.parent / "take.mp4", seconds=1)
    pattern(recipe.parent.parent / "secret.mp4", seconds=1)

    def exchange(event: Event) -> None:
        if isinstance(event, BuildStarted):
            (recipe.parent / "take.mp4").unlink()
            (recipe.parent / "take.mp4").symlink_to("../secret.mp4")

    settings = Settings(untrusted=True, ffmpeg=ENGINES[0].path)
    with pytest.raises(MontageError) as refused:
        build_recipe(recipe, settings=settings, on_event=exchange, stop=threading.Event())
    assert {fault.code for fault in refused.value.diagnostics} <= {"source-changed", "outside-of-folder"}
    assert not (recipe.parent / "dist" / "recipe.mp4").exists()


@pytest.mark.ffmpeg
def test_a_store_that_came_with_the_recipe_is_not_opened(recipe: Path) -> None:
    pattern(recipe.parent / "take.mp4", seconds=1)
    (recipe.parent / STORE_FOLDER).mkdir()
    (recipe.parent / STORE_FOLDER / "index.db").write_text("no database")
    done = montage_recipe(ENGINES[0], "build", recipe, "--untrusted", "--json")
    assert done.status == 0, done.stdout
    assert [entry.name for entry in (recipe.parent / STORE_FOLDER).iterdir()] == ["index.db"]
    root = store_root(Settings(untrusted=True), recipe)
    assert root.is_dir() and not root.is_relative_to(recipe.parent)
    assert store_root(Settings(untrusted=True, cache_dir=recipe.parent / "mine"), recipe) == recipe.parent / "mine"


@pytest.mark.ffmpeg
def test_a_build_removes_the_stores_of_others_that_were_unused_for_long(recipe: Path) -> None:
    pattern(recipe.parent / "take.mp4", seconds=1)
    for name in ("old", "new"):
        with Store.open(untrusted_stores() / name):
            pass
    os.utime(untrusted_stores() / "old" / USE_LOCK, (1, 1))
    assert montage_recipe(ENGINES[0], "build", recipe, "--trusted").status == 0
    assert (untrusted_stores() / "old").exists()
    assert montage_recipe(ENGINES[0], "build", recipe, "--untrusted").status == 0
    kept = {path.name for path in untrusted_stores().iterdir()}
    assert kept == {"new", store_root(Settings(untrusted=True), recipe).name}


@pytest.mark.ffmpeg
def test_a_store_may_be_named_from_where_one_is(recipe: Path) -> None:
    pattern(recipe.parent / "take.mp4", seconds=1)
    done = montage_recipe(ENGINES[0], "build", "recipe.yaml", "--untrusted", "--cache", "../store", cwd=recipe.parent)
    assert done.status == 0, done.stderr
    assert (recipe.parent.parent / "store" / "objects").is_dir()


@pytest.mark.ffmpeg
def test_an_output_that_the_user_names_may_lie_anywhere(recipe: Path) -> None:
    pattern(recipe.parent / "take.mp4", seconds=1)
    elsewhere = recipe.parent.parent / "elsewhere.mp4"
    assert montage_recipe(ENGINES[0], "build", recipe, "--untrusted", "-o", elsewhere).status == 0
    assert elsewhere.stat().st_size > 1000


@pytest.mark.parametrize(
    ("value", "untrusted"),
    (("true", True), ("1", True), ("woodpecker", True), ("", False), ("false", False), ("0", False), ("No", False)),
)
def test_ci_makes_recipes_untrusted(value: str, untrusted: bool, tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    assert load_settings(environment={"CI": value}, file=none).untrusted is untrusted
    assert load_settings({"untrusted": False}, environment={"CI": value}, file=none).untrusted is False
    assert load_settings({"untrusted": True}, environment={"CI": value}, file=none).untrusted is True


def test_the_settings_file_decides_before_ci(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("untrusted = false\n")
    assert load_settings(environment={"CI": "true"}, file=file).untrusted is False


def test_the_default_of_ci_is_said_in_one_line(recipe: Path) -> None:
    in_ci = environment(ENGINES[0]) | {"CI": "true"}

    def said(*words: str | Path) -> str:
        argv = [str(word) for word in (PROGRAM, *words)]
        return subprocess.run(argv, env=in_ci, capture_output=True, text=True, timeout=120, check=False).stderr

    for command in ("validate", "plan", "build"):
        assert said(command, recipe).count("note: CI is set") == 1
        assert "note:" not in said(command, recipe, "--untrusted")
        assert "note:" not in said(command, recipe, "--trusted")


def test_security_names_every_command_that_takes_it() -> None:
    def takes_it(command: click.Command) -> bool:
        return any("--untrusted" in option.opts for option in command.params)

    def commands() -> Iterator[str]:
        for name, (module, _) in COMMANDS.items():
            command = importlib.import_module(module).command
            if not isinstance(command, click.Group):
                if takes_it(command):
                    yield name
                continue
            taking = [inner for inner, one in command.commands.items() if takes_it(one)]
            if taking:
                yield name if len(taking) == len(command.commands) else f"{name} {'|'.join(taking)}"

    text = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"^(`build`.*) take it\.", text, re.MULTILINE)
    assert set(re.findall(r"`([^`]+)`", sentence)) == set(commands())


def test_where_the_store_is_is_told_of_other_people_s_recipes_too(tmp_path: Path, recipe: Path) -> None:
    argv = (str(PROGRAM), "config")

    def store(**more: str) -> str:
        told = subprocess.run(argv, env=environment(ENGINES[0]) | more, capture_output=True, text=True, check=True)
        (line,) = [line for line in told.stdout.splitlines() if line.split()[:1] == ["cache"]]
        return line

    assert ".montage beside the recipe" in store()
    assert f"one for each recipe in {untrusted_stores()}" in store(CI="true")
