"""The jobs that have clips enlarged: what they count for, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from montage_recipe.jobs.upscaling import upscaled_clips
from tests.facts import clip_media
from tests.timeline.making import timeline_of


@pytest.mark.parametrize(
    ("size", "rate", "weight"),
    [((1920, 1080), 25, 25.92), ((640, 400), 50, 6.4), ((80, 48), 25, 1.0)],
    ids=["large", "middling", "tiny"],
)
def test_an_upscaling_counts_by_its_pixels(size: tuple[int, int], rate: int, weight: float) -> None:
    media = clip_media("a.mp4", width=size[0], height=size[1], rate=Fraction(rate))
    timeline = timeline_of("clips:\n  - {src: a.mp4, upscale: {factor: 2}}\n", facts={"a.mp4": media})
    assert upscaled_clips(timeline)[0].job.weight == pytest.approx(weight)
