"""Reads and writes the file of a lock."""

from __future__ import annotations

import os
import re
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, Location, RecipeError
from montage_recipe.disk import disk_faults, write_durably
from montage_recipe.lockfile.gather import plain
from montage_recipe.lockfile.model import Lock, LockFile, lock_file_of
from montage_recipe.lockfile.text import HEAD, lock_from, text_of
from montage_recipe.untrusted import Confinement, open_to_read

_LARGEST_BYTES = 8 << 20  # 2,000 media, of a stranger's recipe the most there may be, have about 300 kB
_AT_LINE = re.compile(r" \(at line (?P<line>\d+), column (?P<column>\d+)\)")


def read_lock(recipe: Path, within: Confinement | None = None) -> LockFile | None:
    """The lock of the recipe in the file `recipe`; None where there is none. `within` is the folder that must hold it.
    Raises RecipeError where it cannot be used."""
    file = lock_file_of(recipe)
    if file == recipe:
        message = f"the lock of {recipe.name} would be the recipe itself"
        raise _refusal("lock-unusable", message, "give the recipe a name that ends in .yaml")
    text = _text(file, within)
    if text is None:
        return None
    try:
        lock = lock_from(text)
    except ValueError as error:
        raise RecipeError([_unusable(file, text, str(error))]) from None
    if lock.recipe != plain(recipe.name):
        message = f"{file} is the lock of {lock.recipe}, and {recipe.name} would have the same one"
        raise _refusal("lock-of-another-recipe", message, "give one of the two recipes another name")
    return LockFile(file=file, lock=lock, lines=tuple(text.split("\n")))


def is_ours(recipe: Path, within: Confinement | None = None) -> bool:
    """Whether the file in the lock's place, however damaged, is a lock, and may be written anew; also where there is none.
    Other programs have files of such names (`poetry.lock`). Raises RecipeError where it cannot be read."""
    text = _text(lock_file_of(recipe), within)
    return text is None or HEAD.split(":")[0] in text[: 4 * len(HEAD)]


def _text(file: Path, within: Confinement | None) -> str | None:
    try:
        with os.fdopen(open_to_read(file, within), "rb") as stream:
            raw = stream.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except ValueError as error:
        hint = "let `montage-recipe lock` write it"
        raise _refusal("lock-unusable", str(error), hint) from None
    except OSError as error:
        reason = "it is a folder" if isinstance(error, IsADirectoryError) else error.strerror or str(error)
        raise _refusal("lock-unusable", f"cannot read {file}: {reason}", "check its permissions") from None
    if len(raw) > _LARGEST_BYTES:
        raise _refusal("lock-unusable", f"{file} is too large to be a lock", "remove it, and make it anew")
    return raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def _unusable(file: Path, text: str, why: str) -> Diagnostic:
    place = _AT_LINE.search(why)
    line, column = (int(place["line"]), int(place["column"])) if place else (1, 1)
    lines = text.split("\n")
    shown = lines[line - 1] if line <= len(lines) and place else ""
    return Diagnostic(
        code="lock-unusable",
        message=f"this is no lock that can be used: {_AT_LINE.sub('', why)}",
        hint="bring back the committed one (`git checkout`); or write it anew: `montage-recipe lock RECIPE --update`",
        location=Location(file=str(file), line=line, column=column, text=shown),
    )


def write_lock(recipe: Path, lock: Lock) -> Path:
    """Puts the lock at its place in one step; returns the place. Raises StoreError."""
    file = lock_file_of(recipe)
    with disk_faults(f"write {file}"):
        write_durably(file, text_of(lock))
    return file


def missing_lock(recipe: Path) -> RecipeError:
    """For who wants to build or to check by a lock that is not there."""
    message = f"{recipe.name} has no lock: there is no {lock_file_of(recipe)}"
    return _refusal("lock-missing", message, f"`montage-recipe lock {recipe}` writes it; then commit it")


def _refusal(code: str, message: str, hint: str) -> RecipeError:
    return RecipeError([Diagnostic(code=code, message=message, hint=hint)])
