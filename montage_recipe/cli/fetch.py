"""`montage-recipe fetch`: brings media that live elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from montage_recipe.cli import show
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.diagnostics import Interrupted, MontageError
from montage_recipe.fetching import model
from montage_recipe.fetching.model import Begun, Ended, FetchEvent, Outcome, Retried, Tell
from montage_recipe.fetching.run import fetch_recipe
from montage_recipe.render.signals import interrupted_by_signals
from montage_recipe.wording import format_size

_PLAIN_EVERY_S = 10.0
_GO_ON = "fetch again to go on: what has come is kept beside its place"


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--allow-host",
    "allow_hosts",
    metavar="HOST",
    multiple=True,
    help="Ask no other hosts than these, also where an address leads on to another one; HOST:PORT for an unusual port. "
    "Needed where the recipe is --untrusted.",
)
@click.option("--insecure-http", is_flag=True, help="Ask other machines by plain HTTP too.")
@click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line; the last is the summary.")
@click.option("--quiet", is_flag=True, help="Print nothing but faults.")
@OPTION
def command(
    recipe: Path,
    allow_hosts: tuple[str, ...],
    insecure_http: bool,
    as_json: bool,
    quiet: bool,
    untrusted: bool | None,
) -> None:
    """Bring the media of RECIPE that have a `url` and are not there yet.

    A transfer that broke off goes on where it stopped. A file is at its place only once its SHA-256 is right, and no file
    is ever written over.
    """
    settings = settings_for({"untrusted": untrusted}, quiet=quiet or as_json)
    with _listening(as_json=as_json, quiet=quiet) as tell, interrupted_by_signals(_GO_ON):
        fetch_recipe(
            recipe,
            untrusted=settings.untrusted,
            allow_hosts=frozenset(host.lower() for host in allow_hosts),
            insecure_http=insecure_http,
            tell=tell,
        )


@contextmanager
def _listening(*, as_json: bool, quiet: bool) -> Iterator[Tell]:
    """Events as JSON lines; or bars on a terminal, and lines elsewhere."""
    counted: Counter[str] = Counter()

    def counting(listener: Tell) -> Tell:
        def tell(event: FetchEvent) -> None:
            if isinstance(event, Ended):
                counted[event.outcome] += 1
                counted["bytes"] += event.size_bytes if event.outcome is Outcome.FETCHED else 0
            listener(event)

        return tell

    if as_json:
        with _summed_up(counted):
            yield counting(lambda event: _print(model.as_data(event)))
        return
    if quiet:
        yield lambda event: None
        return
    if sys.stderr.isatty():
        with _Bars(Console(stderr=True)) as bars:
            yield counting(bars)
    else:
        yield counting(_Lines())
    fetched, present = counted[Outcome.FETCHED], counted[Outcome.PRESENT]
    what = f"{fetched} file{'' if fetched == 1 else 's'} fetched ({format_size(counted['bytes'])})"
    click.echo(f"{what}, {present} there already", err=True)


@contextmanager
def _summed_up(counted: Counter[str]) -> Iterator[None]:
    """Tells of faults as they leave the body, and in the end what came of it."""
    begun, status = time.monotonic(), "failed"
    try:
        yield
        status = "ok"
    except Interrupted:
        status = "interrupted"
        raise
    except MontageError as error:
        for diagnostic in error.diagnostics:
            _print({"event": "error", **show.as_data(diagnostic)})
        raise
    finally:
        _print(
            {
                "event": "summary",
                "status": status,
                "files": {"fetched": counted[Outcome.FETCHED], "present": counted[Outcome.PRESENT]},
                "bytes": counted["bytes"],
                "wall_s": round(time.monotonic() - begun, 3),
            }
        )


def _print(data: dict[str, Any]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False))


def _ending(event: Ended) -> str:
    if event.outcome is Outcome.PRESENT:
        return f"{event.file}: there already ({format_size(event.size_bytes)})"
    return f"{event.file}: fetched, {format_size(event.size_bytes)} in {event.wall_s:.1f} s"


def _beginning(event: Begun) -> str:
    size = f"{format_size(event.size_bytes)} " if event.size_bytes is not None else ""
    rest = f", of which {format_size(event.from_bytes)} are here" if event.from_bytes else ""
    return f"{event.file}: {size}from {event.host}{rest}"


def _again(event: Retried) -> str:
    return f"{event.file}: {event.why}; again in {event.wait_s:.0f} s"


class _Lines:
    """For logs and pipes: a line now and then."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def __call__(self, event: FetchEvent) -> None:
        match event:
            case Begun():
                self._say(_beginning(event))
            case Retried():
                self._say(_again(event))
            case Ended():
                self._say(_ending(event))
            case model.Progress() if time.monotonic() - self._told_at >= _PLAIN_EVERY_S:
                total = event.size_bytes
                share = f", {event.done_bytes / total:.0%} of {format_size(total)}" if total else ""
                self._say(f"  {event.file}: {format_size(event.done_bytes)}{share}")
            case _:
                return

    def _say(self, text: str) -> None:
        self._told_at = time.monotonic()
        click.echo(text, err=True)


class _Bars:
    """A bar for the file that comes. A context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._task: TaskID | None = None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, event: FetchEvent) -> None:
        match event:
            case Begun():
                self._clear()
                self._task = self._progress.add_task(
                    escape(event.file), total=event.size_bytes, completed=event.from_bytes
                )
            case model.Progress():
                assert self._task is not None
                self._progress.update(self._task, completed=event.done_bytes)
            case Retried():
                self._console.print(escape(_again(event)), highlight=False)
            case Ended():
                self._clear()
                self._console.print(escape(_ending(event)), highlight=False)

    def _clear(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
