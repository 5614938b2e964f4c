"""The entry point: which commands there are, and what each ending means for the exit status.

Commands are imported only when they are used, so that `--help` stays quick.
"""

from __future__ import annotations

import errno
import importlib
import io
import sys
from collections.abc import Sequence
from enum import IntEnum

import click

from montage_recipe import __version__
from montage_recipe.diagnostics import Interrupted, MontageError, SettingsError
from montage_recipe.disk import disk_fault

# name -> (module, one line for --help); the module's `command` is the click command.
COMMANDS: dict[str, tuple[str, str]] = {
    "build": ("montage_recipe.cli.build", "Turn a recipe into its finished video."),
    "validate": ("montage_recipe.cli.validate", "Check recipes without building them."),
    "lock": ("montage_recipe.cli.lock", "Write down what a recipe is built from, or compare it."),
    "fetch": ("montage_recipe.cli.fetch", "Bring the media of a recipe that live elsewhere."),
    "plan": ("montage_recipe.cli.plan", "Show what a build would do, stage by stage."),
    "check": ("montage_recipe.cli.check", "Judge a finished film."),
    "diff": ("montage_recipe.cli.diff", "Say what a change of a recipe changes in the film."),
    "still": ("montage_recipe.cli.still", "Write one frame of the film as a picture."),
    "sheet": ("montage_recipe.cli.sheet", "Write a contact sheet of the film."),
    "probe": ("montage_recipe.cli.probe", "Show what media files are."),
    "init": ("montage_recipe.cli.init", "Write a recipe around the media of a folder."),
    "schema": ("montage_recipe.cli.schema", "Print the JSON schema of the recipe language."),
    "explain": ("montage_recipe.cli.explain", "Explain a key, an effect, a transition or an error code."),
    "gpu": ("montage_recipe.cli.gpu", "Look at GPU hosts, and have clips enlarged there."),
    "diagnose": ("montage_recipe.cli.diagnose", "Say why a run on a GPU host failed, from its log."),
    "config": ("montage_recipe.cli.config", "Show every setting, its value, and where that comes from."),
    "doctor": ("montage_recipe.cli.doctor", "Say which ffmpeg is used and what it lacks."),
    "cache": ("montage_recipe.cli.cache", "Look at, prune or clear the store."),
    "completion": ("montage_recipe.cli.completion", "Print the script for completion in a shell."),
}


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1  # the recipe or the render failed
    USAGE = 2
    CHECK_FAILED = 3
    BUG = 70
    INTERRUPTED = 130


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from montage_recipe.suggest import did_you_mean

            hint = did_you_mean(args[0], list(COMMANDS)) or "`montage-recipe --help` lists them"
            raise click.UsageError(f"there is no command {args[0]!r}: {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="montage-recipe", message="%(prog)s %(version)s")
def cli() -> None:
    """Turns a YAML recipe into a finished video."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the program and ends it with one of the exit codes; the only place where errors become text."""
    sys.exit(_run(arguments))


def _print_any_name() -> None:
    r"""A file's name need not be UTF-8: what cannot be printed becomes `\udcff`, which JSON reads back."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: Sequence[str] | None) -> int:
    from montage_recipe.cli import show

    _print_any_name()
    try:
        cli.main(args=arguments, prog_name="montage-recipe", standalone_mode=False)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (Interrupted, KeyboardInterrupt, click.Abort) as ending:
        show.show(ending.diagnostics if isinstance(ending, Interrupted) else ())
        return ExitCode.INTERRUPTED
    except MontageError as error:
        show.show(error.diagnostics)
        return ExitCode.USAGE if isinstance(error, SettingsError) else ExitCode.FAILED
    except BrokenPipeError:
        # The reader of our output has gone; without this Python complains once more when it flushes at the end.
        sys.stdout = None
        return ExitCode.FAILED
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.FAILED
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            show.show([disk_fault(error, "write what there is to say")])
            sys.stdout = None  # as above
            return ExitCode.FAILED
        from montage_recipe.cli.bug import report_bug

        report_bug(error, arguments)
        return ExitCode.BUG
    return ExitCode.OK
