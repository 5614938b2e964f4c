"""Diagnostics on the screen, as JSON, and as annotations of GitHub."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

import click

from montage_recipe.diagnostics import Diagnostic, Severity
from montage_recipe.wording import counted

if TYPE_CHECKING:
    from montage_recipe.render.events import Event

WIDEST_LINE = 160  # characters of a source line that are shown; longer ones are cut around the fault


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def warnings_of(event: Event) -> None:
    """Listens to what is over in a moment, and shows its warnings."""
    from montage_recipe.render.events import Warned  # which --help need not pay

    if isinstance(event, Warned):
        show([event.diagnostic])


def show(diagnostics: Iterable[Diagnostic], *, stream: TextIO | None = None) -> None:
    """Prints diagnostics for people, on standard error unless told otherwise."""
    stream = stream or sys.stderr
    text = as_text(diagnostics, color=wants_color(stream))
    if text:
        click.echo(text, file=stream, nl=False, color=True)


def wants_color(stream: TextIO) -> bool:
    """Only a terminal gets colours, and not where NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


# --- for people ------------------------------------------------------------------------------------------------------


def as_text(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Each with its place, its line of source, what is wrong underlined, and the cure; blank lines between them."""
    return "\n".join(_one(diagnostic, color) for diagnostic in diagnostics)


def _one(diagnostic: Diagnostic, color: bool) -> str:
    tint = "red" if diagnostic.severity is Severity.ERROR else "yellow"

    def paint(text: str, **style: Any) -> str:
        return click.style(text, **style) if color else text

    place = f"{paint(str(diagnostic.location), bold=True)}: " if diagnostic.location else ""
    label = paint(f"{diagnostic.severity}[{diagnostic.code}]", fg=tint, bold=True)
    lines = [f"{place}{label}: {_visible(diagnostic.message)}"]
    if diagnostic.location and diagnostic.location.text.strip():
        number = str(diagnostic.location.line)
        text, before, under = _excerpt(diagnostic.location.text, diagnostic.location.column, diagnostic.location.length)
        lines.append(f"  {paint(number, fg='blue')} {paint('|', fg='blue')} {text}")
        lines.append(
            f"  {' ' * len(number)} {paint('|', fg='blue')} {' ' * before}{paint('^' * under, fg=tint, bold=True)}"
        )
    if diagnostic.hint:
        lines.append(f"  {paint('help', fg='cyan', bold=True)}: {_visible(diagnostic.hint)}")
    return "\n".join(lines) + "\n"


def _excerpt(text: str, column: int, length: int) -> tuple[str, int, int]:
    """What to show of a line, and in cells of the screen: how far in the underline begins, and how long it is."""
    start = column - 1
    first = 0
    if len(text) > WIDEST_LINE:
        first = max(0, min(start - WIDEST_LINE // 3, len(text) - WIDEST_LINE))
        text = text[first : first + WIDEST_LINE]
    shown = f"{'…' if first else ''}{_visible(text)}"
    inside = start - first + (1 if first else 0)
    return shown, _cells(shown[:inside]), max(1, _cells(shown[inside : inside + length]))


def _visible(text: str) -> str:
    """Without what a terminal would obey instead of showing it; a tab becomes a space."""
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "\ufffd", text.replace("\t", " ")
    )


def _cells(text: str) -> int:
    """The width on the screen: Chinese, Japanese and Korean letters take two cells, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are: `2 errors and 1 warning`."""
    counts = [
        (sum(diagnostic.severity is severity for diagnostic in diagnostics), str(severity)) for severity in Severity
    ]
    return " and ".join(counted(count, word) for count, word in counts if count) or "no faults"


# --- for programs ----------------------------------------------------------------------------------------------------


def as_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as JSON has it; without a place, the place's values are null."""
    at = diagnostic.location
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "file": at.file if at else None,
        "line": at.line if at else None,
        "column": at.column if at else None,
        "length": at.length if at else None,
        "path": list(diagnostic.path),
    }


def as_json(diagnostics: Iterable[Diagnostic], **more: Any) -> str:
    """One object with the list `diagnostics`, and `more` in front of it."""
    return json.dumps({**more, "diagnostics": [as_data(d) for d in diagnostics]}, ensure_ascii=False, indent=2) + "\n"


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands; GitHub shows the first ten of each severity and step beside the changed lines."""
    return "".join(f"{_annotation(diagnostic)}\n" for diagnostic in diagnostics)


def _annotation(diagnostic: Diagnostic) -> str:
    at = diagnostic.location
    place = {"file": at.file, "line": at.line, "col": at.column, "endColumn": at.column + at.length} if at else {}
    properties = ",".join(f"{name}={_property(value)}" for name, value in {**place, "title": diagnostic.code}.items())
    text = f"{diagnostic.message}\nhelp: {diagnostic.hint}" if diagnostic.hint else diagnostic.message
    return f"::{diagnostic.severity} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return _visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
