"""Music under the clips: loops without a seam, fades, begins where it should, and is as loud as asked."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build
from tests.endtoend.measuring import RATE_HZ, loudness, peaks, rises, samples
from tests.endtoend.recipes import Entry, movie, write_recipe

pytestmark = pytest.mark.ffmpeg

FREQUENCY = 480  # Hz: a hundred samples a period
AMPLITUDE = 0.5 * 32768


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tone.wav of exactly one second, a whole number of periods, and silent footage of 8 s."""
    folder = tmp_path_factory.mktemp("stage")
    footage.tone(folder / "tone.wav", seconds=1, frequency=FREQUENCY)
    footage.pattern(folder / "silent.mp4", seconds=8, size="64x36", sound=False)
    return folder


def film_with(engine: Engine, stage: Path, folder: Path, audio: list[Entry]) -> array[int]:
    """What is heard of 6 s of silent footage with these sounds."""
    clips: list[Entry] = [{"src": stage / "silent.mp4", "duration": 2, "id": name} for name in ("one", "two", "three")]
    for entry in audio:
        entry["src"] = stage / entry["src"]
    recipe = write_recipe(folder, clips, size="64x36", audio=audio)
    build(engine, recipe)
    return samples(engine, movie(recipe))


def residue(heard: Sequence[int], *, first: int, length: int) -> float:
    """How far a stretch is from a pure tone of FREQUENCY, as a part of AMPLITUDE; the worst sample."""
    part = heard[first : first + length]
    step = 2 * math.pi * FREQUENCY / RATE_HZ
    sine = 2 / length * sum(value * math.sin(step * (first + n)) for n, value in enumerate(part))
    cosine = 2 / length * sum(value * math.cos(step * (first + n)) for n, value in enumerate(part))
    assert math.hypot(sine, cosine) == pytest.approx(AMPLITUDE, rel=0.02)
    return max(
        abs(value - sine * math.sin(step * (first + n)) - cosine * math.cos(step * (first + n))) / AMPLITUDE
        for n, value in enumerate(part)
    )


def test_a_loop_has_no_seam(ffmpeg: Engine, stage: Path, tmp_path: Path) -> None:
    heard = film_with(ffmpeg, stage, tmp_path, [{"src": "tone.wav", "loop": True}])
    assert len(heard) >= 6 * RATE_HZ
    seams = [residue(heard, first=second * RATE_HZ - 2400, length=4800) for second in range(1, 6)]
    elsewhere = residue(heard, first=RATE_HZ // 2 - 2400, length=4800)
    assert max(seams) <= max(0.005, 1.5 * elsewhere)


def test_a_loop_of_a_part_has_no_seam_either(ffmpeg: Engine, stage: Path, tmp_path: Path) -> None:
    """0.25 s to 0.75 s is 240 periods."""
    heard = film_with(ffmpeg, stage, tmp_path, [{"src": "tone.wav", "in": 0.25, "out": 0.75, "loop": True}])
    seams = [residue(heard, first=half * RATE_HZ // 2 - 2400, length=4800) for half in range(1, 12)]
    assert max(seams) <= 0.005


def test_fades_reach_silence_at_both_ends(ffmpeg: Engine, stage: Path, tmp_path: Path) -> None:
    audio: list[Entry] = [{"src": "tone.wav", "loop": True, "fade_in": 1, "fade_out": "2s"}]
    levels = peaks(film_with(ffmpeg, stage, tmp_path, audio), block=480)  # every 10 ms
    full = max(levels[150:380])
    assert full == pytest.approx(AMPLITUDE, rel=0.03)
    assert levels[0] < 0.05 * full and levels[599] < 0.05 * full
    # Half of the power in the middle of a fade.
    assert levels[50] / full == pytest.approx(math.sqrt(0.5), abs=0.05)
    assert levels[500] / full == pytest.approx(math.sqrt(0.5), abs=0.05)
    risen = levels[5:100:5]
    assert risen == sorted(risen)


@pytest.mark.parametrize(
    ("entry", "begins", "ends"),
    [
        ({"start": "two.start + 0.5s"}, 2.5, 3.5),
        ({"start": "end - 1.2s", "out": 0.7}, 4.8, 5.5),
        ({"start": "1s", "end": "three.start + 1s", "loop": True}, 1.0, 5.0),
        ({"start": "15f", "in": 0.5}, 0.5, 1.0),
    ],
)
def test_sounds_begin_and_end_where_they_are_anchored(
    ffmpeg: Engine, stage: Path, tmp_path: Path, entry: Entry, begins: float, ends: float
) -> None:
    levels = peaks(film_with(ffmpeg, stage, tmp_path, [{"src": "tone.wav", **entry}]))
    heard = [place for place, level in enumerate(levels) if level > AMPLITUDE / 2]
    assert heard[0] == pytest.approx(1000 * begins, abs=3)
    assert heard[-1] == pytest.approx(1000 * ends, abs=3)
    assert rises(levels, above=round(AMPLITUDE / 2), hold=20) == [heard[0]]


def test_volumes_add_up(ffmpeg: Engine, stage: Path, tmp_path: Path) -> None:
    audio: list[Entry] = [
        {"src": "tone.wav", "loop": True, "volume": "50%"},
        {"src": "tone.wav", "loop": True, "volume": "-12.0412dB", "start": "two.start"},
    ]
    levels = peaks(film_with(ffmpeg, stage, tmp_path, audio), block=480)
    assert levels[100] == pytest.approx(AMPLITUDE * 0.5, rel=0.03)
    assert levels[400] == pytest.approx(AMPLITUDE * 0.75, rel=0.03)


@pytest.mark.parametrize(("integrated", "true_peak"), [(-23, -1), (-16, -1), (-14, -2), (-9, -1.5)])
def test_the_loudness_is_the_one_asked_for(ffmpeg: Engine, tmp_path: Path, integrated: float, true_peak: float) -> None:
    """Quiet music with loud strokes in it, which a gain alone would lift over the ceiling."""
    stroke = "0.9*sin(2*PI*997*t)*exp(-40*mod(t,1))"
    music = f"0.12*sin(2*PI*220*t)*(1+0.3*sin(2*PI*0.7*t))+0.08*sin(2*PI*1333*t)+{stroke}"
    footage.ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{music}':s=44100:d=6", "-c:a", "pcm_s16le", tmp_path / "music.wav")
    footage.pattern(tmp_path / "picture.mp4", seconds=6, size="64x36", sound=False)
    recipe = write_recipe(
        tmp_path,
        [{"src": "picture.mp4"}],
        size="64x36",
        audio=[{"src": "music.wav"}],
        loudness={"integrated": integrated, "true_peak": true_peak},
    )
    build(ffmpeg, recipe)
    level = loudness(ffmpeg, movie(recipe))
    assert level.lufs == pytest.approx(integrated, abs=0.5)
    assert level.dbtp <= true_peak + 0.3


def test_a_silent_film_stays_silent_when_a_loudness_is_asked_for(ffmpeg: Engine, stage: Path, tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path, [{"src": stage / "silent.mp4", "duration": 1}], size="64x36", loudness={"integrated": -14}
    )
    build(ffmpeg, recipe)
    assert max(peaks(samples(ffmpeg, movie(recipe)))) == 0


@pytest.mark.parametrize(("volume", "told"), [("6dB", True), ("-6dB", False)])
def test_sounds_over_full_scale_are_told_by_every_build(
    ffmpeg: Engine, stage: Path, tmp_path: Path, volume: str, told: bool
) -> None:
    """The tone's peak is at half of full scale; twice as loud and added up, it is 6 dB over."""
    clips: list[Entry] = [{"src": stage / "silent.mp4", "duration": 1}]
    audio: list[Entry] = [{"src": stage / "tone.wav", "volume": volume}] * 2
    recipe = write_recipe(tmp_path, clips, size="64x36", audio=audio)
    done = [build(ffmpeg, recipe), build(ffmpeg, recipe)]
    assert [one.summary["jobs"]["run"] > 0 for one in done] == [True, False]
    for one in done:
        assert ("sound-over-full-scale" in one.codes) is told


def test_many_sounds_are_each_heard_at_their_place(ffmpeg: Engine, stage: Path, tmp_path: Path) -> None:
    audio: list[Entry] = [{"src": "tone.wav", "out": 0.05, "start": f"{6 + 6 * n}f"} for n in range(20)]
    heard = film_with(ffmpeg, stage, tmp_path, audio)
    begun = rises(peaks(heard), above=round(AMPLITUDE / 2), hold=50)
    assert begun == pytest.approx([200 + 200 * n for n in range(20)], abs=3)
