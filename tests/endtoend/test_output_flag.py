"""`build -o FILE` is held against the same rules as an output of the recipe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.endtoend.commands import Done, montage_recipe
from tests.endtoend.recipes import write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg


@pytest.fixture
def recipe(reel: Path, tmp_path: Path) -> Path:
    """Its clip and its variable come from other files; one of its names ends as a film's does."""
    (tmp_path / "clip.mp4").hardlink_to(reel / "30.mp4")
    recipe = write_recipe(tmp_path, [{"src": "clip.mp4", "duration": 1}], include="look.mp4")
    (tmp_path / "look.mp4").write_text("defaults: {fit: cover}\n")
    return recipe.rename(tmp_path / "trip.mp4")


def refused(recipe: Path, file: Path) -> Done:
    before = {path: path.read_bytes() for path in recipe.parent.glob("*.*") if path.is_file()}
    done = montage_recipe(ENGINES[0], "build", recipe, "--json", "-o", file)
    assert done.status == 1
    assert {path: path.read_bytes() for path in before} == before
    return done


@pytest.mark.parametrize("name", ["trip.mp4", "look.mp4", "clip.mp4", "./sub/../clip.mp4"])
def test_what_the_recipe_is_made_of_is_not_written_over(recipe: Path, name: str) -> None:
    (recipe.parent / "sub").mkdir()
    assert refused(recipe, recipe.parent / name).codes == ["output-is-source"]


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_nor_by_another_name_of_it(recipe: Path, link: object) -> None:
    assert callable(link)
    other = recipe.parent / "other.mp4"
    link(recipe, other)
    assert refused(recipe, other).codes == ["output-is-source"]


def test_another_ending_is_refused_and_the_recipe_stays(reel: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, [{"src": reel / "30.mp4", "duration": 1}])
    done = refused(recipe, recipe)
    assert done.codes == ["wrong-value", "output-is-source"]
    assert ".mp4" in done.stdout


def test_a_folder_whose_name_is_no_utf_8_is_as_good_as_any(reel: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, [{"src": reel / "30.mp4", "duration": 1}])
    place = tmp_path / os.fsdecode(b"caf\xe9") / "film.mp4"
    assert montage_recipe(ENGINES[0], "build", recipe, "-o", place, "--dry-run").status == 0


def test_the_footage_of_another_output_is_not_written_over(reel: Path, tmp_path: Path) -> None:
    (tmp_path / "b.mp4").hardlink_to(reel / "30.mp4")
    outputs = [
        {"file": "one.mp4", "vars": {"file": str(reel / "25.mp4")}},
        {"file": "two.mp4", "vars": {"file": "b.mp4"}},
    ]
    recipe = tmp_path / "trip.yaml"
    recipe.write_text(f'recipe: 1\nclips: [{{src: "${{file}}", duration: 1}}]\noutputs: {json.dumps(outputs)}\n')
    done = montage_recipe(ENGINES[0], "build", recipe, "--json", "--output", "one", "-o", tmp_path / "b.mp4")
    assert (done.status, done.codes) == (1, ["output-is-source"])
