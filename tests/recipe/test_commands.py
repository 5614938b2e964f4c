"""The commands validate, schema and explain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from montage_recipe.cli import explain, schema, validate
from montage_recipe.codes import CODES
from montage_recipe.effects import EFFECTS
from montage_recipe.generate import GENERATORS
from montage_recipe.profiles import PROFILES
from montage_recipe.transitions import TRANSITIONS

GOOD = "recipe: 1\nclips: [{src: a.mp4}]\n"
BAD = "recipe: 1\nclips: [{src: a.mp4, fit: covr}]\n"


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").touch()
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def explained(*words: str) -> Result:
    return CliRunner().invoke(explain.command, words)


def test_good_recipes_end_with_status_0(recipes: Path) -> None:
    result = CliRunner().invoke(validate.command, ["good.yaml"])
    assert (result.exit_code, result.output) == (0, "good.yaml: no faults\n")


def test_one_bad_recipe_among_several_ends_with_status_1(recipes: Path) -> None:
    result = CliRunner().invoke(validate.command, ["good.yaml", "bad.yaml", "missing.yaml"])
    assert result.exit_code == 1
    for text in ("good.yaml: no faults", "bad.yaml: 1 error", "missing.yaml: 1 error", "error[unreadable-recipe]"):
        assert text in result.output


def test_without_media_files_are_not_looked_for(recipes: Path) -> None:
    (recipes / "a.mp4").unlink()
    assert CliRunner().invoke(validate.command, ["good.yaml"]).exit_code == 1
    assert CliRunner().invoke(validate.command, ["good.yaml", "--no-media"]).exit_code == 0


def test_json_names_every_file_and_every_fault(recipes: Path) -> None:
    result = CliRunner().invoke(validate.command, ["good.yaml", "bad.yaml", "--format", "json"])
    data = json.loads(result.output)
    assert (data["ok"], data["files"], [fault["code"] for fault in data["diagnostics"]]) == (
        False,
        ["good.yaml", "bad.yaml"],
        ["unknown-word"],
    )


def test_github_gets_one_line_for_each_fault(recipes: Path) -> None:
    result = CliRunner().invoke(validate.command, ["bad.yaml", "--format", "github"])
    assert result.output == (
        "::error file=bad.yaml,line=2,col=27,endColumn=31,title=unknown-word::"
        "`fit` cannot be `covr`%0Ahelp: did you mean `cover`?\n"
    )


def test_the_schema_is_printed_and_written(tmp_path: Path) -> None:
    printed = CliRunner().invoke(schema.command, []).output
    assert json.loads(printed)["$schema"] == "http://json-schema.org/draft-07/schema#"
    file = tmp_path / "new" / "recipe.schema.json"
    assert CliRunner().invoke(schema.command, ["--output", str(file)]).exit_code == 0
    assert file.read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("word", [*CODES, *EFFECTS, *TRANSITIONS, *GENERATORS, *PROFILES])
def test_every_name_is_explained(word: str) -> None:
    result = explained(word)
    assert result.exit_code == 0
    assert word in result.output.splitlines()[0] or f"\n\n{word}" in result.output


@pytest.mark.parametrize("word", ["in", "clip.in", "clips.in", "true_peak", "size", "clip", "recipe", "time"])
def test_keys_and_kinds_are_explained(word: str) -> None:
    assert explained(word).exit_code == 0


@pytest.mark.parametrize("group", ["keys", "kinds", "effects", "transitions", "generators", "profiles", "codes"])
def test_every_group_is_listed(group: str) -> None:
    result = explained(group)
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4
    assert group in explained().output


def test_ffmpegs_name_of_a_transition_leads_to_ours() -> None:
    assert "dip-to-black" in explained("fadeblack").output


def test_an_unknown_word_gets_a_suggestion_and_the_status_of_wrong_usage() -> None:
    result = explained("crosfade")
    assert result.exit_code == 2
    assert "did you mean `crossfade`?" in result.output


@pytest.mark.parametrize("module", ["validate", "schema", "explain", "show"])
def test_commands_load_quickly_because_what_is_heavy_comes_later(module: str) -> None:
    code = (
        f"import sys, montage_recipe.cli.{module}; "
        "print([name for name in ('jsonschema', 'yaml', 'av', 'rich', 'fontTools') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
