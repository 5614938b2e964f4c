"""What sources are expected to take, against what is known of their formats."""

from __future__ import annotations

import pytest

from montage_recipe.jobs.memory import input_memory
from montage_recipe.recipe.values import Size
from tests.facts import clip_media

CANVAS = Size(1920, 1080)


def taken(pixel_format: str, *, depth: int = 8, alpha: bool = False) -> int:
    source = clip_media(width=1920, height=1080, pixel_format=pixel_format, bit_depth=depth, alpha=alpha)
    return input_memory(source, CANVAS)


@pytest.mark.parametrize(
    ("pixel_format", "depth", "times"),
    [
        ("yuvj420p", 8, 1),
        ("nv12", 8, 1),
        ("yuv420p10le", 10, 2),
        ("p010le", 10, 2),
        ("yuv422p", 8, 4 / 3),
        ("yuv422p10le", 10, 8 / 3),
        ("yuv444p12le", 12, 4),
        ("rgba", 8, 8 / 3),
    ],
)
def test_a_source_takes_what_its_format_takes(pixel_format: str, depth: int, times: float) -> None:
    assert taken(pixel_format, depth=depth) == pytest.approx(times * taken("yuv420p"))


def test_transparency_takes_more() -> None:
    """ProRes 4444: eight bytes a pixel, and two pictures of RGB to lay it over the background."""
    assert taken("yuva444p12le", depth=12, alpha=True) > 4 * taken("yuv420p")
