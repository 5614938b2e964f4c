"""Which sources may be sought in: a picture at or before the asked time comes first, and none is left out after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from montage_recipe.media.facts import MediaFacts
from montage_recipe.media.probe import probe
from tests.media.conftest import OddFile
from tests.media.odd_sources import ODD_SOURCES
from tests.media.showing import pictures

_PLACES = (0.05, 0.3, 0.55, 0.8, 0.95)
_ROUNDING_S = 0.0015  # Matroska's time base and six decimals

SOUGHT = tuple(
    source.name
    for source in ODD_SOURCES
    if not source.refused
    and not source.warned  # what is cut off ends in half a picture
    and source.name.endswith((".mp4", ".mov", ".mkv", ".webm"))
    and source.facts.get("seekable") is not False
)


def faults_of_seeking(facts: MediaFacts, ffmpeg: Engine) -> list[str]:
    video = facts.video
    assert video is not None
    whole = pictures(ffmpeg.path, Path(facts.file), index=video.index, checksums=True)
    faults = []
    for place in _PLACES:
        moment = min(float(video.start) + place * float(video.duration), whole[-1].time)
        got = pictures(ffmpeg.path, Path(facts.file), index=video.index, seek=moment, checksums=True)
        if not got or got[0].time > moment + _ROUNDING_S:
            faults.append(f"at {moment:.3f} the first picture is {got[0].time if got else 'none'}")
        elif [picture.checksum for picture in whole[-len(got) :]] != [picture.checksum for picture in got]:
            faults.append(f"at {moment:.3f} other pictures than without seeking")
    return faults


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", SOUGHT)
def test_seeking_gives_every_picture_from_one_at_or_before_the_time(name: str, odd: OddFile, ffmpeg: Engine) -> None:
    if name == "open-gop.mp4" and ffmpeg.version < (7, 0):
        # It loses the last pictures of an open group that it enters close to the end of the file; the README says so.
        pytest.xfail("ffmpeg 5.1 loses pictures there")
    facts = probe(odd(name))
    assert facts.seekable
    assert faults_of_seeking(facts, ffmpeg) == []


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", ["camera.avi", "interlaced-mpeg2.mpg", "negative-start.mkv"])
def test_what_is_not_seekable_really_is_not(name: str, odd: OddFile, ffmpeg: Engine) -> None:
    facts = probe(odd(name))
    assert not facts.seekable
    assert faults_of_seeking(facts, ffmpeg)
