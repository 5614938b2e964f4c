"""`still` and `sheet`: frames of a film that is not built, made by real ffmpegs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from montage_recipe.cli import sheet, still
from montage_recipe.engine import Engine
from montage_recipe.jobs.sheet import GAP, moments_of
from tests.engines import ENGINE_IDS, ENGINES
from tests.frames import run_ffmpeg
from tests.timeline.making import timeline_of

RECIPE = """\
recipe: 1
canvas: {size: 160x90, fps: 10}
media: {one: {generate: test-pattern, duration: 4s}, two: {generate: color-bars, duration: 3s}}
clips:
  - {id: open, src: one, in: 1s, out: 3s}
  - {id: walk, src: two, out: 2s, transition: {type: crossfade, duration: 1s}}
outputs:
  - {file: dist/film.mp4, preset: ultrafast, crf: 0}
"""
RGB = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-")


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trip.yaml").write_text(RECIPE)
    return tmp_path / "trip.yaml"


def run(which: object, *arguments: object) -> Result:
    command = {still: still.command, sheet: sheet.command}[which]  # type: ignore[index]  # modules have hashes
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.mark.ffmpeg
def test_a_still_is_of_the_moment_that_is_named(recipe: Path) -> None:
    done = run(still, recipe, "--at", "walk.start+0.5s")
    assert (done.exit_code, done.output) == (0, "film-15.png: frame 15 of film.mp4, at 1.5s\n")
    done = run(still, recipe, "--at", "15f", "-o", "again.png", "--width", "80")
    assert done.exit_code == 0, done.output
    large, small = (len(run_ffmpeg(ENGINES[0], "-i", name, *RGB)) for name in ("film-15.png", "again.png"))
    assert (large, small) == (160 * 90 * 3, 80 * 45 * 3)
    assert sorted(entry.name for entry in recipe.parent.iterdir()) == ["again.png", "film-15.png", "trip.yaml"]


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("wlak.start", "no clip has the id `wlak`: did you mean `walk`?"),
        ("end", "end is outside of the film, whose last frame is frame 29, at 2.9s (`end - 1f`)"),
        ("open.start - 1s", "outside of the film"),
        ("soon", "or a point of a clip or of the film: walk.start"),
    ],
)
def test_a_moment_that_is_not_there_is_told(recipe: Path, moment: str, told: str) -> None:
    done = run(still, recipe, "--at", moment)
    assert done.exit_code == 2
    assert told in " ".join(done.output.split())
    assert [entry.name for entry in recipe.parent.iterdir()] == ["trip.yaml"]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_sheet_holds_the_stills_with_their_labels_below(
    engine: Engine, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONTAGE_FFMPEG", engine.path)
    done = run(sheet, recipe, "--columns", "2", "--width", "160")
    assert (done.exit_code, done.output) == (0, "film-sheet.png\n")
    tile_height = 113  # 90, a line of 12 with its room, and 5 % of all that
    data = run_ffmpeg(engine, "-i", "film-sheet.png", *RGB)
    width = 2 * (160 + GAP) + GAP
    assert len(data) == width * (2 * (tile_height + GAP) + GAP) * 3
    for number, moment in enumerate(("5f", "15f", "25f")):
        assert run(still, recipe, "--at", moment, "-o", "one.png").exit_code == 0
        one = run_ffmpeg(engine, "-i", "one.png", *RGB)
        left, top = GAP + number % 2 * (160 + GAP), GAP + number // 2 * (tile_height + GAP)
        rows = [data[((top + y) * width + left) * 3 :][: 160 * 3] for y in range(tile_height)]
        assert b"".join(rows[:90]) == one
        assert max(max(row) for row in rows[90:]) > 150  # letters
        assert data[:3] == bytes((0x20, 0x20, 0x20))


@pytest.mark.ffmpeg
def test_what_one_sheet_does_not_hold_is_on_the_next(recipe: Path) -> None:
    done = run(sheet, recipe, "--columns", "2", "--rows", "1", "-o", "all.png")
    assert (done.exit_code, done.output) == (0, "all-1.png\nall-2.png\n")
    assert sorted(entry.name for entry in recipe.parent.iterdir()) == ["all-1.png", "all-2.png", "trip.yaml"]


def test_a_sheet_shows_each_clip_and_each_transition() -> None:
    timeline = timeline_of(
        "clips:\n"
        "  - {src: a.mp4, out: 2s}\n"
        "  - {id: walk, src: b.mp4, out: 3s, transition: {type: crossfade, duration: 1s}}\n"
        "  - {src: c.mp4, out: 1s, transition: {type: wipe-left, duration: 1s}}\n"
    )
    shown = [(moment.frame, moment.label) for moment in moments_of(timeline)]
    # Of the last clip nothing is seen but its transition, whose frame says it all.
    assert shown == [(15, "1 0:00.50"), (45, "crossfade 0:01.50"), (75, "2 walk 0:02.50"), (105, "wipe-left 0:03.50")]


def test_pictures_are_png_files(recipe: Path) -> None:
    for which, words in ((still, ("--at", "1s")), (sheet, ())):
        done = run(which, recipe, *words, "-o", "picture.jpg")
        assert done.exit_code == 2
        assert "write picture.png" in " ".join(done.output.split())
