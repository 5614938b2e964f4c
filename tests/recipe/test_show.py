"""How diagnostics look: on a terminal, as JSON, as annotations of GitHub."""

from __future__ import annotations

import io
import json

import pytest

from montage_recipe.cli import show
from montage_recipe.diagnostics import Diagnostic, Location, Severity

LINE = "  - {src: a.mp4, fit: covr}"
FAULT = Diagnostic(
    code="unknown-word",
    message="`fit` cannot be `covr`",
    hint="did you mean `cover`?",
    path=("clips", 0, "fit"),
    location=Location(file="trip.yaml", line=12, column=23, length=4, text=LINE),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_fault_shows_its_line_and_underlines_the_place() -> None:
    assert show.as_text([FAULT]) == (
        "trip.yaml:12:23: error[unknown-word]: `fit` cannot be `covr`\n"
        "  12 |   - {src: a.mp4, fit: covr}\n"
        "     |                       ^^^^\n"
        "  help: did you mean `cover`?\n"
    )


def test_a_fault_without_a_place_is_one_line_and_its_cure() -> None:
    fault = Diagnostic(code="unknown-output", message="there is no output `x`", hint="the only output is `trip`")
    assert show.as_text([fault]) == "error[unknown-output]: there is no output `x`\n  help: the only output is `trip`\n"


def test_the_underline_counts_cells_of_the_screen() -> None:
    text = "  - {text: 三日間, dauer: 2s}"
    location = Location(file="t.yaml", line=1, column=text.index("dauer") + 1, length=5, text=text)
    _, line, under, *_ = show.as_text([Diagnostic(code="c", message="m", location=location)]).splitlines()
    wide = 3
    assert under.index("^") == line.index("dauer") + wide


def test_a_long_line_is_cut_around_the_fault() -> None:
    text = "x" * 500 + "HERE" + "y" * 500
    location = Location(file="t.yaml", line=1, column=501, length=4, text=text)
    _, line, under = show.as_text([Diagnostic(code="c", message="m", location=location)]).splitlines()
    assert len(line) < show.WIDEST_LINE + 20
    assert line[under.index("^") : under.rindex("^") + 1] == "HERE"


def test_a_recipe_cannot_write_to_the_terminal() -> None:
    location = Location(file="t.yaml", line=1, column=1, text="\x1b]0;title\x07 \u202e")
    text = show.as_text([Diagnostic(code="c", message="\x1b[2J", hint="\x9b1m", location=location)])
    assert not any(ord(letter) < 32 and letter != "\n" for letter in text)
    assert "\x9b" not in text and "\u202e" not in text


@pytest.mark.parametrize(
    ("stream", "environment", "colored"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_only_a_terminal_that_wants_colours_gets_them(
    stream: io.StringIO, environment: dict[str, str], colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream.seek(0)
    show.show([FAULT], stream=stream)
    assert ("\x1b[" in stream.getvalue()) is colored


def test_colours_change_nothing_but_colours() -> None:
    import click

    assert click.unstyle(show.as_text([FAULT], color=True)) == show.as_text([FAULT])


def test_json_is_one_object_with_every_part_of_a_fault() -> None:
    data = json.loads(show.as_json([FAULT], ok=False))
    assert data["ok"] is False
    assert data["diagnostics"] == [
        {
            "code": "unknown-word",
            "severity": "error",
            "message": "`fit` cannot be `covr`",
            "hint": "did you mean `cover`?",
            "file": "trip.yaml",
            "line": 12,
            "column": 23,
            "length": 4,
            "path": ["clips", 0, "fit"],
        }
    ]


def test_an_annotation_escapes_what_github_would_misread() -> None:
    location = Location(file="a,b:c.yaml", line=3, column=4, length=2)
    fault = Diagnostic(code="c", message="50% off\nreally", hint="x", location=location, severity=Severity.WARNING)
    assert show.as_github([fault]) == (
        "::warning file=a%2Cb%3Ac.yaml,line=3,col=4,endColumn=6,title=c::50%25 off%0Areally%0Ahelp: x\n"
    )


def test_the_summary_counts_errors_and_warnings() -> None:
    warning = Diagnostic(code="c", message="m", severity=Severity.WARNING)
    assert show.summary([FAULT, warning, FAULT]) == "2 errors and 1 warning"
    assert show.summary([]) == "no faults"
