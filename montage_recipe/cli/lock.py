"""`montage-recipe lock`: writes down what a recipe is built from, and says what has changed since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from montage_recipe.cli import show
from montage_recipe.cli.main import ExitCode
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.lockfile.compare import Difference, as_diagnostic, differences
from montage_recipe.lockfile.files import is_ours, missing_lock, read_lock, write_lock
from montage_recipe.lockfile.model import LockFile, lock_file_of
from montage_recipe.lockfile.refuse import cure_of
from montage_recipe.pipeline import look_at_present
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.render.signals import stop_on_signals
from montage_recipe.settings import in_ci
from montage_recipe.wording import counted


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only compare; the exit status is 3 where something differs.")
@click.option("--update", is_flag=True, help="Write the lock anew, and say what changed; not where CI is set.")
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@OPTION
def command(recipe: Path, check: bool, update: bool, cache: Path | None, as_json: bool, untrusted: bool | None) -> None:
    """Write down what RECIPE is built from: its media and fonts, the ffmpeg, the weights of upscaling models.

    The lock of trip.yaml is trip.lock beside it. One that is there is left alone, and what differs is told. Commit it:
    `build --locked` refuses what is not as it says.
    """
    if check and update:
        raise click.UsageError("--check writes nothing, and --update writes: choose one of them")
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted}, quiet=as_json)
    if update and in_ci():
        raise _refused_in_ci(f"lock {recipe} --update")
    with stop_on_signals() as stop:
        source, present = look_at_present(recipe, settings, stop=stop.is_set)
    file = _read(recipe, source, update=update)
    if file is None and check:
        raise missing_lock(recipe)
    if file is None and in_ci():
        raise _refused_in_ci(f"lock {recipe}")
    found = differences(file, present, whole=True) if file else ()
    told = [(each, as_diagnostic(each, file, source, "" if update else cure_of(recipe))) for each in found if file]
    if file is None or (update and found):
        write_lock(recipe, present.lock)
    status = "written" if file is None else "unchanged" if not found else "updated" if update else "differs"
    if as_json:
        _print_json(recipe, status, told)
    else:
        _print(recipe, status, told, items=len(present.lock.items))
    if status == "differs":
        if check and not as_json:
            click.echo(f"help: {cure_of(recipe)}")
        elif not as_json:
            show.show([_out_of_date(recipe)])
        raise SystemExit(ExitCode.CHECK_FAILED if check else ExitCode.FAILED)


def _read(recipe: Path, source: RecipeSource, *, update: bool) -> LockFile | None:
    """The lock that is there; one that is damaged counts as none where it is written anew. Raises RecipeError."""
    try:
        return read_lock(recipe, source.confinement)
    except RecipeError as error:
        damaged = all(fault.code == "lock-unusable" for fault in error.diagnostics)
        if update and damaged and lock_file_of(recipe) != recipe and is_ours(recipe, source.confinement):
            return None
        raise


def _print(recipe: Path, status: str, told: Sequence[tuple[Difference, Diagnostic]], *, items: int) -> None:
    for _, fault in told:
        click.echo(f"{fault.location}: {fault.message}")
    place, many = lock_file_of(recipe), counted(len(told), "difference")
    click.echo(
        {
            "written": f"{place}: written, with {counted(items, 'file')} and the ffmpeg; commit it",
            "unchanged": f"{place}: nothing has changed",
            "updated": f"{place}: written anew, {many}",
            "differs": f"{place}: {many}",
        }[status]
    )


def _print_json(recipe: Path, status: str, told: Sequence[tuple[Difference, Diagnostic]]) -> None:
    rows = [
        {"item": each.item, "locked": each.locked or None, "now": each.now or None, **show.as_data(fault)}
        for each, fault in told
    ]
    data = {"lock": str(lock_file_of(recipe)), "status": status, "differences": rows}
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _out_of_date(recipe: Path) -> Diagnostic:
    message = f"{lock_file_of(recipe)} is left as it is"
    return Diagnostic(code="lock-out-of-date", message=message, hint=cure_of(recipe))


def _refused_in_ci(words: str) -> RecipeError:
    message = "CI is set, and a lock is written by a person who reads its diff"
    return _fault(
        "lock-update-in-ci", message, f"run `montage-recipe {words}` on your own machine, and commit the lock"
    )


def _fault(code: str, message: str, hint: str) -> RecipeError:
    return RecipeError([Diagnostic(code=code, message=message, hint=hint)])
