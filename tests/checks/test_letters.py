"""Which title reaches too far: each one's letters are measured in the frame that is its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend.commands import montage_recipe
from tests.endtoend.recipes import write_recipe
from tests.engines import ENGINES


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.version_text)
def test_the_title_that_is_too_wide_is_the_one_that_is_told(engine: Engine, tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path,
        [{"src": "moving"}],
        media={"moving": {"generate": "test-pattern", "duration": "1s"}},
        titles=[
            {"text": "Hello", "duration": "0.5s", "fade": 0, "size": "8%"},
            {"text": "Donaudampfschifffahrt", "duration": "0.5s", "fade": 0, "size": "40%"},
        ],
    )
    assert montage_recipe(engine, "build", recipe, "--quiet").status == 0
    done = montage_recipe(engine, "check", recipe, "--json")
    (output,) = json.loads(done.stdout)["outputs"]
    (found,) = [f for check in output["checks"] for f in check["findings"] if f["code"] == "text-outside-safe-area"]
    assert "Donaudampfschifffahrt" in found["message"]


@pytest.mark.ffmpeg
def test_a_limit_that_the_position_breaks_is_not_blamed_on_the_size(tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path,
        [{"src": "moving"}],
        size="640x360",
        media={"moving": {"generate": "test-pattern", "duration": "1s"}},
        titles=[{"text": "Hi", "duration": "1s", "fade": 0, "size": "5%", "position": "lower-third"}],
        checks=[{"safe_area": "10%"}],
    )
    assert montage_recipe(ENGINES[0], "build", recipe, "--quiet").status == 0
    done = montage_recipe(ENGINES[0], "check", recipe, "--json")
    (output,) = json.loads(done.stdout)["outputs"]
    (found,) = [f for check in output["checks"] for f in check["findings"]]
    assert found["message"].endswith("reaches too far to the left")
    assert "`position: lower-third` puts text 5 % from the left, whatever its size" in found["hint"]
