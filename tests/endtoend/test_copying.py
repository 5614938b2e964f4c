"""`copy: auto`: what needs no change is copied, to the frame, and only where that is exact."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build, montage_recipe
from tests.endtoend.measuring import assert_exact, frame_hashes
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe
from tests.engines import ENGINE_IDS, ENGINES

pytestmark = pytest.mark.ffmpeg

SECONDS = 12  # of the footage, whose keyframes are two seconds apart
PLAIN: Entry = {"preset": "ultrafast"}
REORDERED: Entry = {"preset": "veryfast"}  # with B-frames, which are stored in another order


Films = Callable[..., Path]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    """`films(engine, fps=…, encoding=…)` is footage that the program itself has made, once."""
    made: dict[str, Path] = {}

    def film(engine: Engine, *, fps: str = "30", encoding: Entry = PLAIN) -> Path:
        name = f"{engine.path} {fps} {encoding}"
        if name not in made:
            folder = tmp_path_factory.mktemp("film")
            source = footage.pattern(folder / "original.mp4", seconds=SECONDS, rate=fps)
            recipe = write_recipe(folder, [{"src": source}], fps=fps, encoding=encoding, name="footage")
            build(engine, recipe)
            made[name] = movie(recipe)
        return made[name]

    return film


def picture_segments(engine: Engine, recipe: Path) -> list[dict[str, Any]]:
    done = montage_recipe(engine, "plan", recipe, "--stage", "segments", "--format", "json")
    assert (done.status, done.stderr) == (0, "")
    segments: list[dict[str, Any]] = json.loads(done.stdout)["picture"]
    return segments


def copied(segments: list[dict[str, Any]]) -> list[list[int]]:
    return [segment["frames"] for segment in segments if segment["how"] == "copy"]


@pytest.mark.parametrize(
    ("fps", "encoding"), [("30", PLAIN), ("30000/1001", REORDERED)], ids=["30 plain", "29.97 reordered"]
)
def test_copied_parts_are_the_frames_of_the_source(
    ffmpeg: Engine, films: Films, tmp_path: Path, fps: str, encoding: Entry
) -> None:
    film = films(ffmpeg, fps=fps, encoding=encoding)
    rate = Fraction(fps)
    source = frame_hashes(ffmpeg, film)
    clips: list[Entry] = [
        {"src": film, "in": "60f", "out": "180f"},
        {"src": film, "in": "47f", "out": "290f"},
        {"src": film, "in": "200f", "out": "210f"},
        {"src": film, "in": "0f", "out": "135f"},
    ]
    recipe = write_recipe(tmp_path, clips, fps=fps, encoding=encoding)
    spans = copied(picture_segments(ffmpeg, recipe))
    assert spans == [[0, 120], [133, 313], [373, 493]]
    done = build(ffmpeg, recipe)
    assert done.ran["copy"] == 3
    assert_exact(movie(recipe), frames=508, fps=rate)
    found = frame_hashes(ffmpeg, movie(recipe))
    assert found[0:120] == source[60:180]
    assert found[133:313] == source[60:240]
    assert found[373:493] == source[0:120]
    assert found[120:133] != source[47:60]  # encoded once more


def test_nothing_is_copied_where_the_recipe_says_never(ffmpeg: Engine, films: Films, tmp_path: Path) -> None:
    film = films(ffmpeg)
    recipe = write_recipe(tmp_path, [{"src": film}], encoding={**PLAIN, "copy": "never"})
    assert copied(picture_segments(ffmpeg, recipe)) == []


def test_a_whole_film_is_copied_in_no_time_and_stays_the_same(ffmpeg: Engine, films: Films, tmp_path: Path) -> None:
    film = films(ffmpeg)
    recipe = write_recipe(tmp_path, [{"src": film}], encoding=PLAIN)
    assert build(ffmpeg, recipe).ran == {"copy": 1, "sound": 1, "loudness": 1, "join": 1}
    assert frame_hashes(ffmpeg, movie(recipe)) == frame_hashes(ffmpeg, film)


@pytest.mark.parametrize("ffmpeg", ENGINES[:1], ids=ENGINE_IDS[:1])
@pytest.mark.parametrize("other", [{"preset": "ultrafast", "crf": 30}, {"preset": "veryfast"}])
def test_footage_of_other_settings_is_not_copied(ffmpeg: Engine, films: Films, tmp_path: Path, other: Entry) -> None:
    """One decoder set-up must do for the whole film."""
    film = films(ffmpeg, encoding=other)
    recipe = write_recipe(tmp_path, [{"src": film}], encoding=PLAIN)
    assert copied(picture_segments(ffmpeg, recipe)) == []
    build(ffmpeg, recipe)
    assert_exact(movie(recipe), frames=SECONDS * 30, fps=Fraction(30))


@pytest.mark.parametrize(
    "change",
    [{"effects": ["grayscale"]}, {"speed": 2}, {"in": 0.0166}],
    ids=["effect", "speed", "half a frame"],
)
def test_a_clip_that_is_changed_is_not_copied(ffmpeg: Engine, films: Films, tmp_path: Path, change: Entry) -> None:
    film = films(ffmpeg)
    recipe = write_recipe(tmp_path, [{"src": film, "duration": 8, **change}], encoding=PLAIN)
    assert copied(picture_segments(ffmpeg, recipe)) == []


def test_titles_and_transitions_keep_what_they_touch_from_being_copied(
    ffmpeg: Engine, films: Films, tmp_path: Path
) -> None:
    film = films(ffmpeg)
    clips: list[Entry] = [
        {"src": film, "in": "0f", "out": "240f"},
        {"src": film, "in": "60f", "out": "300f", "transition": crossfade("1s")},
    ]
    titles: list[Entry] = [{"text": "Here", "start": 0.2, "duration": 1}]
    recipe = write_recipe(tmp_path, clips, encoding=PLAIN, titles=titles)
    segments = picture_segments(ffmpeg, recipe)
    assert copied(segments) == [[60, 180], [270, 450]]
    build(ffmpeg, recipe)
    source, found = frame_hashes(ffmpeg, film), frame_hashes(ffmpeg, movie(recipe))
    assert found[60:180] == source[60:180]
    assert found[270:450] == source[120:300]
    assert_exact(movie(recipe), frames=450, fps=Fraction(30))
