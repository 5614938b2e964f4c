"""The ffmpegs that tests run on: all in MONTAGE_TEST_FFMPEGS, else the bundled one and the one on PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable
from typing import Any

import pytest

from montage_recipe.engine import Engine
from montage_recipe.render.engine import bundled_ffmpeg, find_engine


def engines() -> tuple[Engine, ...]:
    """Never empty: without any ffmpeg the tests fail, they do not skip; in CI, without two different ones."""
    if named := os.environ.get("MONTAGE_TEST_FFMPEGS"):
        return tuple(find_engine(path) for path in named.split(os.pathsep))
    paths = (str(path) for path in (bundled_ffmpeg(), shutil.which("ffmpeg")) if path)
    found = tuple(find_engine(path) for path in paths) or (find_engine(None),)
    if os.environ.get("CI") and len({engine.build_id for engine in found}) < 2:
        raise RuntimeError(
            f"CI tests on two ffmpegs, and here is only {found[0].path}: install one on PATH, or name in "
            f"MONTAGE_TEST_FFMPEGS those to test on"
        )
    return found


ENGINES = engines()
ENGINE_IDS = tuple(f"ffmpeg-{engine.version[0]}.{engine.version[1]}" for engine in ENGINES)


def on_engines(values: Iterable[object], *, elsewhere: Collection[object]) -> list[Any]:
    """Parameters (engine, value): all values on the first engine, those of `elsewhere` on the others too."""
    return [
        pytest.param(engine, value, id=f"{name}-{value}")
        for engine, name in zip(ENGINES, ENGINE_IDS, strict=True)
        for value in values
        if engine is ENGINES[0] or value in elsewhere
    ]
