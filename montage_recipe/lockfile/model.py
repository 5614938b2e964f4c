"""A lock: the identity of everything that a recipe is built from, besides the recipe itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from montage_recipe.diagnostics import RecipePath

FORMAT = 1  # of the file
ENDING = ".lock"


class Sort(StrEnum):
    """Of what is locked; the name of its table in the file."""

    MEDIUM = "media"  # by the path, as the recipe writes it
    FONT = "fonts"  # likewise
    BUILT_IN_FONT = "built-in-fonts"  # by the name of the file in its package
    MODEL = "models"  # by MODEL/FILE OF WEIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file that is read."""

    sort: Sort
    name: str
    sha256: str  # of its content
    size_bytes: int | None = None  # of media
    title: str = ""  # of fonts: the name that the font gives itself

    @property
    def key(self) -> tuple[Sort, str]:
        return self.sort, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    recipe: str  # the name of its file
    release: str  # of montage-recipe
    ffmpeg_version: str
    ffmpeg_build: str  # Engine.build_id
    items: tuple[Item, ...]  # each key once

    def by_key(self) -> Mapping[tuple[Sort, str], Item]:
        return {item.key: item for item in self.items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What a recipe would be built from now."""

    lock: Lock
    places: Mapping[tuple[Sort, str], RecipePath]  # where the recipe asks for an item
    files: Mapping[str, str]  # sha256 by path, of all media and fonts that were looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """A lock as it is read from its file."""

    file: Path
    lock: Lock
    lines: tuple[str, ...]


def lock_file_of(recipe: Path) -> Path:
    """The recipe's name with another ending, so that two recipes of one folder have two locks.

    >>> lock_file_of(Path("films/trip.yaml")).as_posix()
    'films/trip.lock'
    """
    return recipe.with_suffix(ENDING)
