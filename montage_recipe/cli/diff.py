"""`montage-recipe diff`: what a change of a recipe changes in the film."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from montage_recipe.cli import show
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.comparing import StillPair, StillsWish, compare_recipes, sides_of
from montage_recipe.diff import formats
from montage_recipe.render.signals import stop_on_signals

FORMATS = ("text", "markdown", "json")


@click.command()
@click.argument("old")
@click.argument("new", metavar="NEW", required=False, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@click.option(
    "--stills",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a picture before and one after of each change that can be seen, as PNG files into DIR.",
)
@click.option(
    "--width", metavar="PIXELS", type=click.IntRange(16), default=480, show_default=True, help="Of the stills."
)
@click.option(
    "--stills-url", "url", metavar="URL", help="Show the stills in the Markdown, as what will be found below URL."
)
@OPTION
def command(
    old: str,
    new: Path | None,
    form: str,
    cache: Path | None,
    folder: Path | None,
    width: int,
    url: str | None,
    untrusted: bool | None,
) -> None:
    """Say what changes in the film from the recipe OLD to the recipe NEW.

    OLD is another recipe file; or a range of git's revisions, `main..HEAD` or `main...HEAD`, in which NEW is read; or one
    revision, from which NEW has been changed in the working tree. Nothing is rendered but the stills, and no file is changed.

    --format markdown is for a comment on a pull request: no text of a recipe can do anything there but be shown.

    The exit status is 0 whether or not anything changes ("nothing_changes" in JSON tells), and 1 where one of the recipes
    has a fault.
    """
    if new is None:
        raise _one_side_only(old)
    if url is not None and (folder is None or form != "markdown"):
        raise click.UsageError("--stills-url is for what --format markdown says of --stills: give all three")
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted})
    with stop_on_signals() as stop:
        before, after = sides_of(old, new, stop.is_set, untrusted=settings.untrusted)
        wish = StillsWish(folder=folder, width=width, on_event=show.warnings_of) if folder else None
        diff, stills = compare_recipes(before, after, settings=settings, stop=stop, wish=wish)
    match form:
        case "markdown":
            click.echo(formats.as_markdown(diff, _addresses(stills, url) if url is not None else {}), nl=False)
        case "json":
            data = formats.as_data(diff) | ({"stills": [_as_data(pair) for pair in stills]} if folder else {})
            click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        case _:
            click.echo(formats.as_text(diff), nl=False)
    if folder and form != "json":
        files = sum(file is not None for pair in stills for file in (pair.old, pair.new))
        click.echo(f"{files} still{' is' if files == 1 else 's are'} in {folder}", err=True)


def _one_side_only(old: str) -> click.UsageError:
    sides = f"HEAD {old}" if old.endswith((".yaml", ".yml")) else f"{old} RECIPE"
    return click.UsageError(
        f"two things are compared, a revision and a recipe or two recipes: `montage-recipe diff {sides}`"
    )


def _addresses(stills: Iterable[StillPair], url: str) -> formats.Pictures:
    def address(file: Path | None) -> str | None:
        return f"{url.rstrip('/')}/{quote(file.name)}" if file else None

    return {(pair.output, pair.change): (address(pair.old), address(pair.new)) for pair in stills}


def _as_data(pair: StillPair) -> dict[str, Any]:
    return {
        "output": pair.output,
        "change": pair.change,
        "old": str(pair.old) if pair.old else None,
        "new": str(pair.new) if pair.new else None,
    }
