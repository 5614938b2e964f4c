"""A file is published only if it is what was planned."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from montage_recipe.jobs.model import Expected, Job
from montage_recipe.render.process import run
from montage_recipe.render.verify import verify
from tests.render.factory import picture_job, sound_job

pytestmark = pytest.mark.ffmpeg

NTSC = Fraction(30000, 1001)


def make(job: Job, engine: Engine, folder: Path) -> Path:
    finished = run((engine.path, *job.argv), cwd=folder, stop=lambda: False)
    assert finished.status == 0, finished.stderr
    return folder / job.output


def faults(job: Job, file: Path, expected: Expected) -> str:
    return "".join(fault.message for fault in verify(replace(job, expected=expected), file))


def encoded_as(name: str, codec: str) -> Job:
    """50,000 samples of a tone: no whole number of frames for any codec."""
    argv = (
        "-nostdin",
        "-f",
        "lavfi",
        "-i",
        "sine=r=48000",
        "-af",
        "atrim=end_sample=50000",
        "-c:a",
        codec,
        f"file:{name}",
    )
    return replace(sound_job(samples=50000), argv=argv, output=name)


def ntsc_job() -> Job:
    argv = (
        *("-nostdin", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=30000/1001:d=3", "-frames:v", "31", "-c:v", "libx264"),
        *("-video_track_timescale", "30000", "-movie_timescale", "30000", "file:out.mp4"),
    )
    return replace(picture_job(), argv=argv)


def test_a_picture_as_planned_has_no_fault(engine: Engine, tmp_path: Path) -> None:
    """With B-frames, which are stored in another order than they are shown in."""
    file = make(ntsc_job(), engine, tmp_path)
    assert faults(ntsc_job(), file, Expected(frames=31, width=64, height=36, rate=NTSC)) == ""


WRONG = {
    "30 frames": (Expected(frames=30), "31 frames instead of 30"),
    "another size": (Expected(width=64, height=38), "64x36 pixels instead of 64x38"),
    "another rate": (
        Expected(rate=Fraction(30)),
        "frame 1 comes 0.033367 s after the one before instead of 0.033333 s",
    ),
    "sound": (Expected(samples=100), "0 sound streams instead of 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_picture_other_than_planned_is_told(any_engine: Engine, tmp_path: Path, name: str) -> None:
    expected, message = WRONG[name]
    assert message in faults(ntsc_job(), make(ntsc_job(), any_engine, tmp_path), expected)


def test_all_differences_are_told_at_once(any_engine: Engine, tmp_path: Path) -> None:
    told = faults(ntsc_job(), make(ntsc_job(), any_engine, tmp_path), Expected(frames=1, width=2, height=2, samples=3))
    assert told.count("instead of") == 3


@pytest.mark.parametrize("name", ["out.wav", "out.flac", "out.m4a"])
def test_samples_are_counted_exactly_without_the_encoders_padding(engine: Engine, tmp_path: Path, name: str) -> None:
    codec = {"out.wav": "pcm_f32le", "out.flac": "flac", "out.m4a": "aac"}[name]
    job = encoded_as(name, codec)
    file = make(job, engine, tmp_path)
    assert faults(job, file, Expected(samples=50000)) == ""
    assert "50000 samples of sound instead of 49999" in faults(job, file, Expected(samples=49999))
    assert faults(job, file, Expected(samples=49999, sample_tolerance=1)) == ""


@pytest.mark.parametrize("name", ["out.mp4", "out.wav", "out.flac"])
def test_a_torn_file_is_told_wherever_it_is_torn(any_engine: Engine, tmp_path: Path, name: str) -> None:
    job = {"out.mp4": ntsc_job(), "out.wav": encoded_as(name, "pcm_s16le"), "out.flac": encoded_as(name, "flac")}[name]
    expected = Expected(frames=31, rate=NTSC) if name == "out.mp4" else Expected(samples=50000)
    file = make(job, any_engine, tmp_path)
    whole = file.read_bytes()
    for eighth in range(8):
        file.write_bytes(whole[: len(whole) * eighth // 8])
        assert faults(job, file, expected), f"{eighth}/8 of the file passed"


def test_a_missing_file_and_a_file_of_nonsense_are_told(tmp_path: Path) -> None:
    assert "nothing was written" in faults(picture_job(), tmp_path / "absent.mp4", Expected())
    (tmp_path / "nonsense.mp4").write_bytes(os.urandom(4096))
    assert "cannot be read" in faults(picture_job(), tmp_path / "nonsense.mp4", Expected(frames=1))
