"""`montage-recipe validate`: everything that is wrong with recipes, without building them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from montage_recipe.cli import show
from montage_recipe.cli.main import ExitCode
from montage_recipe.cli.show import Format
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.diagnostics import Diagnostic, RecipeError, Severity
from montage_recipe.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice([str(form) for form in Format]),
    default="text",
    help="How to print the faults.",
)
@click.option("--no-media", is_flag=True, help="Do not look whether the files that recipes name are there.")
@click.option(
    "--probe",
    is_flag=True,
    help="Look into the files too, as a build does: points after their end, transitions longer than clips, titles "
    "outside of the montage, characters that no font has, GPU hosts that you have not named.",
)
@OPTION
def command(files: tuple[Path, ...], form: str, no_media: bool, probe: bool, untrusted: bool | None) -> None:
    """Check recipes without building them.

    Prints every fault with its place and a cure. Without --probe, only the text is read, and whether the files are
    there. The exit status is 0 where there are no errors (warnings may be there) and 1 otherwise.
    """
    if no_media and probe:
        raise click.UsageError("--probe looks into the files that --no-media leaves alone: choose one of them")
    settings = settings_for({"untrusted": untrusted})
    found = {
        file: _probed(file, settings) if probe else _faults_of(file, settings, check_files=not no_media)
        for file in files
    }
    diagnostics = [diagnostic for faults in found.values() for diagnostic in faults]
    ok = not any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    match Format(form):
        case Format.TEXT:
            _print_text(found)
        case Format.JSON:
            click.echo(show.as_json(diagnostics, ok=ok, files=[str(file) for file in files]), nl=False)
        case Format.GITHUB:
            click.echo(show.as_github(diagnostics), nl=False)
    raise SystemExit(ExitCode.OK if ok else ExitCode.FAILED)


def _faults_of(file: Path, settings: Settings, *, check_files: bool) -> tuple[Diagnostic, ...]:
    from montage_recipe.recipe.source import read_recipe
    from montage_recipe.recipe.validate import examine

    try:
        return examine(read_recipe(file, untrusted=settings.untrusted), check_files=check_files).diagnostics
    except RecipeError as error:
        return error.diagnostics


def _probed(file: Path, settings: Settings) -> tuple[Diagnostic, ...]:
    from montage_recipe.pipeline import doubts_of_hosts, looked_into
    from montage_recipe.render.execute import outstanding

    doubts: list[Diagnostic] = []
    try:
        with looked_into(file, settings) as (compiled, _, store):
            for one in compiled:
                try:
                    doubts += doubts_of_hosts(one, outstanding(one.plan, store).jobs, settings)
                except RecipeError as error:
                    doubts += error.diagnostics
    except RecipeError as error:
        return error.diagnostics
    return (*(warning for one in compiled for warning in one.warnings), *dict.fromkeys(doubts))


def _print_text(found: dict[Path, tuple[Diagnostic, ...]]) -> None:
    out = sys.stdout
    for file, faults in found.items():
        show.show(faults, stream=out)
        gap = "\n" if faults else ""
        click.echo(f"{gap}{file}: {show.summary(faults)}")
