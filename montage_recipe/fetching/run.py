"""Fetches what a recipe needs, one file after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, FetchError, RecipeError
from montage_recipe.fetching.download import World, fetch, is_present
from montage_recipe.fetching.model import Ended, Outcome, Tell, Wanted, host_of
from montage_recipe.fetching.part import forget
from montage_recipe.fetching.rules import Rules, name_of, why_not
from montage_recipe.lockfile.gather import written
from montage_recipe.recipe.model import FileMedia
from montage_recipe.recipe.source import RecipeSource, read_recipe
from montage_recipe.recipe.validate import examine
from montage_recipe.timeline.sources import sources_of
from montage_recipe.untrusted import LARGEST_MEDIUM_BYTES


def fetch_recipe(
    file: Path,
    *,
    untrusted: bool,
    allow_hosts: frozenset[str],
    insecure_http: bool,
    tell: Tell,
    world: World = World(),  # noqa: B008 - frozen
) -> None:
    """Brings every file that an output of the recipe uses and that has an address. A fault of one does not keep the others
    from coming. Raises MontageError with all faults, at their places."""
    source = read_recipe(file, untrusted=untrusted)
    examined = examine(source, check_files=False)
    if examined.errors:
        raise RecipeError(examined.diagnostics)
    only = allow_hosts if allow_hosts or untrusted else None
    most = LARGEST_MEDIUM_BYTES if untrusted else None
    rules = Rules(only=only, insecure_http=insecure_http, most_bytes=most)
    wanted = {
        medium.file: Wanted(
            name=written(medium.file, medium.at, source),
            file=medium.file,
            url=medium.url,
            sha256=medium.sha256,
            at=medium.at,
        )
        for recipe in examined.recipes
        for medium in sources_of(recipe)
        if isinstance(medium, FileMedia) and medium.url
    }
    faults: list[Diagnostic] = []
    absent: list[Wanted] = []
    for each in wanted.values():
        try:
            if is_present(each):
                forget(each)
                size = each.file.stat().st_size
                tell(Ended(file=each.name, outcome=Outcome.PRESENT, size_bytes=size, wall_s=0.0))
            else:
                absent.append(each)
        except FetchError as error:
            faults += error.diagnostics
    refused = [fault for each in absent for fault in _refused(each, rules, source)]
    for each in () if refused else absent:
        try:
            fetch(each, rules, tell, world)
        except FetchError as error:
            faults += error.diagnostics
    if faults or refused:
        raise FetchError(source.locate(fault) for fault in (*faults, *refused))


def _refused(wanted: Wanted, rules: Rules, source: RecipeSource) -> Iterator[Diagnostic]:
    """Why nothing is asked of this address; found for all before the first byte is sent."""
    within = source.confinement
    path = wanted.place_of_url
    if within and rules.only == frozenset():
        message = f"a recipe from somebody else wants {host_of(wanted.url)} to be asked for `{wanted.name}`"
        allow = f"--allow-host {name_of(wanted.url)}"
        hint = f"allow the host, where you know it: {allow}; or, where the recipe is your own, --trusted"
        yield Diagnostic(code="fetch-untrusted", message=message, hint=hint, path=path)
        return
    if within and within.is_hidden(wanted.file):
        message = f"`{wanted.name}` would be a hidden file, or in a hidden folder, where other programs keep theirs"
        hint = "give `file` a name without a dot at its beginning; or, where the recipe is your own, --trusted"
        yield Diagnostic(code="fetch-untrusted", message=message, hint=hint, path=wanted.at)
    if why := why_not(wanted.url, rules):
        reason, _, cure = why.partition(": ")
        message = f"`{wanted.name}` is not fetched: {host_of(wanted.url)} {reason}"
        yield Diagnostic(code="fetch-not-allowed", message=message, hint=cure, path=path)
