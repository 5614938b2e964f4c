"""`--untrusted` and `--trusted`: whose recipe it is, on every command that reads one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from montage_recipe.settings import Settings, load_settings

OPTION = click.option(
    "--untrusted/--trusted",
    "untrusted",
    default=None,
    help="Somebody else wrote the recipe: it is confined to its folder, and ffmpeg runs in a sandbox. "
    "The default where CI is set.",
)


def settings_for(flags: Mapping[str, Any], *, quiet: bool = False) -> Settings:
    """The settings in force. Says so where it is not the user who chose that the recipe is untrusted. Raises SettingsError."""
    settings = load_settings(flags)
    if settings.untrusted and settings.origin("untrusted") == "CI" and not quiet:
        click.echo(
            "note: CI is set, so the recipe is taken as somebody else's (--untrusted); --trusted if not", err=True
        )
    for note in () if quiet else settings.notes:
        click.echo(f"note: {note}", err=True)
    return settings
