"""Pairs of recipes under tests/golden/diffs, and exactly what is said of each: NAME.old.yaml and NAME.new.yaml, with
NAME.old.part.yaml and NAME.new.part.yaml where they include `part.yaml`."""

from __future__ import annotations

import json

import pytest

from montage_recipe.diff.formats import as_data, as_markdown, as_text
from montage_recipe.diff.model import Film, RecipeDiff
from tests.conftest import GOLDEN, Golden
from tests.diff.making import diff_of, films

NAMES = sorted(file.name.removesuffix(".old.yaml") for file in (GOLDEN / "diffs").glob("*.old.yaml"))
FORMATS = ("txt", "md", "json")


def side(name: str, which: str) -> list[Film]:
    def text(part: str) -> str:
        return (GOLDEN / "diffs" / f"{name}.{which}{part}.yaml").read_text(encoding="utf-8")

    others = {"part": text(".part")} if "part.yaml" in text("") else {}
    return films(text(""), None, **others)


def pair(name: str) -> RecipeDiff:
    return diff_of(side(name, "old"), side(name, "new"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_a_pair(name: str, golden: Golden) -> None:
    diff = pair(name)
    golden.check(f"diffs/{name}.txt", as_text(diff))
    golden.check(f"diffs/{name}.md", as_markdown(diff))
    golden.check(f"diffs/{name}.json", json.dumps(as_data(diff), ensure_ascii=False, indent=2) + "\n")


def test_there_is_no_golden_that_nothing_checks(golden: Golden) -> None:
    recipes = {f"diffs/{name}.{which}.yaml" for name in NAMES for which in ("old", "new")}
    parts = {f"diffs/include-changed.{which}.part.yaml" for which in ("old", "new")}
    golden.check_no_orphans("diffs/*", recipes | parts | {f"diffs/{name}.{form}" for name in NAMES for form in FORMATS})
