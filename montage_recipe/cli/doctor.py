"""`montage-recipe doctor`: what builds run on here, and what that costs."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from montage_recipe import __version__
from montage_recipe.cli import show
from montage_recipe.cli.main import ExitCode
from montage_recipe.diagnostics import Diagnostic, MontageError
from montage_recipe.settings import Settings, load_settings, untrusted_stores
from montage_recipe.wording import format_size

if TYPE_CHECKING:
    from montage_recipe.engine import Engine
    from montage_recipe.render.requirements import Requirement

_UNBROKEN = 10_000  # columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What was found; `faults` are what keeps montage-recipe from building."""

    engine: Engine | None
    lacks: tuple[Requirement, ...]
    font: Path | None
    store: Path
    disk_free_bytes: int
    memory_bytes: int  # that a build may use
    cores: int  # that a build may use
    sandbox: str | None  # around ffmpeg, for recipes of somebody else
    of_others: bool  # recipes are somebody else's, and `store` has a folder for each
    faults: tuple[Diagnostic, ...]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Say which ffmpeg is used, from where, what it lacks, and what that costs.

    Shows the font of titles, the store, the memory and the cores as well. The exit status is 0 where montages can be
    built.
    """
    health = examine_machine()
    if as_json:
        click.echo(json.dumps(_as_data(health), ensure_ascii=False, indent=2))
    else:
        _print(health)
        show.show(health.faults)
    raise SystemExit(ExitCode.FAILED if health.faults else ExitCode.OK)


def examine_machine() -> Health:
    """Looks everywhere a build looks; a fault in one place does not hide the others."""
    from montage_recipe.render.engine import find_engine
    from montage_recipe.render.hardware import limits_for
    from montage_recipe.render.requirements import missing_from
    from montage_recipe.render.sandbox import find_sandbox
    from montage_recipe.render.store import store_root

    faults: list[Diagnostic] = []
    settings, engine = Settings(), None
    try:
        settings = load_settings()
        engine = find_engine(settings.ffmpeg)
    except MontageError as error:
        faults += error.diagnostics
    font = _font()
    if font is None:
        faults.append(
            Diagnostic(
                code="font-missing",
                message="the built-in font is not installed, so titles cannot be drawn",
                hint="install montage-recipe again",
            )
        )
    sandbox = find_sandbox(engine.path) if engine else None
    of_others = settings.untrusted and not settings.cache_dir
    limits, store = limits_for(settings), untrusted_stores() if of_others else store_root(settings)
    return Health(
        engine=engine,
        lacks=missing_from(engine) if engine else (),
        font=font,
        store=store,
        disk_free_bytes=shutil.disk_usage(_existing(store)).free,
        memory_bytes=limits.memory_bytes,
        cores=limits.jobs,
        sandbox=sandbox.name if sandbox else None,
        of_others=of_others,
        faults=tuple(faults),
    )


def _font() -> Path | None:
    from montage_recipe.titles.fonts import builtin_fonts

    return next(iter(builtin_fonts()), None)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _as_data(health: Health) -> dict[str, Any]:
    engine = health.engine
    return {
        "ok": not health.faults,
        "version": __version__,
        "engine": {
            "path": engine.path,
            "origin": engine.origin,
            "version": engine.version_text,
            "build_id": engine.build_id,
            "transitions": sorted(engine.transitions),
        }
        if engine
        else None,
        "lacks": [
            {"feature": lack.feature, "names": lack.names, "why": lack.why, "lost": lack.lost} for lack in health.lacks
        ],
        "font": str(health.font) if health.font else None,
        "store": {"path": str(health.store), "disk_free_bytes": health.disk_free_bytes},
        "memory_bytes": health.memory_bytes,
        "cores": health.cores,
        "sandbox": health.sandbox,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "diagnostics": [show.as_data(fault) for fault in health.faults],
    }


def _print(health: Health) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(health):
        table.add_row(name, Text(value, style="yellow" if name == "lacks" and health.lacks else ""))
    # Only a terminal needs lines to be broken.
    width = None if sys.stdout.isatty() else _UNBROKEN
    Console(file=sys.stdout, width=width, highlight=False, no_color=not show.wants_color(sys.stdout)).print(table)


def _rows(health: Health) -> list[tuple[str, str]]:
    rows = [("montage-recipe", f"{__version__}, Python {platform.python_version()}, {platform.system()}")]
    if health.engine:
        rows += [
            ("ffmpeg", f"{health.engine.version_text}, from {health.engine.origin}"),
            ("", health.engine.path),
            ("transitions", f"{len(health.engine.transitions)} of xfade"),
        ]
        rows += [("lacks", f"{lack}: no {lack.lost}") for lack in health.lacks]
        if not health.lacks:
            rows.append(("lacks", "nothing that a recipe can ask for"))
    rows += [
        ("font", str(health.font) if health.font else "none"),
        (
            "store",
            f"{health.store} {'has one for each recipe' if health.of_others else 'where recipes are in this folder'}, "
            f"{format_size(health.disk_free_bytes)} free on its disk",
        ),
        ("memory", f"{format_size(health.memory_bytes)} for a build"),
        ("cores", f"{health.cores} for a build"),
        ("sandbox", _sandbox_text(health)),
    ]
    return rows


def _sandbox_text(health: Health) -> str:
    from montage_recipe.render.sandbox import no_sandbox

    if health.sandbox:
        return f"{health.sandbox}, around ffmpeg where a recipe is --untrusted"
    return f"none: {no_sandbox(health.engine.path).message.partition(': ')[2]}" if health.engine else "not known"
