"""Real footage of phones, cameras and the web, where it is at hand: the probe against its list and against ffmpeg."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.diagnostics import RecipeError
from montage_recipe.engine import Engine
from montage_recipe.media.facts import MediaFacts
from montage_recipe.media.probe import probe
from tests.engines import on_engines
from tests.media.test_probe_against_ffmpeg import assert_pictures_agree, assert_sounds_agree

FOLDER = Path(__file__).parents[3] / "shared" / "media"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/media is not here")]

_ROWS = (
    {
        row["file"]: row
        for row in csv.DictReader((FOLDER / "manifest.tsv").read_text("utf-8").splitlines(), delimiter="\t")
    }
    if FOLDER.is_dir()
    else {}
)
UNREADABLE = ("broken-truncated.mp4", "empty.flv")
READABLE = tuple(name for name in _ROWS if name not in UNREADABLE)
LARGE = {"portrait-4k-hevc-changi.mp4", "kohlipe-86s-no-audio.mp4"}  # half a minute of decoding each: not counted
COUNTED = tuple(name for name in READABLE if name not in LARGE)
# Files whose header does not tell how long they are: fragments, no duration at all, an end cut off, a single picture.
_HEADER_LIES = {
    "fragmented.mp4",
    "webm-no-duration-header.webm",
    "truncated-64bit.mp4",
    "exif-orientation-6-portrait.jpg",
}
_LISTED_PICTURE = re.compile(r"v:(?P<codec>\w+) (?P<size>\d+x\d+) (?P<pixels>\w+)(?P<rest>[^|]*)")


def listed(name: str) -> re.Match[str] | None:
    """The picture in the list's own words; None for sound with a cover."""
    entries = (_LISTED_PICTURE.search(part) for part in _ROWS[name]["probe"].split(" | "))
    return next((entry for entry in entries if entry and "ATTACHED_PIC" not in entry["rest"]), None)


@pytest.mark.parametrize("name", UNREADABLE)
def test_broken_files_are_refused(name: str) -> None:
    with pytest.raises(RecipeError):
        probe(FOLDER / name)


@pytest.mark.parametrize("name", sorted(set(READABLE) - _HEADER_LIES))
def test_the_length_is_the_listed_one(name: str) -> None:
    facts = probe(FOLDER / name)
    text = _ROWS[name]["duration_s"]
    assert (facts.duration is None) == (text == "-")
    if facts.duration is not None:
        # The list has ffprobe's length from the start on; of an MP3 it counts the encoder's delay too.
        assert float(facts.duration) == pytest.approx(float(text), abs=0.05)


@pytest.mark.parametrize("name", sorted(set(READABLE) - {"truncated-64bit.mp4"}))
def test_the_picture_is_the_listed_one(name: str) -> None:
    video, entry = probe(FOLDER / name).video, listed(name)
    assert (video is None) == (entry is None)
    if video is None or entry is None:
        return
    rest = entry["rest"]
    turn = re.search(r"rot=(-?\d+)", rest)
    sar = re.search(r"SAR=(\d+):(\d+)", rest)
    assert (video.codec, f"{video.width}x{video.height}") == (entry["codec"], entry["size"])
    assert video.sar == (Fraction(int(sar[1]), int(sar[2])) if sar else 1)
    if "orientation" not in name:  # ffprobe does not tell a photo's turn
        assert video.rotation == (-int(turn[1]) % 360 if turn else 0)
    assert video.alpha == ("alpha" in rest or entry["pixels"] in ("bgra", "rgba", "pal8"))
    assert ("smpte2084" in rest, "arib-std-b67" in rest) == (
        video.transfer == "smpte2084",
        video.transfer == "arib-std-b67",
    )


def test_a_photo_held_upright_is_turned() -> None:
    video = probe(FOLDER / "exif-orientation-6-portrait.jpg").video
    assert video is not None and (video.width, video.height, video.rotation) == (1800, 1200, 90)


def test_a_fragmented_file_is_as_long_as_its_packets() -> None:
    duration = probe(FOLDER / "fragmented.mp4").duration
    assert duration is not None and 1 < duration < Fraction(11, 10)


def comparable(facts: MediaFacts) -> bool:
    return facts.video is not None and facts.kind == "video" and "truncated" not in facts.file


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("ffmpeg", "name"), on_engines(COUNTED, elsewhere=COUNTED[::3]))
def test_ffmpeg_shows_the_frames_that_were_counted(ffmpeg: Engine, name: str) -> None:
    facts = probe(FOLDER / name)
    if comparable(facts):
        assert_pictures_agree(facts, ffmpeg)


# The decoder swallows the first packet of these: an AAC stream without an edit list, and Vorbis.
@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    "name", sorted(set(READABLE) - {"audio-shorter-than-video.mp4", "truncated-64bit.mp4", "embedded-cover-png.mkv"})
)
def test_ffmpeg_plays_the_sound_that_was_measured(name: str, ffmpeg: Engine) -> None:
    facts = probe(FOLDER / name)
    if facts.audio is not None:
        assert_sounds_agree(facts, ffmpeg)
