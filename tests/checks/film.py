"""A short film that the program makes of moving footage, and its recipe in other wordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.scenery import TAKES, film_take
from montage_recipe.engine import Engine
from montage_recipe.recipe.kinds import Size
from tests.endtoend.commands import Done, build, montage_recipe
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe

FPS = 30
SIZE = Size(480, 270)
_FOOTAGE_FRAMES = 4 * FPS
ENCODING: Entry = {"preset": "veryfast", "crf": 20}
CLIPS: tuple[Entry, ...] = (
    {"id": "open", "src": "take1.mp4", "in": "0.5s", "duration": "3.5s"},
    {"src": "take2.mp4", "duration": "3.5s", "transition": crossfade("0.5s")},
    {"src": "take3.mp4", "in": "0.5s", "duration": "3s"},
    {"src": "take4.mp4", "in": "0.5s", "duration": "3s", "transition": crossfade("0.5s")},
    {"src": "take5.mp4", "in": "0.5s", "duration": "3s"},
)
FRAMES = 15 * FPS
TITLES: tuple[Entry, ...] = (
    {"text": "Three days", "start": "open.start + 0.5s", "duration": "2s", "position": "lower-third", "size": "9%"},
)
GOLDEN: Entry = {"render": "golden/film.png"}
# For renders that are another codec, rate or container on purpose: everything else is judged.
ANY_FORMAT: Entry = {"format": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    engine: Engine  # that made it, and judges
    folder: Path
    recipe: Path
    any_format: Path  # the same recipe, which leaves the format open
    file: Path

    def built(
        self,
        name: str,
        *,
        clips: Sequence[Entry] = CLIPS,
        titles: Sequence[Entry] = TITLES,
        encoding: Entry = ENCODING,
        fps: int = FPS,
    ) -> Path:
        """The film that the program makes of the recipe with these changes; made once."""
        recipe = _recipe(self.folder, name, clips=clips, titles=titles, encoding=encoding, fps=fps)
        if not movie(recipe).exists():
            build(self.engine, recipe)
        return movie(recipe)

    def judged(self, file: Path, *, any_format: bool = False) -> Done:
        """What `check` says of a file by this film's recipe."""
        recipe = self.any_format if any_format else self.recipe
        return montage_recipe(self.engine, "check", recipe, "-o", file, "--json")

    def by(self, engine: Engine) -> Film:
        """The same film, for another ffmpeg to build."""
        return replace(self, engine=engine)


def make_film(engine: Engine, folder: Path) -> Film:
    """Shoots the footage, builds the film, and has its golden written."""
    for number, take in enumerate(TAKES, start=1):
        file = folder / f"take{number}.mp4"
        film_take(engine, take, file, frames=_FOOTAGE_FRAMES, drawn=Size(600, 338), size=SIZE, rate=FPS)
    recipe = _recipe(folder, "film", checks=(GOLDEN,))
    build(engine, recipe)
    done = montage_recipe(engine, "check", recipe, "--update")
    assert done.status == 0, done.stdout + done.stderr
    return Film(
        engine=engine,
        folder=folder,
        recipe=recipe,
        any_format=_recipe(folder, "any-format", checks=(GOLDEN, ANY_FORMAT)),
        file=movie(recipe),
    )


def _recipe(
    folder: Path,
    name: str,
    *,
    clips: Sequence[Entry] = CLIPS,
    titles: Sequence[Entry] = TITLES,
    encoding: Entry = ENCODING,
    fps: int = FPS,
    checks: Sequence[Entry] = (),
) -> Path:
    keys = {"titles": titles} if titles else {}
    keys |= {"checks": checks} if checks else {}
    return write_recipe(
        folder,
        clips,
        name=name,
        size=str(SIZE),
        fps=fps,
        encoding=encoding,
        media={"tune": {"generate": "tune", "duration": "15s"}},
        audio=[{"src": "tune", "fade_in": "0.3s", "fade_out": "1s"}],
        loudness={"integrated": -14},
        **keys,
    )
