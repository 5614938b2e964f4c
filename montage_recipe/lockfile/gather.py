"""Looks at what a recipe would be built from now. Reads media and fonts, and runs nothing."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from montage_recipe import __version__
from montage_recipe.diagnostics import Diagnostic, RecipeError, RecipePath
from montage_recipe.engine import Engine
from montage_recipe.lockfile.model import Item, Lock, Present, Sort
from montage_recipe.memo import Memo
from montage_recipe.models import weights_for
from montage_recipe.recipe.files import not_as_stated
from montage_recipe.recipe.model import FileMedia, Recipe
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.recipe.validate import variable_sets
from montage_recipe.recipe.variables import Substitution
from montage_recipe.stopping import Stop, never
from montage_recipe.timeline.sources import sources_of


@dataclass(slots=True)
class _Collected:
    items: dict[tuple[Sort, str], Item] = field(default_factory=dict)
    places: dict[tuple[Sort, str], RecipePath] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, item: Item, at: RecipePath) -> None:
        """The first place that asks for an item is the one that is told."""
        self.items.setdefault(item.key, item)
        self.places.setdefault(item.key, at)


def gather(
    recipes: Sequence[Recipe],
    source: RecipeSource,
    engine: Engine,
    *,
    memo: Memo | None = None,
    workers: int = 1,
    stop: Stop = never,
) -> Present:
    """Everything that `recipes`, outputs of `source`, are built from. Raises RecipeError with a fault for each medium or
    font that cannot be read, or Interrupted."""
    found = _Collected()
    _add_media(recipes, source, found, memo, workers, stop)
    _add_fonts(recipes, source, found)
    for recipe in recipes:
        for clip in recipe.clips:
            for item in _weights(clip.upscale.model, clip.upscale.factor) if clip.upscale else ():
                found.add(item, clip.upscale.at if clip.upscale else clip.at)
    lock = Lock(
        recipe=plain(source.file.name),
        release=__version__,
        ffmpeg_version=engine.version_text,
        ffmpeg_build=engine.build_id,
        items=tuple(item for _, item in sorted(found.items.items())),
    )
    return Present(lock=lock, places=found.places, files=found.files)


def plain(name: str) -> str:
    r"""A name that text can hold: one of a file need not be UTF-8.

    >>> plain("caf\udce9")
    'caf\\xe9'
    """
    return os.fsencode(name).decode(errors="backslashreplace")


def _add_media(
    recipes: Sequence[Recipe], source: RecipeSource, found: _Collected, memo: Memo | None, workers: int, stop: Stop
) -> None:
    from montage_recipe.media.survey import fingerprint_all

    media = [medium for recipe in recipes for medium in sources_of(recipe) if isinstance(medium, FileMedia)]
    places = {medium.file: medium.at for medium in reversed(media)}
    known = fingerprint_all(places, memo=memo, workers=workers, at=places, stop=stop, within=source.confinement)
    faults = [fault for medium in media for fault in not_as_stated(medium, known[str(medium.file)])]
    if faults:
        raise RecipeError(faults)
    for file, at in places.items():
        sha256 = found.files[os.path.abspath(file)] = known[str(file)]  # noqa: PTH100 # as jobs name it
        name = written(file, at, source)
        found.add(Item(sort=Sort.MEDIUM, name=name, sha256=sha256, size_bytes=_size(file)), at)


def _size(file: Path) -> int | None:
    """None where it has gone in this very moment."""
    try:
        return file.stat().st_size
    except OSError:
        return None


def _add_fonts(recipes: Sequence[Recipe], source: RecipeSource, found: _Collected) -> None:
    titles = [title for recipe in recipes for title in recipe.titles]
    if not titles:
        return
    from montage_recipe.titles.fonts import read_font
    from montage_recipe.titles.lower import title_fonts

    read = functools.cache(read_font)
    faults: list[Diagnostic] = []
    for title in titles:
        at = (*title.at, "font") if title.font else title.at
        try:
            fonts = title_fonts(title.text, read(title.font, within=source.confinement) if title.font else None)
        except ValueError as error:
            hint = "name a TrueType or OpenType font"
            faults.append(Diagnostic(code="font-unusable", path=at, message=str(error), hint=hint))
            continue
        for font in fonts:
            own = font.file == title.font
            name = written(font.file, at, source) if own else font.file.name
            sort = Sort.FONT if own else Sort.BUILT_IN_FONT
            found.add(Item(sort=sort, name=name, sha256=font.fingerprint, title=plain(font.name)), at)
            found.files[str(font.file)] = font.fingerprint
    if faults:
        raise RecipeError(faults)


def _weights(model: str, factor: int) -> Iterator[Item]:
    """All files by which a host may do it: which of them it takes depends on the host."""
    for weights in weights_for(model, factor):
        for file in weights.files:
            yield Item(sort=Sort.MODEL, name=f"{model}/{file.name}", sha256=file.sha256)


def written(file: Path, at: RecipePath, source: RecipeSource) -> str:
    """A file as the recipe writes it: absolute where it does so, else counted from the folder of the recipe, so that it is
    the same in each clone."""
    value: Any = source.data
    for step in at:
        value = value[step]
    text = value.get("file") if isinstance(value, dict) else value
    texts = {str(Substitution(variables).into(text)) for variables in variable_sets(source.data)}
    if any(os.path.isabs(each) and os.path.normpath(each) == str(file) for each in texts):  # noqa: PTH117 # text
        return plain(str(file))
    return plain(Path(os.path.relpath(file, source.file.absolute().parent)).as_posix())
