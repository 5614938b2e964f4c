"""Animations begin anew for as long as their clip lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build
from tests.endtoend.measuring import color_at
from tests.endtoend.recipes import LOSSLESS, movie, write_recipe

pytestmark = pytest.mark.ffmpeg


@pytest.mark.parametrize(
    ("name", "form"),
    [("loop.gif", ("-loop", "0")), ("loop.apng", ("-plays", "0")), ("loop.png", ("-plays", "0", "-f", "apng"))],
)
def test_an_animation_runs_on(ffmpeg: Engine, tmp_path: Path, name: str, form: tuple[str, ...]) -> None:
    animation = "color=red:s=160x90:r=10:d=0.5[a];color=blue:s=160x90:r=10:d=0.5[b];[a][b]concat,format=rgb24[v]"
    footage.ffmpeg("-filter_complex", animation, "-map", "[v]", *form, tmp_path / name)
    recipe = write_recipe(tmp_path, [{"src": name, "duration": 3}], encoding=LOSSLESS)
    build(ffmpeg, recipe)
    for second in range(3):
        red, _, blue = color_at(ffmpeg, movie(recipe), second + 0.2)
        assert red > 200 > 50 > blue
        red, _, blue = color_at(ffmpeg, movie(recipe), second + 0.7)
        assert blue > 200 > 50 > red
