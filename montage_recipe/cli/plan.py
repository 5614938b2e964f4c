"""`montage-recipe plan`: what a build would do, at any stage of the compilation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.compiler import Compiled
from montage_recipe.engine import Engine
from montage_recipe.listing import commands, stages
from montage_recipe.pipeline import looked_into

STAGES = ("timeline", "segments", "graph", "jobs")
FORMATS = ("text", "json", "mermaid")


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--stage", type=click.Choice(STAGES), default="jobs", show_default=True, help="What to show.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", metavar="NAME", help="Show only the output of this name.")
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@OPTION
def command(
    recipe: Path, stage: str, form: str, output: str | None, cache: Path | None, untrusted: bool | None
) -> None:
    """Show what a build of RECIPE would do, without doing it.

    The jobs as text are a shell script of the exact ffmpeg commands, to be run by hand in an empty folder.
    """
    if form == "mermaid" and stage != "jobs":
        raise click.UsageError("only the jobs can be drawn as a flowchart: use --stage jobs with --format mermaid")
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted})
    with looked_into(recipe, settings, output=output) as (compiled, engine, _):
        if form == "json":
            data = [{"output": str(one.plan.output)} | _data(one, stage, engine) for one in compiled]
            click.echo(json.dumps(data[0] if len(data) == 1 else data, ensure_ascii=False, indent=2))
            return
        for one in compiled:
            if len(compiled) > 1:
                click.echo(f"{'%%' if form == 'mermaid' else '#'} {one.plan.output}")
            click.echo(commands.jobs_mermaid(one.plan) if form == "mermaid" else _text(one, stage, engine), nl=False)


def _text(compiled: Compiled, stage: str, engine: Engine) -> str:
    match stage:
        case "timeline":
            return stages.timeline_text(compiled.timeline)
        case "segments":
            return stages.segments_text(compiled.timeline, compiled.plan)
        case "graph":
            return stages.graphs_text(compiled.pictures, compiled.plan)
        case _:
            return commands.jobs_script(compiled.plan, engine)


def _data(compiled: Compiled, stage: str, engine: Engine) -> dict[str, Any]:
    match stage:
        case "timeline":
            return stages.timeline_data(compiled.timeline)
        case "segments":
            return stages.segments_data(compiled.timeline, compiled.plan)
        case "graph":
            return stages.graphs_data(compiled.pictures, compiled.plan)
        case _:
            return commands.jobs_data(compiled.plan, engine)
