"""Footage that several files of tests use, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.engines import ENGINE_IDS, ENGINES
from tests.upscale.hosts.places import Place


@pytest.fixture(params=ENGINES, ids=ENGINE_IDS)
def ffmpeg(request: pytest.FixtureRequest) -> Engine:
    """Each ffmpeg in turn: the one that the product is told to use."""
    engine: Engine = request.param
    return engine


@pytest.fixture(scope="session")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of moving footage of 4 s each: 25.mp4, 30.mp4, 60.mp4 and silent.mp4."""
    folder = tmp_path_factory.mktemp("reel")
    for rate in ("25", "30", "60"):
        footage.pattern(folder / f"{rate}.mp4", seconds=4, rate=rate)
    footage.pattern(folder / "silent.mp4", seconds=4, sound=False)
    return folder


@pytest.fixture(params=["local", "ssh", "cgpu"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Each kind of GPU host in turn, computing on the CPU; named `here`."""
    match request.param:
        case "ssh":
            made = Place.ssh(tmp_path / "host", request.getfixturevalue("sshd"), monkeypatch)
        case "cgpu":
            made = Place.cgpu(tmp_path / "host", monkeypatch)
        case _:
            made = Place.local(tmp_path / "host")
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", made.setting)
    return made
