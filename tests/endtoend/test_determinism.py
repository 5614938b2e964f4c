"""The same recipe gives the same bytes, wherever it lies and however many processes make it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe

pytestmark = pytest.mark.ffmpeg


def write_montage(folder: Path, reel: Path) -> Path:
    """A bit of everything: generated footage, a still, a title, music and a loudness."""
    folder.mkdir(parents=True)
    for name in ("25.mp4", "60.mp4"):
        shutil.copy(reel / name, folder)
    footage.photo(folder / "still.png")
    clips: list[Entry] = [
        {"src": "25.mp4", "in": 0.3, "duration": 1},
        {"src": "still.png", "duration": 1, "transition": crossfade("0.3s"), "fit": "blur"},
        {"src": "60.mp4", "duration": 1.2, "speed": 1.5, "transition": {"type": "dissolve", "duration": "0.3s"}},
        {"src": "aurora", "duration": 1, "effects": ["grayscale"]},
        {"src": "25.mp4", "in": 2, "duration": 1, "effects": ["vignette", {"blur": "1%"}]},
    ]
    return write_recipe(
        folder,
        clips,
        fps="30000/1001",
        media={
            "aurora": {"generate": "aurora", "duration": 1},
            "tune": {"generate": "tune", "duration": 2},
        },
        titles=[{"text": "Twice the same", "start": 0.5, "duration": 3}],
        audio=[{"src": "tune", "loop": True, "volume": "-6dB", "fade_out": 1}],
        loudness={"integrated": -16},
    )


def test_one_job_and_four_jobs_in_different_folders_make_the_same_bytes(
    ffmpeg: Engine, reel: Path, tmp_path: Path
) -> None:
    one, four = write_montage(tmp_path / "one", reel), write_montage(tmp_path / "another folder" / "four", reel)
    alone, together = build(ffmpeg, one, "--jobs", "1"), build(ffmpeg, four, "--jobs", "4")
    assert alone.ran == together.ran
    assert sum(alone.ran.values()) == 8
    assert movie(one).read_bytes() == movie(four).read_bytes()
