"""The entry point: which commands there are, and what each ending means for the exit status.

Commands are imported only when they are used, so that `--help` stays quick.
"""

from __future__ import annotations

import importlib
import sys
from enum import IntEnum

import click

from montage_recipe import __version__

# name -> (module, one line for --help); the module's `command` is the click command.
COMMANDS: dict[str, tuple[str, str]] = {
    "build": ("montage_recipe.cli.build", "Turn a recipe into its finished video."),
    "validate": ("montage_recipe.cli.validate", "Check recipes without building them."),
    "plan": ("montage_recipe.cli.plan", "Show what a build would do, stage by stage."),
    "probe": ("montage_recipe.cli.probe", "Show what media files are."),
    "init": ("montage_recipe.cli.init", "Write a recipe around the media of a folder."),
    "schema": ("montage_recipe.cli.schema", "Print the JSON schema of the recipe language."),
    "explain": ("montage_recipe.cli.explain", "Explain a key, an effect, a transition or an error code."),
    "doctor": ("montage_recipe.cli.doctor", "Say which ffmpeg is used and what it lacks."),
    "cache": ("montage_recipe.cli.cache", "Look at, prune or clear the store."),
}


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1  # the recipe or the render failed
    USAGE = 2
    CHECK_FAILED = 3
    BUG = 70
    INTERRUPTED = 130
