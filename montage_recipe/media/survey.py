"""Looks at all the files of a recipe, several at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from montage_recipe.diagnostics import Diagnostic, RecipeError, RecipePath
from montage_recipe.media.facts import MediaFacts
from montage_recipe.media.probe import probe
from montage_recipe.memo import Memo
from montage_recipe.stopping import Stop, never
from montage_recipe.untrusted import Confinement


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
    asked = list(dict.fromkeys(files))
    facts: dict[str, MediaFacts] = {}
    faults: list[Diagnostic] = []
    given_up = Event()

    def attempt(file: Path) -> MediaFacts | RecipeError:
        try:
            return probe(file, memo=memo, stop=lambda: given_up.is_set() or stop(), within=within)
        except RecipeError as error:
            return error

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        try:
            results = tuple(pool.map(attempt, asked))
        except BaseException:  # Ctrl-C in a command without a handler: the pool waits for its threads
            given_up.set()
            raise
    for file, result in zip(asked, results, strict=True):
        if isinstance(result, MediaFacts):
            facts[str(file)] = result
        else:
            path = (at or {}).get(file, ())
            faults += [dataclasses.replace(fault, path=path) for fault in result.diagnostics]
    if faults:
        raise RecipeError(faults)
    return facts
