"""Picture and sound stay together: flashes and beeps of a metronome, measured in the finished film."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build
from tests.endtoend.measuring import assert_exact, brightness, peaks, rises, samples
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe
from tests.engines import on_engines

pytestmark = pytest.mark.ffmpeg

NTSC = Fraction(30000, 1001)


@pytest.fixture(scope="session")
def metronomes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """12 s each, mono at 44.1 kHz: 25 and 60 frames a second, and a variable rate."""
    folder = tmp_path_factory.mktemp("metronomes")
    return (
        footage.metronome(folder / "25.mp4", seconds=12, rate="25"),
        footage.metronome(folder / "60.mp4", seconds=12, rate="60"),
        footage.metronome(folder / "uneven.mp4", seconds=12, rate="30", uneven=True),
    )


@dataclass(frozen=True, slots=True)
class Beats:
    """When flashes and beeps begin, in seconds."""

    seen: list[float]
    heard: list[float]


def beats(engine: Engine, film: Path, fps: Fraction) -> Beats:
    """Half of the way up is where each begins; the codecs blur what comes before."""
    flashes = rises(brightness(engine, film), above=125, hold=2)
    beeps = rises(peaks(samples(engine, film)), above=6000, hold=20)
    return Beats([float(frame / fps) for frame in flashes], [beep / 1000 for beep in beeps])


def hundred_cuts(sources: tuple[Path, ...]) -> list[Entry]:
    """Each clip holds one beat of a source, each at another place in the clip and in the source."""
    clips: list[Entry] = []
    for number in range(101):
        beat = 1 + number % 10
        before, after = 0.25 + 0.0137 * (number % 17), 0.35 + 0.0071 * (number % 13)
        clips.append({"src": sources[number % 3], "in": round(beat - before, 4), "out": round(beat + after, 4)})
    return clips


def planned_beats(clips: list[Entry], fps: Fraction) -> list[float]:
    """Where the beats must be, worked out from the recipe alone: clip by clip, each length rounded to frames."""
    places, start = [], 0
    for clip in clips:
        first, last = Fraction(str(clip["in"])), Fraction(str(clip["out"]))
        speed = Fraction(str(clip.get("speed", 1)))
        start -= _frames(Fraction(clip["transition"]["duration"].rstrip("s")), fps) if "transition" in clip else 0
        places.append(float(start / fps + (ceil(first) - first) / speed))
        start += _frames((last - first) / speed, fps)
    return places


def _frames(seconds: Fraction, fps: Fraction) -> int:
    return int(seconds * fps + Fraction(1, 2))


def assert_in_sync(engine: Engine, film: Path, clips: list[Entry], fps: Fraction, *, within: float) -> None:
    """Every flash and every beep is where the recipe says, and they are together; `within` in seconds."""
    found, planned = beats(engine, film, fps), planned_beats(clips, fps)
    assert len(found.seen) == len(found.heard) == len(planned)
    pairs = {"apart": (found.seen, found.heard), "seen": (found.seen, planned), "heard": (found.heard, planned)}
    off = {name: max(abs(a - b) for a, b in zip(one, other, strict=True)) for name, (one, other) in pairs.items()}
    assert max(off.values()) <= within, off


@pytest.mark.parametrize(("ffmpeg", "fps"), on_engines([Fraction(30), NTSC], elsewhere=[NTSC]))
def test_a_hundred_cuts_stay_in_sync(
    ffmpeg: Engine, metronomes: tuple[Path, ...], tmp_path: Path, fps: Fraction
) -> None:
    clips = hundred_cuts(metronomes)
    recipe = write_recipe(tmp_path, clips, fps=str(fps), size="64x36")
    done = build(ffmpeg, recipe)
    assert_exact(movie(recipe), frames=done.summary["frames"], fps=fps)
    assert_in_sync(ffmpeg, movie(recipe), clips, fps, within=float(1 / fps))


def test_crossfades_stay_in_sync(ffmpeg: Engine, metronomes: tuple[Path, ...], tmp_path: Path) -> None:
    clips = hundred_cuts(metronomes)[:30]
    for clip in clips[1:]:
        clip["transition"] = crossfade("0.2s")
    recipe = write_recipe(tmp_path, clips, fps=str(NTSC), size="64x36")
    build(ffmpeg, recipe)
    assert_in_sync(ffmpeg, movie(recipe), clips, NTSC, within=float(1 / NTSC))


# Left to itself, atempo, which keeps the pitch, puts a sound early by half of its window: by 43 ms at half speed.
@pytest.mark.parametrize(("ffmpeg", "speed"), on_engines([2, 1.5, 0.7, 0.5], elsewhere=[0.5]))
def test_sound_follows_the_picture_at_other_speeds(
    ffmpeg: Engine, metronomes: tuple[Path, ...], tmp_path: Path, speed: float
) -> None:
    clips: list[Entry] = [
        {
            "src": metronomes[n % 3],
            "in": round(n + 0.3 + 0.011 * n, 3),
            "out": round(n + 1.4 + 0.013 * n, 3),
            "speed": speed,
        }
        for n in range(9)
    ]
    recipe = write_recipe(tmp_path, clips, fps=30, size="64x36")
    build(ffmpeg, recipe)
    assert_in_sync(ffmpeg, movie(recipe), clips, Fraction(30), within=1 / 30)
