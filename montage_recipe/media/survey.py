"""Looks at all the files of a recipe, several at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TypeVar

from montage_recipe.diagnostics import Diagnostic, RecipeError, RecipePath
from montage_recipe.media.facts import MediaFacts
from montage_recipe.media.fingerprint import fingerprint
from montage_recipe.media.probe import probe
from montage_recipe.memo import Memo
from montage_recipe.stopping import Stop, never
from montage_recipe.untrusted import Confinement

_Found = TypeVar("_Found")


def probe_all(
    files: Iterable[Path],
    *,
    memo: Memo | None = None,
    workers: int = 1,
    at: Mapping[Path, RecipePath] | None = None,
    stop: Stop = never,
    within: Confinement | None = None,
) -> dict[str, MediaFacts]:
    """Facts by file, as given. Raises one RecipeError for all unreadable files, at their places in the recipe `at`, or
    Interrupted."""

    def look(file: Path, given_up: Stop) -> MediaFacts:
        return probe(file, memo=memo, stop=given_up, within=within)

    return {str(file): facts for file, facts in _all(files, look, workers, at or {}, stop).items()}


def fingerprint_all(
    files: Iterable[Path],
    *,
    memo: Memo | None = None,
    workers: int = 1,
    at: Mapping[Path, RecipePath] | None = None,
    stop: Stop = never,
    within: Confinement | None = None,
) -> dict[str, str]:
    """The sha256 of each file's content, by file. Raises as `probe_all` does."""

    def look(file: Path, given_up: Stop) -> str:
        return fingerprint(file, memo=memo, stop=given_up, within=within)

    return {str(file): sha256 for file, sha256 in _all(files, look, workers, at or {}, stop).items()}


def _all(
    files: Iterable[Path],
    look: Callable[[Path, Stop], _Found],
    workers: int,
    at: Mapping[Path, RecipePath],
    stop: Stop,
) -> dict[Path, _Found]:
    asked = list(dict.fromkeys(files))
    found: dict[Path, _Found] = {}
    faults: list[Diagnostic] = []
    given_up = Event()

    def attempt(file: Path) -> _Found | RecipeError:
        try:
            return look(file, lambda: given_up.is_set() or stop())
        except RecipeError as error:
            return error

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        try:
            results = tuple(pool.map(attempt, asked))
        except BaseException:  # Ctrl-C in a command without a handler: the pool waits for its threads
            given_up.set()
            raise
    for file, result in zip(asked, results, strict=True):
        if isinstance(result, RecipeError):
            faults += [dataclasses.replace(fault, path=at.get(file, ())) for fault in result.diagnostics]
        else:
            found[file] = result
    if faults:
        raise RecipeError(faults)
    return found
