"""The ffmpegs that tests of real jobs run on: those of MONTAGE_TEST_FFMPEGS, or the bundled one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from montage_recipe.render.engine import find_engine
from tests.render.factory import engine_at


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        named = os.environ.get("MONTAGE_TEST_FFMPEGS", "").split(os.pathsep)
        metafunc.parametrize("engine", [path for path in named if path] or ["bundled"], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_at(find_engine(None).path if request.param == "bundled" else request.param)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "dist" / "montage.mp4"
