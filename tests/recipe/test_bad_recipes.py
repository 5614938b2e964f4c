"""Every kind of broken recipe, and exactly what its author is told."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from montage_recipe.cli.validate import command
from tests.conftest import GOLDEN, Golden

FOLDER = GOLDEN / "bad_recipes"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
ONLY_WARNINGS = {"warnings"}


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_recipe_is_answered_with_its_golden(
    name: str, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    result = CliRunner().invoke(command, [f"{name}.yaml"])
    assert result.exit_code == (0 if name in ONLY_WARNINGS else 1)
    golden.check(f"bad_recipes/{name}.txt", result.output)


def test_every_answer_belongs_to_a_broken_recipe(golden: Golden) -> None:
    golden.check_no_orphans("bad_recipes/*.txt", {f"bad_recipes/{name}.txt" for name in NAMES})


def test_there_are_many_kinds_of_broken_recipe() -> None:
    assert len(NAMES) >= 35


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_has_a_place_and_a_cure(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    faults = text.split("\n\n")[:-1]
    assert faults
    for fault in faults:
        assert fault.splitlines()[0].count(":") >= 3, fault
        assert "\n  help: " in fault, fault


def test_answers_name_no_path_of_this_machine() -> None:
    for file in FOLDER.glob("*.txt"):
        assert os.fspath(FOLDER.parent) not in file.read_text(encoding="utf-8"), file.name
