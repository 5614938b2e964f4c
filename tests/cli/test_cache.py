"""`montage-recipe cache` looks at the store and makes it smaller."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from montage_recipe.cli.cache import command
from montage_recipe.diagnostics import StoreError
from montage_recipe.render.store import Store
from montage_recipe.settings import untrusted_store, untrusted_stores
from montage_recipe.wording import format_size
from tests.render.factory import key_of


def filled(root: Path) -> Path:
    with Store.open(root) as store:
        for number in range(3):
            with store.run_folder() as run:
                file = run.path / "out.mp4"
                file.write_bytes(b"x" * 1000)
                store.publish(key_of(number), file)
    return root


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stores of other people's recipes are."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return untrusted_stores()


def used_days_ago(root: Path, days: float) -> None:
    then = time.time() - days * 24 * 3600
    os.utime(root / "use.lock", (then, then))


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_info_says_where_and_how_much(tmp_path: Path) -> None:
    root = filled(tmp_path / "store")
    result = invoke("info", "--cache", root, "--json")
    said = json.loads(result.output)
    assert (said["store"], said["objects"], said["bytes"]) == (str(root), 3, 3000)
    assert "3 objects, 2.93 KB of at most 20 GB" in invoke("info", "--cache", root).output


def test_the_store_is_beside_the_recipe(tmp_path: Path) -> None:
    filled(tmp_path / ".montage")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("recipe: 1\n")
    assert json.loads(invoke("info", recipe, "--json").output)["objects"] == 3


def test_prune_keeps_what_fits(tmp_path: Path) -> None:
    root = filled(tmp_path / "store")
    said = json.loads(invoke("prune", "--cache", root, "--to", "1500", "--json").output)
    assert (said["removed"], said["objects"], said["bytes"]) == ({"files": 2, "bytes": 2000}, 1, 1000)


def test_clear_keeps_nothing(tmp_path: Path) -> None:
    root = filled(tmp_path / "store")
    assert "removed 3 files (2.93 KB), kept 0 (0 B)" in invoke("clear", "--cache", root).output


def test_looking_at_a_store_that_is_not_there_does_not_make_one(tmp_path: Path) -> None:
    for name in ("info", "prune", "clear"):
        assert invoke(name, "--cache", tmp_path / "store").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_use_is_not_cleared(tmp_path: Path) -> None:
    root = filled(tmp_path / "store")
    with Store.open(root):
        result = invoke("clear", "--cache", root)
    assert isinstance(result.exception, StoreError)
    assert result.exception.diagnostics[0].code == "store-busy"


def test_a_size_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    result = invoke("prune", "--to", "huge")
    assert result.exit_code == 2
    assert "is not a size" in result.output


def test_the_store_of_somebody_else_s_recipe_is_found_and_cleared(tmp_path: Path, home: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("recipe: 1\n")
    root = filled(untrusted_store(recipe))
    assert root.parent == home
    assert json.loads(invoke("info", recipe, "--untrusted", "--json").output)["objects"] == 3
    beside = invoke("info", recipe)
    assert "0 objects" in beside.output
    assert f"1 stores of other people's recipes, {format_size(size_of(root))}: {home}" in beside.output
    assert json.loads(invoke("prune", recipe, "--untrusted", "--to", "1000", "--json").output)["objects"] == 1
    assert "removed 1 files" in invoke("clear", recipe, "--untrusted").output
    assert json.loads(invoke("info", recipe, "--json").output)["untrusted"]["stores"] == 1


def size_of(root: Path) -> int:
    return sum(file.stat().st_size for file in root.rglob("*") if file.is_file())


def test_stores_of_other_people_s_recipes_go_when_they_were_unused_for_long(home: Path) -> None:
    for name, days in (("old", 31), ("new", 29), ("in use", 31)):
        used_days_ago(filled(home / name), days)
    with Store.open(home / "in use"):
        used_days_ago(home / "in use", 31)
        said = json.loads(invoke("prune", "--untrusted", "--json").output)
        assert (said["removed"]["stores"], said["stores"]) == (1, 2)
        assert {path.name for path in home.iterdir()} == {"new", "in use"}
        assert "removed 1 stores" in invoke("clear", "--untrusted").output
    assert invoke("info", "--untrusted").output.startswith("1 stores of other people's recipes, ")
    assert invoke("prune", "--untrusted", "--to", "5G").exit_code == 2


def test_a_store_that_is_looked_at_counts_as_used(home: Path) -> None:
    used_days_ago(filled(home / "one"), 31)
    with Store.open(home / "one"):
        pass
    assert json.loads(invoke("prune", "--untrusted", "--json").output)["stores"] == 1
