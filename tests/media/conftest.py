"""The odd sources, each made once a session and only when a test asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.engines import ENGINE_IDS, ENGINES
from tests.media.odd_sources import ODD_SOURCES, build

OddFile = Callable[[str], Path]


class DictMemo(dict[str, str]):
    """A memo that lasts as long as the test."""

    def put(self, key: str, value: str) -> None:
        self[key] = value


@pytest.fixture(params=ENGINES, ids=ENGINE_IDS)
def ffmpeg(request: pytest.FixtureRequest) -> Engine:
    """Each ffmpeg in turn."""
    engine: Engine = request.param
    return engine


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> OddFile:
    """`odd("vfr.mp4")` is that source's file. The first engine makes them all."""
    folder = tmp_path_factory.mktemp("odd")
    sources = {source.name: source for source in ODD_SOURCES}
    made: dict[str, Path] = {}

    def file(name: str) -> Path:
        if name not in made:
            made[name] = build(sources[name], ENGINES[0].path, folder)
        return made[name]

    return file
