"""The stores of other people's recipes: one for each recipe's path, in a folder of the user's own cache.

Nobody sees them beside a recipe, and each recipe's keeps up to its limit, so builds remove those that were unused for long.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.render.locks import FileLock
from montage_recipe.render.runs import Freed
from montage_recipe.render.store import USE_LOCK

UNUSED_S = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """So many stores, and the files in them."""

    stores: int
    held: Freed


def look(folder: Path) -> Strangers:
    """What the stores in `folder` take; one that goes meanwhile counts as far as it was seen."""
    roots = tuple(_stores(folder))
    return Strangers(stores=len(roots), held=sum((_content(root) for root in roots), Freed()))


def remove_unused(folder: Path, *, unused_s: float = UNUSED_S, now_s: float | None = None) -> Strangers:
    """Removes the stores that nobody has opened for so long, but none that is open. Raises OSError."""
    now_s = time.time() if now_s is None else now_s
    removed = [freed for root in _stores(folder) if (freed := _removed(root, now_s - unused_s)) is not None]
    return Strangers(stores=len(removed), held=sum(removed, Freed()))


def _removed(root: Path, used_before_s: float) -> Freed | None:
    lock = FileLock(root / USE_LOCK)
    try:
        if not lock.try_exclusive() or lock.file.stat().st_mtime > used_before_s:
            return None
        freed = _content(root)
        # Renamed first: who opens the store at this moment makes a new one, and does not see this one's files go.
        going = root.with_name(f".{root.name}-{os.getpid()}")
        root.rename(going)
        shutil.rmtree(going)
        return freed
    finally:
        lock.close()


def _stores(folder: Path) -> Iterator[Path]:
    """Those that a killed removal has left among them."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())


def _content(root: Path) -> Freed:
    freed = Freed()
    for file in root.rglob("*"):
        with suppress(FileNotFoundError):
            if file.is_file() and not file.is_symlink():
                freed += Freed(files=1, bytes=file.stat().st_size)
    return freed
