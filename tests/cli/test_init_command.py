"""`init` on folders of real files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from montage_recipe.cli.init import command
from montage_recipe.cli.main import main
from montage_recipe.diagnostics import RecipeError
from montage_recipe.recipe.source import read_recipe
from montage_recipe.recipe.validate import validate
from montage_recipe.resources import data_dir
from tests.engines import ENGINES
from tests.media.odd_sources import ODD_SOURCES, build

NAMES = ("rotated-90.mp4", "upright.jpg", "music.wav", "text.mp4")


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("footage")
    return tuple(build(source, ENGINES[0].path, folder) for source in ODD_SOURCES if source.name in NAMES)


@pytest.fixture
def trip(footage: tuple[Path, ...], tmp_path: Path) -> Path:
    """A folder with media in it, below it, and beside it what is none."""
    folder = tmp_path / "my_trip"
    (folder / "day 2").mkdir(parents=True)
    for file in footage:
        place = folder / "day 2" if file.suffix == ".jpg" else folder
        (place / file.name).write_bytes(file.read_bytes())
    (folder / "notes.txt").write_text("not media")
    (folder / "dist").mkdir()
    (folder / "dist" / "old.mp4").write_bytes(footage[0].read_bytes())
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def fault(result: Result) -> str:
    assert isinstance(result.exception, RecipeError)
    return result.exception.diagnostics[0].code


@pytest.mark.ffmpeg
def test_a_folder_becomes_a_valid_recipe(trip: Path) -> None:
    result = run(trip)
    assert result.exit_code == 0, result.output
    (recipe,) = validate(read_recipe(trip / "recipe.yaml"))
    assert recipe.title == "My trip"
    assert [clip.id for clip in recipe.clips] == ["upright", "rotated-90"]
    assert len(recipe.audio) == 1
    text = (trip / "recipe.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=recipe.schema.json\n")
    assert (trip / "recipe.schema.json").read_bytes() == (data_dir("schemas") / "recipe.schema.json").read_bytes()
    assert recipe.output.file == trip / "dist" / "my-trip.mp4"
    assert '"day 2/upright.jpg"' in text and '# left out: "text.mp4": media-unreadable' in text
    assert "old.mp4" not in text and "notes.txt" not in text


@pytest.mark.ffmpeg
def test_names_that_are_no_utf_8_do_no_harm(trip: Path) -> None:
    folder = trip.rename(trip.with_name(os.fsdecode(b"caf\xe9")))
    (folder / "day 2").rename(folder / os.fsdecode(b"day\xe9"))
    with pytest.raises(SystemExit) as ended:
        main(["init", str(folder)])
    assert ended.value.code == 0
    (recipe,) = validate(read_recipe(folder / "recipe.yaml"))
    assert recipe.title == "Caf?"
    assert '# left out: "day?/upright.jpg"' in (folder / "recipe.yaml").read_text()


@pytest.mark.ffmpeg
def test_a_recipe_that_is_there_is_only_overwritten_by_force(trip: Path) -> None:
    recipe = trip / "recipe.yaml"
    recipe.write_text("mine")
    assert fault(run(trip)) == "recipe-exists"
    assert recipe.read_text() == "mine"
    assert run(trip, "--force").exit_code == 0
    assert recipe.read_text() != "mine"
    assert not list(trip.glob(".montage-init-*"))


@pytest.mark.ffmpeg
def test_paths_are_relative_to_where_the_recipe_is_written(trip: Path, tmp_path: Path) -> None:
    assert run(trip, "--output", tmp_path / "recipes" / "trip.yaml").exit_code == 0
    text = (tmp_path / "recipes" / "trip.yaml").read_text()
    assert '"../my_trip/rotated-90.mp4"' in text and "dist/trip.mp4" in text


def test_a_folder_without_footage_is_refused_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_text("no film")
    result = run(tmp_path)
    assert fault(result) == "no-footage" and "broken.mp4" in str(result.exception)
    assert not (tmp_path / "recipe.yaml").exists()
