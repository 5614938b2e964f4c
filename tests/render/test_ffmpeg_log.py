"""Messages of ffmpeg become faults with a place in the recipe and a cure."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from montage_recipe.diagnostics import RecipePath, Severity
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import FileInput, Job, JobInput
from montage_recipe.render.ffmpeg_log import blamed_parts, damage, diagnose, without_levels
from montage_recipe.render.process import Ending, Finished, run
from tests.processes import children
from tests.render.factory import picture_job

AT = ("clips", 1, "effects", 0)
JOB = replace(
    picture_job(3, origins=(("clips_1_effects_0", AT),)),
    inputs=(
        FileInput(name="in0", file="/footage/a b.mp4", fingerprint=""),
        FileInput(name="in01", file="/footage/c.mp4", fingerprint=""),
        JobInput(name="v0.mp4", key="0"),
    ),
)


def ended(stderr: str, status: int = 1, ending: Ending = Ending.EXITED) -> Finished:
    return Finished(status=status, ending=ending, stderr=stderr, peak_rss_bytes=0, cpu_s=0.0, wall_s=0.0)


# What ffmpeg 5.1 and 9.0 wrote, shortened; the code and the place they must give.
LOGS = {
    "a filter that refuses its size, 5.1": (
        "[info] Stream mapping:\n"
        "[crop@clips_1_effects_0 @ 0x55824b93e880] [error] Invalid too big or non positive size for width '100'\n"
        "[crop@clips_1_effects_0 @ 0x55824b93e880] [error] Failed to configure input pad on crop@clips_1_effects_0\n"
        "[error] Error reinitializing filters!\n[fatal] Error while processing the decoded data for stream #0:0\n",
        1,
        ("ffmpeg-failed", AT),
    ),
    "a file that a filter misses, 9.0": (
        "[lut3d@clips_1_effects_0 @ 0x55b444be7c80] [error] warm.cube: No such file or directory\n"
        "[AVFilterGraph @ 0x55b444be76c0] [error] Error initializing filters\n[fatal] Error : No such file or directory\n",
        254,
        ("no-such-file", AT),
    ),
    "a decoder's complaint before the filter that fails": (
        "[h264 @ 0x55eee20d6840] [error] error while decoding MB 3 0, bytestream 292\n"
        "[crop@clips_1_effects_0 @ 0x5582] [error] Invalid too big or non positive size for width '100'\n",
        234,
        ("ffmpeg-failed", AT),
    ),
    "an encoder that is not built in": ("[fatal] Unknown encoder 'libnope'\n", 1, ("encoder-missing", ("clips", 3))),
    "a filter that is not built in": (
        "[AVFilterGraph @ 0x5609911e9cc0] [error] No such filter: 'nope'\n",
        1,
        ("filter-missing", ("clips", 3)),
    ),
    "a full disk": (
        "[out#0/mp4 @ 0x5626e4788dc0] [error] Error writing trailer: No space left on device\n",
        228,
        ("disk-full", ("clips", 3)),
    ),
    "a full disk and status 0, as 5.1 does for FLAC": (
        "[error] Error writing trailer of out.flac: No space left on device\n",
        0,
        ("disk-full", ("clips", 3)),
    ),
    "a file too large for the limits": ("", -25, ("disk-full", ("clips", 3))),
    "killed, but not for lack of memory": ("[info] Stream mapping:\n", -9, ("ffmpeg-ended", ("clips", 3))),
    "x264 without memory": (
        "x264 [error]: malloc of size 5353683 failed\n[error] Error initializing output stream 0:0\n",
        1,
        ("out-of-memory", ("clips", 3)),
    ),
    "a damaged source, 9.0": (
        "[vist#0:0/h264 @ 0x55] [dec:h264 @ 0x56] [error] Error processing packet in decoder: "
        "Invalid data found when processing input\n",
        183,
        ("corrupt-input", ("clips", 3)),
    ),
    "a crash": ("", -11, ("ffmpeg-crashed", ("clips", 3))),
    "ended from outside": ("[info] Exiting normally, received signal 15.\n", 255, ("ffmpeg-ended", ("clips", 3))),
    "too many open files": ("[error] Too many open files\n", 232, ("too-many-files", ("clips", 3))),
    "something new": ("[error] The moon is full\n", 77, ("ffmpeg-failed", ("clips", 3))),
    "nothing at all": ("", 77, ("ffmpeg-failed", ("clips", 3))),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_log_gives_a_code_and_a_place(name: str) -> None:
    stderr, status, (code, path) = LOGS[name]
    fault = diagnose(JOB, ended(stderr, status))
    assert fault is not None
    assert (fault.code, fault.path) == (code, path)
    assert fault.hint


def test_status_0_without_a_fatal_message_is_no_fault() -> None:
    stderr = "[h264 @ 0x55eee20d6840] [error] mmco: unref short failure\n[info] Stream mapping:\n"
    assert diagnose(JOB, ended(stderr, 0)) is None


def test_text_that_only_looks_like_a_message_is_none() -> None:
    """A file's own metadata is printed in its log."""
    stderr = "[info]     title           : [error] No space left on device\n"
    assert diagnose(JOB, ended(stderr, 0)) is None


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending.STALLED, "ffmpeg-stalled"),
        (Ending.FLOODED, "ffmpeg-flooded"),
        (Ending.OUT_OF_MEMORY, "killed-for-memory"),
    ],
)
def test_what_had_to_be_ended_is_named(ending: Ending, code: str) -> None:
    fault = diagnose(JOB, ended("[error] nonsense\n", -9, ending))
    assert fault is not None
    assert fault.code == code


def test_a_message_names_files_and_not_links() -> None:
    fault = diagnose(JOB, ended("[in#0 @ 0x55] [error] Error opening input file file:in0.\n[error] in01: bad\n"))
    assert fault is not None
    assert "Error opening input file /footage/a b.mp4." in fault.message
    assert "/footage/c.mp4: bad" in fault.message
    assert "0x55" not in fault.message


def test_a_damaged_part_of_the_store_is_found_by_its_name() -> None:
    assert blamed_parts(JOB, ended("[error] v0.mp4: Invalid data found when processing input\n", 183)) == {"0"}
    assert blamed_parts(JOB, ended("[error] in0: Invalid data found when processing input\n", 183)) == frozenset()


def test_a_long_log_becomes_a_few_lines() -> None:
    fault = diagnose(JOB, ended("".join(f"[error] complaint {number}\n" for number in range(1000))))
    assert fault is not None
    assert len(fault.message.splitlines()) == 10


def test_damage_that_ffmpeg_filled_up_is_a_warning() -> None:
    stderr = "[h264 @ 0x1] [error] error while decoding MB 3 0, bytestream 292\n" * 2
    warning = damage(JOB, ended(stderr, 0))
    assert warning is not None
    assert (warning.code, warning.severity) == ("source-damaged", Severity.WARNING)
    assert damage(JOB, ended("[info] Stream mapping:\n", 0)) is None


@pytest.mark.parametrize(("names", "place"), [("a", AT), ("aa", AT), ("ab", ())])
def test_damage_has_the_place_of_the_one_source_and_of_several_none(names: str, place: RecipePath) -> None:
    inputs = tuple(FileInput(name=f"in{n}", file=name, fingerprint="") for n, name in enumerate(names))
    warning = damage(replace(JOB, at=AT, inputs=inputs), ended("[h264 @ 0x1] [error] error while decoding MB 3 0\n", 0))
    assert warning is not None and warning.path == place


def test_levels_can_be_taken_out_of_a_log_again() -> None:
    log = "[Parsed_ebur128_1 @ 0x7f6f] [info] Summary:\n\n    I:  -21.8 LUFS\n[info] video:0KiB\n"
    assert without_levels(log) == "[Parsed_ebur128_1 @ 0x7f6f] Summary:\n\n    I:  -21.8 LUFS\nvideo:0KiB\n"


# --- the same with real ffmpegs ------------------------------------------------------------------------------------


def in_reality(job: Job, engine: Engine, folder: Path) -> tuple[str, tuple[str | int, ...]]:
    finished = run((engine.path, *job.argv), cwd=folder, stop=lambda: False)
    fault = diagnose(job, finished)
    assert fault is not None
    return fault.code, fault.path


REAL = {
    "crop@clips_1_effects_0=w=100:h=100": "ffmpeg-failed",
    "crop@clips_1_effects_0=w=bogus:h=1": "ffmpeg-failed",
    "lut3d@clips_1_effects_0=file=absent.cube": "no-such-file",
}


@pytest.mark.ffmpeg
@pytest.mark.parametrize("filters", REAL)
def test_a_filter_that_fails_is_found_in_the_recipe(engine: Engine, tmp_path: Path, filters: str) -> None:
    job = picture_job(3, filters=filters, origins=(("clips_1_effects_0", AT),))
    assert in_reality(job, engine, tmp_path) == (REAL[filters], AT)


@pytest.mark.ffmpeg
def test_an_unknown_encoder_and_a_missing_file_are_named(engine: Engine, tmp_path: Path) -> None:
    job = picture_job(3)
    encoder = replace(job, argv=tuple("libnope" if word == "libx264" else word for word in job.argv))
    assert in_reality(encoder, engine, tmp_path) == ("encoder-missing", ("clips", 3))
    missing = replace(job, argv=("-nostdin", "-i", "file:absent", "-f", "null", "-"))
    assert in_reality(missing, engine, tmp_path) == ("no-such-file", ("clips", 3))


@pytest.mark.ffmpeg
def test_a_source_that_is_no_video_is_named(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "in0").write_bytes(os.urandom(4096))
    job = replace(picture_job(3), argv=("-nostdin", "-f", "mov", "-i", "file:in0", "-f", "null", "-"))
    assert in_reality(job, engine, tmp_path) == ("corrupt-input", ("clips", 3))


@pytest.mark.ffmpeg
def test_an_ffmpeg_that_is_killed_is_said_to_be_ended_by_somebody_else(engine: Engine, tmp_path: Path) -> None:
    argv = ("-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x36", "-f", "null", "-")

    def kill(seconds: object) -> None:
        for child in children():
            child.kill()

    job = replace(picture_job(3), argv=argv)
    finished = run((engine.path, *argv), cwd=tmp_path, stop=lambda: False, on_progress=kill)
    fault = diagnose(job, finished)
    assert fault is not None
    assert fault.code == "ffmpeg-ended"
