"""The ffmpegs that tests run on: all in MONTAGE_TEST_FFMPEGS, else the bundled one and the one on PATH."""

from __future__ import annotations

import os
import shutil

from montage_recipe.engine import Engine
from montage_recipe.render.engine import bundled_ffmpeg, find_engine


def engines() -> tuple[Engine, ...]:
    """Never empty: without any ffmpeg the tests fail, they do not skip."""
    if named := os.environ.get("MONTAGE_TEST_FFMPEGS"):
        return tuple(find_engine(path) for path in named.split(os.pathsep))
    found = (str(path) for path in (bundled_ffmpeg(), shutil.which("ffmpeg")) if path)
    return tuple(find_engine(path) for path in found) or (find_engine(None),)


ENGINES = engines()
ENGINE_IDS = tuple(f"ffmpeg-{engine.version[0]}.{engine.version[1]}" for engine in ENGINES)
