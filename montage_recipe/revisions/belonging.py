"""Whether a repository's things are its own: one that came with somebody else's folder must not show the revisions of
another repository on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_LONGEST_NAME_BYTES = 4096


def borrows(top: Path, own: Path, common: Path) -> bool:
    """Whether the repository of the working tree `top` takes revisions from elsewhere: `own` is its folder of HEAD, `common`
    that of all else, which a linked working tree (`git worktree add`) shares with others. A submodule counts as borrowing."""
    own, common = Path(os.path.realpath(own)), Path(os.path.realpath(common))
    if own == common and common.is_relative_to(os.path.realpath(top)):
        return any(_leading_away(common))
    return not (own.is_relative_to(common) and _names(own / "gitdir", top / ".git"))


def _leading_away(common: Path) -> Iterator[bool]:
    yield (common / "objects" / "info" / "alternates").exists()
    yield os.path.lexists(common / "commondir")
    for name in ("HEAD", "packed-refs", "shallow", "objects", "refs", "logs", "reftable", "worktrees"):
        place = common / name
        yield place.is_symlink()
        for folder, folders, files in os.walk(place):
            yield any((Path(folder) / each).is_symlink() for each in (*folders, *files))


def _names(file: Path, place: Path) -> bool:
    """Whether git itself has written down that the working tree belongs here; nobody outside can have."""
    try:
        with file.open("rb") as stream:
            named = os.fsdecode(stream.read(_LONGEST_NAME_BYTES)).rstrip("\n")
    except OSError:
        return False
    return os.path.realpath(file.parent / named) == os.path.realpath(place)
