"""Every recipe under recipes/ compiles, and is built: those that take long by the README's own command in CI."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from montage_recipe.compiler import compile_recipe
from tests.endtoend.commands import build
from tests.engines import ENGINES

RECIPES = Path(__file__).parents[2] / "recipes"
EXAMPLES = sorted(file.name for file in RECIPES.glob("*.yaml"))
BUILT_BY_THE_README = {"quickstart.yaml"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_compiles(name: str) -> None:
    for compiled in compile_recipe(RECIPES / name, engine=ENGINES[0]):
        assert compiled.plan.frames > 0
        assert compiled.warnings == ()


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - BUILT_BY_THE_README))
def test_an_example_builds(name: str, tmp_path: Path) -> None:
    shutil.copytree(RECIPES, tmp_path / "recipes", ignore=shutil.ignore_patterns("dist", ".montage"))
    build(ENGINES[0], tmp_path / "recipes" / name)
    assert list((tmp_path / "recipes" / "dist").glob("*.mp4"))
