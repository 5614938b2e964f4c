"""`montage-recipe still`: one frame of the film as a picture."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import click

from montage_recipe.cli import show
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.pipeline import looked_into
from montage_recipe.recipe.values import Anchor, parse_anchor
from montage_recipe.render.signals import stop_on_signals
from montage_recipe.stills import stills, store_or_temporary
from montage_recipe.suggest import did_you_mean
from montage_recipe.timecode import format_seconds
from montage_recipe.timeline.anchors import frame_of
from montage_recipe.timeline.model import Timeline


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--at", "moment", required=True, metavar="TIME", help="As titles name it: 2s, 45f, walk.start+1s, end-1f."
)
@click.option("-o", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="The PNG file.")
@click.option("--output", metavar="NAME", help="Of the output of this name; by default of the first.")
@click.option("--width", metavar="PIXELS", type=click.IntRange(16), help="Where less than the canvas's.")
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@OPTION
def command(
    recipe: Path,
    moment: str,
    file: Path | None,
    output: str | None,
    width: int | None,
    cache: Path | None,
    untrusted: bool | None,
) -> None:
    """Write one frame of RECIPE's film as a picture, without building the film.

    It is the frame that the film has before it is encoded. Without -o it is written to the folder you are in, under the
    film's name with the frame's number.
    """
    anchor = _parsed(moment)
    refuse_other_than_png(file)
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted})
    with (
        stop_on_signals() as stop,
        looked_into(recipe, settings, output=output, stop=stop.is_set) as (compiled, engine, store),
        ExitStack() as opened,
    ):
        one = compiled[0]
        frame = _frame(anchor, moment, one.timeline)
        place = file or Path(f"{one.plan.output.stem}-{frame}.png")
        stills(
            one,
            [(frame, place)],
            store=store_or_temporary(store, opened),
            engine=engine,
            settings=settings,
            on_event=show.warnings_of,
            stop=stop,
            width=width,
        )
        seconds = format_seconds(Fraction(frame) / one.timeline.canvas.fps)
        click.echo(f"{place}: frame {frame} of {one.plan.output.name}, at {seconds}")


def refuse_other_than_png(file: Path | None) -> None:
    if file and file.suffix.lower() != ".png":
        raise click.BadParameter(f"{file} is to be a PNG file: write {file.with_suffix('.png')}", param_hint="-o")


def _parsed(moment: str) -> Anchor:
    try:
        return parse_anchor(moment.strip())
    except ValueError as error:
        told = f"{error}, or a point of a clip or of the film: walk.start, walk.end - 1s, end - 1f"
        raise click.BadParameter(told, param_hint="--at") from error


def _frame(anchor: Anchor, moment: str, timeline: Timeline) -> int:
    clips = {clip.id: clip.shows for clip in timeline.clips if clip.id}
    rate = timeline.canvas.fps
    if anchor.clip is not None and anchor.clip not in clips:
        hint = did_you_mean(anchor.clip, list(clips)) or "`montage-recipe plan RECIPE --stage timeline` shows all clips"
        raise click.BadParameter(f"no clip has the id `{anchor.clip}`: {hint}", param_hint="--at")
    frame = frame_of(anchor, clips=clips, length=timeline.length, rate=rate)
    if not 0 <= frame < timeline.length:
        last = f"frame {timeline.length - 1}, at {format_seconds((timeline.length - 1) / rate)} (`end - 1f`)"
        raise click.BadParameter(f"{moment} is outside of the film, whose last frame is {last}", param_hint="--at")
    return frame
