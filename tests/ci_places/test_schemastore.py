"""What SchemaStore asks of a schema and of its entry, as far as it can be known here; the rest is in docs/schemastore.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.ci_places.runner import REPOSITORY

FILE = REPOSITORY / "schemas" / "recipe.schema.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PAGE = (REPOSITORY / "docs" / "schemastore.md").read_text(encoding="utf-8")
ENTRY: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
# What is included only, and no whole recipe, has no line for editors either.
RECIPES = [file for file in sorted((REPOSITORY / "recipes").rglob("*.yaml")) if file.name != "style.yaml"]
NEGATIVE = sorted({name for name in re.findall(r"`([\w-]+\.yaml)`", PAGE) if name != "montage.yaml"})
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

# Of draft-07, and one more that docs/schemastore.md tells of.
KNOWN = set(jsonschema.Draft7Validator.META_SCHEMA["properties"]) | {"patternErrorMessage"}
NAMED = {"properties", "patternProperties", "definitions"}  # their keys are names and not keywords
DATA = {"default", "examples", "enum", "const", "required"}


def schemas(schema: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema within a schema, with its place."""
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from schemas(part, f"{place}/{number}")
    if not isinstance(schema, dict):
        return
    yield place, schema
    for word, value in schema.items():
        if word in NAMED:
            for name, part in value.items():
                yield from schemas(part, f"{place}/{word}/{name}")
        elif word not in DATA:
            yield from schemas(value, f"{place}/{word}")


def test_the_schema_has_a_name_and_is_of_draft_07() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert SCHEMA["$id"] == ENTRY["url"] and SCHEMA["$id"].startswith("https://")
    assert SCHEMA["title"] and SCHEMA["description"] and SCHEMA["type"] == "object"
    assert not FILE.read_bytes().startswith(b"\xef\xbb\xbf")


def test_no_keyword_is_unknown_and_every_reference_is_within() -> None:
    found = dict(schemas(SCHEMA))
    assert len(found) > 200
    for place, schema in found.items():
        assert schema.keys() <= KNOWN, place
        assert "format" not in schema, place
        assert place == "#" or "$id" not in schema, place
        assert schema.get("$ref", "#/").startswith("#/"), place
        for word in ("title", "description"):
            assert not schema.get(word, "").endswith(":"), f"{place}/{word}"


def test_the_entry_has_what_it_needs_tests_and_names_that_are_nobody_else_s() -> None:
    assert len(RECIPES) >= 5 and len(NEGATIVE) >= 10
    assert ENTRY.keys() == {"name", "description", "fileMatch", "url"}
    assert not ENTRY["description"].endswith(".") and "schema" not in ENTRY["description"].lower()
    for name, ours in (
        ("montage.yaml", True),
        ("trip.montage.yml", True),
        ("cake.recipe.yaml", False),
        ("trip.yaml", False),
    ):
        assert any(fnmatch(name, pattern) for pattern in ENTRY["fileMatch"]) is ours


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.name)
def test_our_recipes_are_its_positive_tests(file: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("name", NEGATIVE)
def test_bad_recipes_are_its_negative_tests(name: str) -> None:
    text = (REPOSITORY / "tests" / "golden" / "bad_recipes" / name).read_text(encoding="utf-8")
    assert list(VALIDATOR.iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.name)
def test_the_first_line_of_a_recipe_leads_to_the_schema_without_a_network(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found and (file.parent / found[1]).resolve() == FILE
