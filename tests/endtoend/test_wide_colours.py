"""Footage with colours that BT.709 has not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build, montage_recipe
from tests.endtoend.measuring import color_at
from tests.endtoend.recipes import LOSSLESS, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg

RED = (200, 60, 40)


def wide(file: Path, primaries: str, matrix: str, *, full: bool) -> Path:
    """RED as a file with these primaries stores it."""
    level = "full" if full else "limited"
    given = "zscale=tin=bt709:pin=bt709:min=gbr:rin=full"
    stored = f"{given}:t=bt709:p={primaries}:m={matrix}:r={level},format=yuv420p"
    tags = ("-color_primaries", primaries, "-colorspace", matrix, "-color_trc", "bt709")
    source = f"color=0x{bytes(RED).hex()}:s=160x90:r=30:d=1,format=gbrp,{stored}"
    footage.ffmpeg(
        "-f", "lavfi", "-i", source, *footage.X264, *tags, "-color_range", "pc" if full else "tv", "-qp", "0", file
    )
    return file


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize(
    ("primaries", "matrix"), [("smpte432", "bt709"), ("smpte432", "smpte170m"), ("bt2020", "bt2020nc")]
)
def test_a_colour_stays_what_it_is(ffmpeg: Engine, tmp_path: Path, primaries: str, matrix: str, full: bool) -> None:
    wide(tmp_path / "red.mp4", primaries, matrix, full=full)
    recipe = write_recipe(tmp_path, [{"src": "red.mp4"}], encoding=LOSSLESS)
    build(ffmpeg, recipe)
    shown = color_at(ffmpeg, movie(recipe), 0.5)
    assert max(abs(a - b) for a, b in zip(shown, RED, strict=True)) <= 5, shown


def test_an_ffmpeg_that_cannot_convert_them_is_refused(tmp_path: Path) -> None:
    poor = tmp_path / "ffmpeg"
    poor.write_text(f"#!/bin/sh\n'{ENGINES[0].path}' \"$@\" | sed '/ zscale /d'\n")
    poor.chmod(0o755)
    wide(tmp_path / "red.mp4", "smpte432", "bt709", full=False)
    recipe = write_recipe(tmp_path, [{"src": "red.mp4"}])
    done = montage_recipe(replace(ENGINES[0], path=str(poor)), "build", recipe, "--json")
    assert (done.status, done.codes) == (1, ["engine-lacks-feature"])
    assert not movie(recipe).exists()
