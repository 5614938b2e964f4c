"""`montage-recipe sheet`: a contact sheet of the film."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from montage_recipe.cli import show
from montage_recipe.cli.still import refuse_other_than_png
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.pipeline import looked_into
from montage_recipe.render.signals import stop_on_signals
from montage_recipe.stills import contact_sheet, store_or_temporary


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("-o", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The PNG file.")
@click.option("--output", metavar="NAME", help="Of the output of this name; by default of the first.")
@click.option("--columns", type=click.IntRange(1, 20), default=4, show_default=True)
@click.option("--rows", type=click.IntRange(1, 40), default=15, show_default=True, help="The most of a file.")
@click.option(
    "--width", metavar="PIXELS", type=click.IntRange(120, 1920), default=320, show_default=True, help="Of each still."
)
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@OPTION
def command(
    recipe: Path,
    file: Path | None,
    output: str | None,
    columns: int,
    rows: int,
    width: int,
    cache: Path | None,
    untrusted: bool | None,
) -> None:
    """Write a contact sheet of RECIPE's film, without building the film: the middle of each clip and of each transition.

    Without -o it is written to the folder you are in, under the film's name. Where one file does not hold all, there are
    several, and their names end with numbers.
    """
    refuse_other_than_png(file)
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted})
    with (
        stop_on_signals() as stop,
        looked_into(recipe, settings, output=output, stop=stop.is_set) as (compiled, engine, store),
        ExitStack() as opened,
    ):
        one = compiled[0]
        files = contact_sheet(
            one,
            file or Path(f"{one.plan.output.stem}-sheet.png"),
            columns=columns,
            rows=rows,
            width=width,
            store=store_or_temporary(store, opened),
            engine=engine,
            settings=settings,
            on_event=show.warnings_of,
            stop=stop,
        )
    for written in files:
        click.echo(written)
