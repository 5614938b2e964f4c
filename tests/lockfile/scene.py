"""A folder with a recipe that has one of each: footage, a font of its own, a built-in font, a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from montage_recipe.engine import Engine
from montage_recipe.titles.fonts import builtin_fonts
from tests.endtoend import footage
from tests.endtoend.commands import Done, montage_recipe
from tests.endtoend.recipes import write_recipe
from tests.engines import ENGINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    recipe: Path

    @property
    def folder(self) -> Path:
        return self.recipe.parent

    @property
    def lock(self) -> Path:
        return self.recipe.with_suffix(".lock")

    def run(self, *arguments: str | Path, engine: Engine = ENGINES[0]) -> Done:
        """With the recipe called as somebody in its folder calls it."""
        command, *others = arguments
        return montage_recipe(engine, command, self.recipe.name, *others, cwd=self.folder)

    def edit(self, old: str, new: str) -> None:
        """Changes the lock as another release, or a person, would have written it."""
        text = self.lock.read_text(encoding="utf-8")
        assert old in text
        self.lock.write_text(text.replace(old, new), encoding="utf-8")


def font_of_another_edition(file: Path, *, revision: float) -> Path:
    """The built-in font as a later edition of it: the same letters, another file."""
    from fontTools.ttLib import TTFont

    file.parent.mkdir(exist_ok=True)
    with TTFont(builtin_fonts()[0]) as font:
        font["head"].fontRevision = revision
        font.save(file)
    return file


def scene(folder: Path, *, upscale: bool = False) -> Scene:
    """The recipe is written so that the places of its media are in lines and columns that tests know."""
    folder.mkdir(exist_ok=True)
    footage.pattern(folder / "a.mp4", seconds=1, size="64x36")
    font_of_another_edition(folder / "fonts" / "brand.ttf", revision=1.0)
    clip = {"src": "walk", "duration": 0.5, **({"upscale": {"factor": 2}} if upscale else {})}
    titles = [
        {"text": "Hi", "duration": 0.3, "fade": 0, "font": "fonts/brand.ttf"},
        {"text": "Ho", "duration": 0.3, "fade": 0},
    ]
    recipe = write_recipe(folder, [clip], size="64x36", name="trip", media={"walk": "a.mp4"}, titles=titles)
    return Scene(recipe=recipe)
