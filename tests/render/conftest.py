"""The ffmpegs that tests of real jobs run on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
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


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of 1 MB, or of the size that the test asks for, where this machine lets us have one."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(
        (mount, "-t", "tmpfs", "-o", f"size={getattr(request, 'param', '1m')}", "tmpfs", str(place)), check=False
    ).returncode:
        pytest.skip("this machine does not let root mount a disk")
    try:
        yield place
    finally:
        subprocess.run(("umount", str(place)), check=True)
