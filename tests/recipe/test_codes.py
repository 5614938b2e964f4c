"""Every code a diagnostic can carry is explained, and every explanation belongs to a code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from montage_recipe.codes import ALL_CODES, CODES
from montage_recipe.upscale.causes import CAUSES
from tests.conftest import GOLDEN

PACKAGE = Path(__file__).parents[2] / "montage_recipe"
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|interrupted")
# Functions whose first or second argument is a code.
MAKERS = re.compile(r"_?(fault|fail|refusal|refuse|rule)")


def written_codes(tree: ast.AST) -> Iterator[str]:
    """The codes that a module writes out: as `code=…`, or handed to a function that makes a diagnostic."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        if MAKERS.fullmatch(name):
            given += node.args[: 1 if name.endswith("rule") else 2]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and CODE.fullmatch(value.value):
                yield value.value


def test_every_code_in_the_package_is_explained() -> None:
    unknown = {
        code: str(file.relative_to(PACKAGE))
        for file in sorted(PACKAGE.rglob("*.py"))
        for code in written_codes(ast.parse(file.read_text(encoding="utf-8")))
        if code not in CODES and code not in CAUSES
    }
    assert unknown == {}, "explain them in montage_recipe/codes"


def test_every_code_of_a_golden_is_explained() -> None:
    for file in (GOLDEN / "bad_recipes").glob("*.txt"):
        for code in re.findall(r": (?:error|warning)\[([a-z0-9-]+)\]", file.read_text(encoding="utf-8")):
            assert code in CODES, f"{file.name}: {code}"


def test_no_code_is_explained_twice() -> None:
    assert len(CODES) == len(ALL_CODES)


def test_every_explained_code_is_used_somewhere() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if file.parent.name != "codes"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    composed = {
        f"{what}-{fault}" for what in ("title", "sound") for fault in ("outside", "ends-before-start", "cut-off")
    } | {f"{what}-{order}" for what in ("picture", "sound") for order in ("late", "early")}
    unused = [code for code in CODES if f'"{code}"' not in text and code not in composed]
    assert unused == []


def test_every_code_has_an_explanation_and_a_cure() -> None:
    for code in ALL_CODES:
        assert CODE.fullmatch(code.code), code
        assert code.title and code.explanation.endswith((".", "?")) and code.cure, code
