"""`montage-recipe cache` looks at the store and makes it smaller."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from montage_recipe.cli.cache import command
from montage_recipe.diagnostics import StoreError
from montage_recipe.render.store import Store
from tests.render.factory import key_of


def filled(root: Path) -> Path:
    with Store.open(root) as store:
        for number in range(3):
            with store.run_folder() as run:
                file = run.path / "out.mp4"
                file.write_bytes(b"x" * 1000)
                store.publish(key_of(number), file)
    return root


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
