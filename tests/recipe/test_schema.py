"""The JSON schema: derived, committed, strict, and friendly to editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from montage_recipe import derive
from montage_recipe.effects import ALL_EFFECTS
from montage_recipe.generate import ALL_GENERATORS
from montage_recipe.recipe.schema import recipe_schema
from montage_recipe.resources import data_dir
from montage_recipe.transitions import ALL_TRANSITIONS
from tests.recipe.making import codes_of

SCHEMA: dict[str, Any] = recipe_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


@pytest.mark.parametrize("file", derive.derived_files(), ids=lambda file: file.name)
def test_derived_files_say_what_the_code_says(file: Path) -> None:
    assert file not in derive.stale_files(), "run `python -m montage_recipe.derive`"


def test_the_schema_is_draft_07() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_every_mapping_says_what_it_may_hold() -> None:
    def check(schema: Any, place: str) -> None:
        if isinstance(schema, dict):
            if schema.get("type") == "object" and "properties" in schema and "allOf" not in schema:
                assert schema.get("additionalProperties") is False, place
            for name, part in schema.items():
                check(part, f"{place}/{name}")

    check({name: part for name, part in SCHEMA.items() if name != "definitions"}, "#")
    for name, part in SCHEMA["definitions"].items():
        check({key: value for key, value in part.items() if key != "if"}, name)


def test_every_key_has_a_description() -> None:
    for name, record in {"recipe": SCHEMA, **SCHEMA["definitions"]}.items():
        for key, schema in record.get("properties", {}).items():
            assert schema.get("description") or schema.get("$ref") == "#/definitions/include", f"{name}.{key}"


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(SCHEMA)
    names = {part.split('"')[0] for part in text.split("#/definitions/")[1:]}
    assert names <= set(SCHEMA["definitions"])


def test_one_of_is_not_used() -> None:
    assert '"oneOf"' not in json.dumps(SCHEMA)


@pytest.mark.parametrize(
    "recipe",
    [
        {"clips": [{"src": "${a}", "in": "${b}", "speed": "${c}", "fit": "${d}", "volume": "${e}"}]},
        {"clips": [{"src": "a", "transition": {"type": "${a}", "duration": "${b}"}, "effects": [{"denoise": "${x}"}]}]},
        {"clips": [{"src": "a"}], "outputs": [{"file": "${a}.mp4", "crf": "${b}", "canvas": {"size": "${c}"}}]},
        {"clips": [{"src": "a"}], "audio": [{"src": "b", "loop": "${yes}", "start": "${x}"}]},
        {"clips": [{"include": "part.yaml"}], "include": ["a.yaml", "b.yaml"]},
        {"include": "whole.yaml"},
    ],
)
def test_an_editor_marks_no_variable_and_no_include(recipe: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors({"recipe": 1, **recipe})] == []


@pytest.mark.parametrize("effect", ALL_EFFECTS, ids=lambda effect: effect.name)
def test_the_examples_of_an_effect_are_valid(effect: Any) -> None:
    for example in effect.examples:
        recipe = json.dumps({"recipe": 1, "clips": [{"src": "a.mp4", "effects": [example]}]})
        assert codes_of(recipe) == [], example


@pytest.mark.parametrize("generator", ALL_GENERATORS, ids=lambda generator: generator.name)
def test_the_examples_of_a_generator_are_valid(generator: Any) -> None:
    for example in generator.examples:
        recipe = json.dumps({"recipe": 1, "media": {"m": example}, "clips": [{"src": "a.mp4"}]})
        assert codes_of(recipe) == [], example


def test_every_transition_is_valid_as_a_word() -> None:
    clips = [{"src": "a.mp4", "transition": name} for name in ("none", *(t.name for t in ALL_TRANSITIONS))]
    assert codes_of(json.dumps({"recipe": 1, "clips": clips})) == []


def test_checking_the_derived_files_says_whether_they_are_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert derive.main(["--check"]) == 0
    assert derive.main(["--nonsense"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_folder_of_the_schema_is_found() -> None:
    assert (data_dir("schemas") / "recipe.schema.json").is_file()
