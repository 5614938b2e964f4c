"""Whatever a probe says must be what each ffmpeg shows: frames, times, sizes, fields, sound."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from montage_recipe.media.containers import COUNTS_FROM_USED_STREAMS
from montage_recipe.media.facts import MediaFacts, MediaKind
from montage_recipe.media.probe import probe
from tests.media.conftest import OddFile
from tests.media.odd_sources import ODD_SOURCES
from tests.media.showing import count_pictures, pictures, sounds

# A picture is compared to the coarsest time base (Matroska's 1 ms) and its rounding by ffmpeg's log.
_TOLERANCE_S = 0.0035

SEEN = tuple(
    source.name
    for source in ODD_SOURCES
    # A percent sign in a name makes ffmpeg look for numbered files; jobs link their inputs to other names.
    if not (source.refused or source.warned) and source.facts.get("kind") != "audio" and "%" not in source.name
)
HEARD = tuple(
    source.name
    for source in ODD_SOURCES
    if not source.refused and ("audio.start" in source.facts or "audio.layout" in source.facts)
)


def zero_of(facts: MediaFacts, start: float) -> float:
    """Where ffmpeg's zero is, after the container's start, when it reads only the stream that starts at `start`."""
    return start if facts.container in COUNTS_FROM_USED_STREAMS else 0.0


def upright(facts: MediaFacts) -> str:
    assert facts.video is not None
    sides = (facts.video.width, facts.video.height)
    return "{}x{}".format(*(sides if facts.video.rotation % 180 == 0 else reversed(sides)))


def assert_pictures_agree(facts: MediaFacts, ffmpeg: Engine) -> None:
    video = facts.video
    assert video is not None
    shown = pictures(ffmpeg.path, Path(facts.file), index=video.index)
    assert len(shown) == video.frames
    assert {picture.size for picture in shown} == {upright(facts)}
    assert shown[0].sar == (video.sar if video.rotation % 180 == 0 else 1 / video.sar)
    assert any(picture.interlaced for picture in shown) == video.interlaced
    if facts.kind is MediaKind.VIDEO:
        start = float(video.start)
        assert shown[0].time + zero_of(facts, start) == pytest.approx(start, abs=_TOLERANCE_S)
    if video.constant_rate and video.rate:
        steps = [later.time - earlier.time for earlier, later in pairwise(shown)]
        assert steps == pytest.approx([float(1 / video.rate)] * len(steps), abs=_TOLERANCE_S)


def assert_sounds_agree(facts: MediaFacts, ffmpeg: Engine) -> None:
    audio = facts.audio
    assert audio is not None
    heard = sounds(ffmpeg.path, Path(facts.file), index=audio.index)
    start, end = heard[0].time, heard[-1].time + heard[-1].samples / audio.sample_rate
    zero = zero_of(facts, float(audio.start))
    assert start + zero == pytest.approx(float(audio.start), abs=_TOLERANCE_S)
    # ffmpeg before 6 does not cut AAC's padding at the end, one packet of 1024 samples.
    assert end + zero == pytest.approx(float(audio.start + audio.duration), abs=1024 / audio.sample_rate)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", SEEN)
def test_the_frames_are_those_that_ffmpeg_shows(name: str, odd: OddFile, ffmpeg: Engine) -> None:
    assert_pictures_agree(probe(odd(name)), ffmpeg)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("name", HEARD)
def test_the_sound_is_as_long_as_what_ffmpeg_plays(name: str, odd: OddFile, ffmpeg: Engine) -> None:
    assert_sounds_agree(probe(odd(name)), ffmpeg)


@pytest.mark.ffmpeg
def test_of_a_file_that_was_cut_off_the_whole_frames_are_counted(odd: OddFile, ffmpeg: Engine) -> None:
    facts = probe(odd("cut-off.mp4"))
    assert facts.video is not None
    assert facts.video.frames == count_pictures(ffmpeg.path, Path(facts.file))


@pytest.mark.ffmpeg
def test_alone_in_use_a_stream_of_mpeg_ts_begins_at_zero(odd: OddFile, ffmpeg: Engine) -> None:
    facts = probe(odd("camera.ts"))
    assert facts.video is not None and facts.video.start > 0.3
    assert pictures(ffmpeg.path, Path(facts.file), index=facts.video.index)[0].time == 0
