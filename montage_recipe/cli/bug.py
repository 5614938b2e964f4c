"""What a user sees of a bug in montage-recipe itself: one line, and the place of a report with all the rest."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from montage_recipe import __version__


def report_bug(error: Exception, arguments: Sequence[str] | None) -> None:
    """Writes the report into the folder for temporary files and says where it is."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    text = "\n".join(
        (
            f"montage-recipe {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {given!r}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
    with tempfile.NamedTemporaryFile(
        "w", prefix="montage-recipe-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(text)
    summary = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
    click.echo(f"montage-recipe has a bug: {summary}", err=True)
    click.echo(f"  A report is in {Path(report.name)}; please send it to the project. No output was changed.", err=True)
