"""`montage-recipe probe`: what media files are, as montage-recipe sees them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from montage_recipe.cli import show
from montage_recipe.cli.main import ExitCode
from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.timecode import format_seconds
from montage_recipe.wording import format_size

if TYPE_CHECKING:
    from montage_recipe.media.facts import AudioFacts, MediaFacts, VideoFacts

_UNBROKEN = 10_000  # columns


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with exact times as fractions.")
def command(files: tuple[Path, ...], as_json: bool) -> None:
    """Show what media files are: size, turn, rate, length, colours and sound, as a recipe gets them.

    The exit status is 1 where a file cannot be read.
    """
    from montage_recipe.media.probe import probe

    found: list[MediaFacts] = []
    faults: list[Diagnostic] = []
    for file in files:
        try:
            found.append(probe(file))
        except RecipeError as error:
            faults += error.diagnostics
    if as_json:
        _print_json(found, faults)
    else:
        for facts in found:
            _print_table(facts)
        show.show(faults)
    raise SystemExit(ExitCode.FAILED if faults else ExitCode.OK)


def _print_json(found: list[MediaFacts], faults: list[Diagnostic]) -> None:
    from montage_recipe.media.record import to_json

    data = {"media": [to_json(facts) for facts in found], "diagnostics": [show.as_data(fault) for fault in faults]}
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _print_table(facts: MediaFacts) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(facts.file), title_justify="left", title_style="bold", show_header=False, box=None)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for name, value in rows(facts):
        table.add_row(name, Text(value, style="yellow" if name == "warning" else ""))
    # Only a terminal needs lines to be broken.
    width = None if sys.stdout.isatty() else _UNBROKEN
    Console(file=sys.stdout, width=width, highlight=False, no_color=not show.wants_color(sys.stdout)).print(table)


def rows(facts: MediaFacts) -> Iterator[tuple[str, str]]:
    """Pairs of a name and what a person wants to know."""
    length = format_seconds(facts.duration) if facts.duration is not None else "one picture"
    loops = ", loops by itself" if facts.animated else ""
    yield "file", f"{facts.kind}, {facts.container}, {format_size(facts.size_bytes)}, {length}{loops}"
    if facts.video:
        yield "picture", _picture(facts.video)
        if facts.video.rate:
            yield "frames", _frames(facts.video)
        yield "colours", _colours(facts.video)
    if facts.audio:
        yield "sound", _sound(facts.audio)
    if facts.captured:
        yield "captured", facts.captured.replace("T", " ")
    if facts.duration is not None and not facts.seekable:
        yield "seeking", "not reliable in this kind of file: it is read from its start each time"
    for warning in facts.warnings:
        yield "warning", warning
    yield "content", facts.fingerprint


def _picture(video: VideoFacts) -> str:
    parts = [video.codec, f"{video.width}x{video.height}"]
    if video.rotation:
        parts.append(f"shown turned by {video.rotation}° clockwise")
    if video.sar != 1:
        parts.append(f"samples {video.sar.numerator}:{video.sar.denominator}")
    if video.interlaced:
        parts.append("interlaced")
    if video.alpha:
        parts.append("with transparency")
    return ", ".join(parts)


def _frames(video: VideoFacts) -> str:
    rate = _decimal(video.rate or Fraction(0))
    steady = f"{rate} a second" if video.constant_rate else f"about {rate} a second, variable"
    start = f", from {format_seconds(video.start)} on" if video.start else ""
    return f"{video.frames}, {steady}{start}"


def _colours(video: VideoFacts) -> str:
    tags = [tag for tag in (video.primaries, video.transfer, video.matrix) if tag]
    span = "full range" if video.full_range else "limited range"
    return f"{video.pixel_format}, {video.bit_depth} bit, {span}, {'/'.join(tags) if tags else 'not tagged'}"


def _sound(audio: AudioFacts) -> str:
    start = f", from {format_seconds(audio.start)} on" if audio.start else ""
    length = format_seconds(audio.duration)
    return f"{audio.codec}, {_decimal(Fraction(audio.sample_rate, 1000))} kHz, {audio.layout}, {length}{start}"


def _decimal(value: Fraction) -> str:
    """At most three decimals.

    >>> _decimal(Fraction(30000, 1001)), _decimal(Fraction(48))
    ('29.97', '48')
    """
    return f"{float(value):.3f}".rstrip("0").rstrip(".")
