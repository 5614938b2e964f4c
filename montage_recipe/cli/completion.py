"""`montage-recipe completion`: the script by which a shell completes commands, options and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from montage_recipe.cli.main import cli

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    bash:  montage-recipe completion bash >> ~/.bash_completion
    zsh:   montage-recipe completion zsh  > a file on $fpath named _montage-recipe
    fish:  montage-recipe completion fish > ~/.config/fish/completions/montage-recipe.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None  # click has all of _SHELLS
    click.echo(completion(cli, {}, "montage-recipe", "_MONTAGE_RECIPE_COMPLETE").source())
