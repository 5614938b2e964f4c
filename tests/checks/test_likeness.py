"""Frames and references that are the opposite of what is wanted: their SSIM is below 0, and counts as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.commands import build, montage_recipe
from tests.endtoend.footage import ffmpeg
from tests.endtoend.recipes import Entry, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg
ENGINE = ENGINES[0]
# Ten ramps side by side, each brighter from left to right.
_RAMPS = "color=black:s=160x90:r=30:d=1,format=yuv420p,geq=lum='60+9*mod(X,16)':cb=128:cr=128"
_LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p")


def _recipe(folder: Path, check: Entry) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ramps.mp4", "wanted.mp4"):
        ffmpeg("-f", "lavfi", "-i", _RAMPS, *_LOSSLESS, folder / name, engine=ENGINE)
    recipe = write_recipe(folder, [{"src": "ramps.mp4"}], checks=[check, {"frozen": "off"}])
    build(ENGINE, recipe)
    return recipe


def _changed(film: Path, filters: str) -> Path:
    file = film.with_name("changed.mp4")
    ffmpeg("-i", film, "-vf", filters, *_LOSSLESS, "-c:a", "copy", file, engine=ENGINE)
    return file


def _findings(recipe: Path, film: Path, code: str) -> list[dict[str, Any]]:
    done = montage_recipe(ENGINE, "check", recipe, "-o", film, "--json")
    (output,) = json.loads(done.stdout)["outputs"]
    return [f for check in output["checks"] for f in check["findings"] if f["code"] in (code, "golden-unusable")]


def test_a_mirrored_frame_differs_from_its_golden(tmp_path: Path) -> None:
    recipe = _recipe(tmp_path, {"frame": "0.5s", "golden": "golden/half.png"})
    assert montage_recipe(ENGINE, "check", recipe, "--update").status == 0
    (found,) = _findings(recipe, _changed(movie(recipe), "hflip"), "frame-differs")
    assert found["code"] == "frame-differs"
    assert re.search(r"SSIM -0\.\d{4} instead of 0\.98", found["message"])


def test_a_negated_part_counts_and_its_worst_frame_is_told(tmp_path: Path) -> None:
    """From frame 12 on all are below 0; those that are darker as well are nearer to it than frame 17."""
    recipe = _recipe(tmp_path, {"reference": "wanted.mp4"})
    filters = "negate=components=y:enable='gte(n,12)',eq=brightness=-0.2:enable='gte(n,12)*not(eq(n,17))'"
    (found,) = _findings(recipe, _changed(movie(recipe), filters), "reference-differs")
    score = re.search(r"SSIM (-?[0-9.]+) instead of 0\.98", found["message"])
    assert score
    assert float(score[1]) < 0.4  # 12 frames of 30 are alike
    assert "the worst frame is at 0:00.57," in found["message"]
    assert re.search(r"with -0\.\d+$", found["message"])
