"""How long a montage may last, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.compiler import compile_recipe
from montage_recipe.diagnostics import RecipeError
from montage_recipe.settings import Settings
from tests.endtoend import footage
from tests.engines import ENGINES

RECIPE = """recipe: 1
canvas: {size: 320x180}
clips:
  - {src: still.png, duration: 2s}
  - {src: still.png, duration: "%s"}
outputs: [{file: film.mp4}]
"""


@pytest.mark.parametrize(
    ("lasts", "untrusted", "fault"),
    [
        ("3:59:00", True, ""),
        ("4:00:00", True, "4 hours are the most for somebody else's recipe"),
        ("4:00:00", False, ""),
        ("100:00:00", False, "12 hours are the most"),
    ],
)
def test_the_clip_that_makes_a_montage_too_long_is_named(
    tmp_path: Path, lasts: str, untrusted: bool, fault: str
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE % lasts)
    footage.ffmpeg("-f", "lavfi", "-i", "color=s=64x36", "-frames:v", "1", tmp_path / "still.png")
    settings = Settings(untrusted=untrusted)
    if not fault:
        compile_recipe(recipe, engine=ENGINES[0], settings=settings)
        return
    with pytest.raises(RecipeError) as refused:
        compile_recipe(recipe, engine=ENGINES[0], settings=settings)
    first = refused.value.diagnostics[0]
    assert (first.code, first.path) == ("output-too-long", ("clips", 1))
    assert first.message.endswith(fault)
