"""`montage-recipe diff`: what a change of a recipe changes in the film."""

from __future__ import annotations

import json
from pathlib import Path

import click

from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.comparing import compare_recipes, sides_of
from montage_recipe.diff import formats
from montage_recipe.render.signals import stop_on_signals

FORMATS = ("text", "markdown", "json")


@click.command()
@click.argument("old")
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@OPTION
def command(old: str, new: Path, form: str, cache: Path | None, untrusted: bool | None) -> None:
    """Say what changes in the film from the recipe OLD to the recipe NEW.

    OLD is another recipe file; or a range of git's revisions, `main..HEAD` or `main...HEAD`, in which NEW is read; or one
    revision, from which NEW has been changed in the working tree. Nothing is rendered, and no file is changed.

    --format markdown is for a comment on a pull request: no text of a recipe can do anything there but be shown.

    The exit status is 0 whether or not anything changes ("nothing_changes" in JSON tells), and 1 where one of the recipes
    has a fault.
    """
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted})
    with stop_on_signals() as stop:
        before, after = sides_of(old, new, stop.is_set)
        diff = compare_recipes(before, after, settings=settings, stop=stop.is_set)
    match form:
        case "markdown":
            click.echo(formats.as_markdown(diff), nl=False)
        case "json":
            click.echo(json.dumps(formats.as_data(diff), ensure_ascii=False, indent=2))
        case _:
            click.echo(formats.as_text(diff), nl=False)
