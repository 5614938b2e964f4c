from __future__ import annotations

from typing import Any

import pytest

from montage_recipe.graph.normalise import fits_already
from montage_recipe.recipe.values import Size
from tests.facts import video_facts


def test_a_picture_like_the_canvas_stays_as_it_is() -> None:
    assert fits_already(video_facts(), Size(320, 180))


@pytest.mark.parametrize(
    "facts",
    [
        {"upright": False},
        {"upright": False, "rotation": 180},
        {"primaries": "bt2020"},
        {"primaries": "smpte432"},
        {"transfer": "arib-std-b67"},
        {"full_range": True},
        {"pixel_format": "yuv422p"},
    ],
    ids=repr,
)
def test_a_picture_that_players_show_otherwise_does_not(facts: dict[str, Any]) -> None:
    assert not fits_already(video_facts(**facts), Size(320, 180))
