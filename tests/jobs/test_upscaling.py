"""The jobs that have clips enlarged: what they count for, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from montage_recipe.diagnostics import RecipeError
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


@pytest.mark.parametrize(
    ("width", "cure"), [(5000, "write `factor: 3`, the largest that fits"), (9000, "leave `upscale` out; ffmpeg")]
)
def test_where_the_result_would_be_too_large_the_factor_that_fits_is_named(width: int, cure: str) -> None:
    facts = {"a.mp4": clip_media("a.mp4", width=width, height=2000)}
    timeline = timeline_of("clips:\n  - {src: a.mp4, upscale: {factor: 4}}\n", facts=facts)
    with pytest.raises(RecipeError, match="larger than 16384 pixels") as caught:
        upscaled_clips(timeline)
    assert caught.value.diagnostics[0].hint.startswith(cure)
