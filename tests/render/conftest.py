"""The ffmpegs that tests of real jobs run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.engines import ENGINE_IDS, ENGINES


@pytest.fixture(params=ENGINES, ids=ENGINE_IDS)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each ffmpeg, for what depends on its version."""
    assert isinstance(request.param, Engine)
    return request.param


@pytest.fixture
def any_engine() -> Engine:
    """One ffmpeg, for what depends on us alone."""
    return ENGINES[0]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "dist" / "montage.mp4"
