"""`montage-recipe schema`: the JSON schema, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from montage_recipe.diagnostics import Diagnostic, StoreError
from montage_recipe.resources import data_dir


@click.command()
@click.option(
    "--output", "-o", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write it to FILE."
)
def command(output: Path | None) -> None:
    """Print the JSON schema (draft-07) of the recipe language.

    An editor with the YAML language server completes and checks a recipe whose first line is

        # yaml-language-server: $schema=FILE
    """
    text = (data_dir("schemas") / "recipe.schema.json").read_text(encoding="utf-8")
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {output}: {error.strerror or error}"
        raise StoreError([Diagnostic(code="not-writable", message=message, hint="choose another place")]) from error
    click.echo(f"wrote {output}", err=True)
