"""Footage and sound that ffmpeg makes by itself, so that a recipe can be built before there is any footage."""

from __future__ import annotations

from montage_recipe.generate import (
    aurora,
    bokeh,
    clicks,
    clouds,
    color_bars,
    hills,
    sea,
    silk,
    test_pattern,
    tone,
    tune,
)
from montage_recipe.generate.spec import Generator

ALL_GENERATORS: tuple[Generator, ...] = (
    aurora.GENERATOR,
    bokeh.GENERATOR,
    clicks.GENERATOR,
    clouds.GENERATOR,
    color_bars.GENERATOR,
    hills.GENERATOR,
    sea.GENERATOR,
    silk.GENERATOR,
    test_pattern.GENERATOR,
    tone.GENERATOR,
    tune.GENERATOR,
)
GENERATORS = {generator.name: generator for generator in ALL_GENERATORS}
