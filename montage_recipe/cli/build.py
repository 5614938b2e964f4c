"""`montage-recipe build`: a recipe becomes its finished video."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from montage_recipe.cli import show
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.pipeline import build_recipe, preview_recipe
from montage_recipe.render.events import Event, Listener, Warned
from montage_recipe.render.progress import Details, JsonLines, PlainLines, TerminalBars
from montage_recipe.render.signals import stop_on_signals


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("-o", "output_file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write here.")
@click.option("--output", metavar="NAME", help="Build only the output of this name.")
@click.option("--jobs", metavar="N", help="Cores to use; default: all.")
@click.option(
    "--memory-limit",
    metavar="SIZE",
    help="For all processes together, e.g. 4G; default: 50, 60 or 70 % of what is free.",
)
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@click.option("--no-cache", is_flag=True, help="Make everything anew, and keep nothing but the output and the log.")
@click.option("--locked", is_flag=True, help="Refuse what is not as the recipe's lock says: see `lock`.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line; the last is the summary.")
@OPTION
@click.option("--quiet", is_flag=True, help="Print nothing but faults.")
@click.option("-v", "verbosity", count=True, help="Tell of each job; -vv: also what ran, and what ffmpeg said.")
def command(
    recipe: Path,
    output_file: Path | None,
    output: str | None,
    jobs: str | None,
    memory_limit: str | None,
    cache: Path | None,
    no_cache: bool,
    locked: bool,
    dry_run: bool,
    as_json: bool,
    untrusted: bool | None,
    quiet: bool,
    verbosity: int,
) -> None:
    """Turn RECIPE into its finished video.

    What was made before and is still right is reused. The file appears at its place only when it is complete and has
    been checked.
    """
    told = min(verbosity, 2) or None
    flags = {"jobs": jobs, "memory_limit_bytes": memory_limit, "cache_dir": cache, "untrusted": untrusted}
    settings = settings_for(flags | {"verbosity": told}, quiet=quiet)
    wanted: dict[str, Any] = {"settings": settings, "output": output, "output_file": output_file, "locked": locked}
    with listening(as_json=as_json, quiet=quiet, verbosity=settings.verbosity) as listener, stop_on_signals() as stop:
        if dry_run:
            preview_recipe(recipe, on_event=listener, stop=stop, **wanted)
        else:
            build_recipe(recipe, on_event=listener, stop=stop, keep=not no_cache, **wanted)


@contextmanager
def listening(*, as_json: bool, quiet: bool = False, verbosity: int = 0) -> Iterator[Listener]:
    """Events as JSON lines; or progress as bars on a terminal and as lines elsewhere, and warnings as they come."""
    if as_json:
        yield JsonLines(sys.stdout)
        return
    if quiet:
        yield _warnings
        return
    if verbosity:
        yield _both(_warnings, _both(Details(_line, verbosity=verbosity), PlainLines(_line)))
        return
    if not sys.stderr.isatty():
        yield _both(_warnings, PlainLines(_line))
        return
    from rich.console import Console

    with TerminalBars(Console(stderr=True)) as bars:
        yield _both(_warnings, bars)


def _line(text: str) -> None:
    click.echo(text, err=True)


def _warnings(event: Event) -> None:
    if isinstance(event, Warned):
        show.show([event.diagnostic])


def _both(first: Listener, second: Listener) -> Listener:
    def tell(event: Event) -> None:
        first(event)
        second(event)

    return tell
