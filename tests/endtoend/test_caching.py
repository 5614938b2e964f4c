"""Only what changed is made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.endtoend import footage
from tests.endtoend.commands import Done, build
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg

ENGINE = ENGINES[0]  # what is cached does not depend on the ffmpeg, but for its name in the keys
EDITED = 50
RATES = ("25", "30", "60")


def hundred_clips() -> list[Entry]:
    """Cuts, crossfades and runs of the one or the other, over three sources."""
    clips: list[Entry] = [
        {"src": f"{RATES[n % 3]}.mkv", "in": round(0.03 * n, 2), "out": round(0.03 * n + 0.4, 2)} for n in range(100)
    ]
    for number in range(1, 100):
        if number % 10 not in (0, 1, 5):
            clips[number]["transition"] = crossfade("0.1s")
    return clips


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe of a hundred clips, built once."""
    folder = tmp_path_factory.mktemp("hundred")
    for rate in RATES:
        footage.raw(folder / f"{rate}.mkv", seconds=4, rate=rate)
    recipe = write_recipe(folder, hundred_clips(), size="64x36")
    done = build(ENGINE, recipe)
    assert done.summary["jobs"]["reused"] == 0
    return recipe


@pytest.fixture
def hundred(built: Path, tmp_path: Path) -> Path:
    """A copy of the folder, with its store and its film, to be changed as a test likes."""
    shutil.copytree(built.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / built.name


def rebuilt(recipe: Path, change: Callable[[list[Entry]], None]) -> Done:
    """The build after a change of the clips; the film must be what a build from nothing makes."""
    clips = hundred_clips()
    change(clips)
    return build(ENGINE, write_recipe(recipe.parent, clips, size="64x36"))


def test_a_second_build_runs_nothing(built: Path) -> None:
    before = movie(built).stat()
    summary = build(ENGINE, built).summary
    assert summary["jobs"]["run"] == 0
    assert summary["jobs"]["reused"] > 40
    assert movie(built).stat() == before


def test_a_film_that_was_removed_is_only_joined_again(hundred: Path) -> None:
    whole = movie(hundred).read_bytes()
    movie(hundred).unlink()
    assert build(ENGINE, hundred).ran == {"join": 1}
    assert movie(hundred).read_bytes() == whole


def test_an_edited_out_point_runs_only_the_segments_it_touches(hundred: Path, tmp_path: Path) -> None:
    def edit(clips: list[Entry]) -> None:
        clips[EDITED]["out"] = round(clips[EDITED]["out"] + 0.2, 2)

    done = rebuilt(hundred, edit)
    assert done.ran["video"] <= 2
    assert done.ran["sound"] <= 2
    assert done.ran == {"video": done.ran["video"], "sound": done.ran["sound"], "loudness": 1, "join": 1}
    fresh = tmp_path / "fresh"
    build(ENGINE, hundred, "--cache", fresh, "-o", tmp_path / "fresh.mp4")
    assert movie(hundred).read_bytes() == (tmp_path / "fresh.mp4").read_bytes()


def test_a_clip_put_into_the_middle_runs_only_its_neighbourhood(hundred: Path) -> None:
    def insert(clips: list[Entry]) -> None:
        clips.insert(EDITED, {"src": "30.mkv", "in": 3.1, "out": 3.6, "transition": crossfade("0.1s")})

    done = rebuilt(hundred, insert)
    assert 1 <= done.ran["video"] <= 6
    assert done.summary["jobs"]["reused"] > 30


def test_a_clip_taken_out_of_the_middle_runs_only_its_neighbourhood(hundred: Path) -> None:
    done = rebuilt(hundred, lambda clips: clips.__delitem__(EDITED))
    assert 1 <= done.ran["video"] <= 6
    assert done.summary["jobs"]["reused"] > 30


def test_a_title_runs_only_the_segments_under_it(hundred: Path) -> None:
    titles: list[Entry] = [{"text": "Hi", "start": 10, "duration": 0.5, "fade": 0}]
    done = build(ENGINE, write_recipe(hundred.parent, hundred_clips(), size="64x36", titles=titles))
    assert 1 <= done.ran["video"] <= 3
    assert set(done.ran) == {"video", "join"}


def test_a_louder_clip_runs_no_picture(hundred: Path) -> None:
    done = rebuilt(hundred, lambda clips: clips[EDITED].update(volume="-6dB"))
    assert done.ran == {"sound": 1, "loudness": 1, "join": 1}


def test_footage_that_is_renamed_and_touched_runs_nothing(hundred: Path) -> None:
    build(ENGINE, hundred)
    (hundred.parent / "moved").mkdir()
    (hundred.parent / "25.mkv").rename(hundred.parent / "moved" / "another name.mkv")
    os.utime(hundred.parent / "60.mkv", (1, 1))

    def rename(clips: list[Entry]) -> None:
        for clip in clips:
            if clip["src"] == "25.mkv":
                clip["src"] = "moved/another name.mkv"

    assert rebuilt(hundred, rename).ran == {}


def test_a_recipe_that_moves_with_its_folder_only_joins_again(hundred: Path) -> None:
    """The film at the new place is a copy that no build of that place has made."""
    assert build(ENGINE, hundred).ran == {"join": 1}


def test_names_titles_of_clips_and_comments_run_nothing(hundred: Path) -> None:
    hundred.write_text("# a comment\n" + hundred.read_text().replace('{"src"', '{"volume": "100%", "src"', 1))
    clips_named = hundred.read_text().replace('"in": 1.5,', '"id": "middle", "in": 1.5,')
    assert clips_named != hundred.read_text()
    build(ENGINE, hundred)
    hundred.write_text(clips_named)
    assert build(ENGINE, hundred).ran == {}


def test_changed_footage_runs_what_shows_it(hundred: Path) -> None:
    footage.raw(hundred.parent / "60.mkv", seconds=4, rate="50")
    done = build(ENGINE, hundred)
    assert done.ran["video"] > 10
    assert done.summary["jobs"]["run"] > 20


def test_a_damaged_object_of_the_store_is_made_again(hundred: Path) -> None:
    whole = movie(hundred).read_bytes()
    objects = sorted((hundred.parent / ".montage" / "objects").glob("*/*.mp4"))
    os.truncate(objects[0], objects[0].stat().st_size - 1)
    objects[1].unlink()
    movie(hundred).unlink()
    assert build(ENGINE, hundred).ran == {"video": 2, "join": 1}
    assert movie(hundred).read_bytes() == whole
