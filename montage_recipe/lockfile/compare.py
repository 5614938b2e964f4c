"""What differs between a lock and what a recipe would be built from now; each difference is one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from montage_recipe.diagnostics import Diagnostic, Location, RecipePath
from montage_recipe.lockfile.model import Item, LockFile, Present, Sort
from montage_recipe.lockfile.text import quoted
from montage_recipe.recipe.source import RecipeSource

_SHOWN = 12  # digits of a hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    code: str
    item: str  # as people call it: "footage/a.mp4", "ffmpeg"
    message: str  # the whole line
    locked: str  # as in the lock; "" where it has no such entry
    now: str  # as it is; "" where it is not used any more
    path: RecipePath = ()  # in the recipe
    key: str = ""  # what the line of the lock begins with


def differences(file: LockFile, present: Present, *, whole: bool) -> tuple[Difference, ...]:
    """In the order of the file. `whole` says that everything the recipe uses was looked at, so that what is not among it
    is used no more."""
    return tuple(_differences(file, present, whole=whole))


def _differences(file: LockFile, present: Present, *, whole: bool) -> Iterator[Difference]:
    locked, now = file.lock, present.lock
    if locked.release != now.release:
        yield _changed("lock-release-differs", "montage-recipe", locked.release, now.release)
    if locked.ffmpeg_version != now.ffmpeg_version:
        yield _changed("lock-ffmpeg-differs", "ffmpeg", locked.ffmpeg_version, now.ffmpeg_version)
    elif locked.ffmpeg_build != now.ffmpeg_build:
        builds = _hashes("build", locked.ffmpeg_build, now.ffmpeg_build)
        yield Difference(
            code="lock-ffmpeg-differs",
            item="ffmpeg",
            message=f"ffmpeg: another build of {now.ffmpeg_version} ({builds})",
            locked=locked.ffmpeg_build,
            now=now.ffmpeg_build,
            key="ffmpeg",
        )
    before, after = locked.by_key(), now.by_key()
    for key in sorted(before.keys() | after.keys(), key=lambda key: (list(Sort).index(key[0]), key[1])):
        old, new = before.get(key), after.get(key)
        if new is None and old is not None and whole:
            message = f"{called(old)}: in {file.file.name}, and no longer used"
            yield _of(old, "lock-entry-unused", message, old.sha256, "", ())
        elif new is not None and old is None:
            message = f"{called(new)}: not in {file.file.name}"
            yield _of(new, "not-in-lock", message, "", new.sha256, present.places[key])
        elif new is not None and old is not None and new.sha256 != old.sha256:
            message = f"{called(new)}: {_WHAT[new.sort]} changed ({_hashes('sha256', old.sha256, new.sha256)})"
            yield _of(new, _CODES[new.sort], message, old.sha256, new.sha256, present.places[key])


_CODES = {
    Sort.MEDIUM: "lock-media-differs",
    Sort.FONT: "lock-font-differs",
    Sort.BUILT_IN_FONT: "lock-font-differs",
    Sort.MODEL: "lock-model-differs",
}
_WHAT = {
    Sort.MEDIUM: "its content",
    Sort.FONT: "the font",
    Sort.BUILT_IN_FONT: "the built-in font",
    Sort.MODEL: "the weights of the upscaling model",
}


def called(item: Item) -> str:
    """As people call it."""
    return f"{item.name} (built-in font)" if item.sort is Sort.BUILT_IN_FONT else item.name


def _changed(code: str, item: str, locked: str, now: str) -> Difference:
    return Difference(code=code, item=item, message=f"{item}: {locked} -> {now}", locked=locked, now=now, key=item)


def _of(item: Item, code: str, message: str, locked: str, now: str, path: RecipePath) -> Difference:
    return Difference(
        code=code, item=called(item), message=message, locked=locked, now=now, path=path, key=quoted(item.name)
    )


def _hashes(what: str, old: str, new: str) -> str:
    """
    >>> _hashes("sha256", "ab" * 32, "cd" * 32)
    'sha256 abababababab… -> cdcdcdcdcdcd…'
    """
    shown = _SHOWN if old[:_SHOWN] != new[:_SHOWN] else max(len(old), len(new))
    cut = "…" if shown == _SHOWN else ""
    return f"{what} {old[:shown]}{cut} -> {new[:shown]}{cut}"


def as_diagnostic(difference: Difference, file: LockFile, source: RecipeSource, hint: str) -> Diagnostic:
    """With its place: in the recipe where it asks for the item, else in the lock."""
    location = source.at(difference.path) if difference.path else _line(difference, file)
    return Diagnostic(
        code=difference.code, message=difference.message, hint=hint, path=difference.path, location=location
    )


def _line(difference: Difference, file: LockFile) -> Location:
    for number, text in enumerate(file.lines, start=1):
        if text.startswith(f"{difference.key} = "):
            return Location(file=str(file.file), line=number, column=1, length=len(difference.key), text=text)
    return Location(file=str(file.file), line=1, column=1)
