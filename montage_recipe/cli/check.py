"""`montage-recipe check`: judges a finished film."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from montage_recipe import checked_films
from montage_recipe.checking import check_recipe, check_video
from montage_recipe.cli import show
from montage_recipe.cli.main import ExitCode
from montage_recipe.cli.trust import OPTION, settings_for
from montage_recipe.diagnostics import Diagnostic, Interrupted, MontageError, RecipeError
from montage_recipe.disk import disk_faults, write_durably
from montage_recipe.render.signals import stop_on_signals
from montage_recipe.report.films import CheckedFilm, StillsOfFindings
from montage_recipe.settings import in_ci
from montage_recipe.stopping import interrupted

FORMATS = ("text", "json", "markdown", "github")
_RECIPES = (".yaml", ".yml")


@click.command()
@click.argument("subject", metavar="RECIPE|VIDEO", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "video",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The film, if it lies elsewhere.",
)
@click.option("--output", metavar="NAME", help="Judge only the output of this name.")
@click.option("--update", is_flag=True, help="Write goldens anew that differ, and say how; not where CI is set.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--junit", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML too.")
@click.option(
    "--summary", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Append Markdown to FILE too."
)
@click.option(
    "--stills",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a picture of each thing that was found, as PNG files into DIR.",
)
@click.option(
    "--stills-url",
    "address",
    metavar="URL",
    default="",
    help="Show the pictures in the Markdown, as what will be found below URL.",
)
@click.option("--cache", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The store's folder.")
@OPTION
def command(
    subject: Path,
    video: Path | None,
    output: str | None,
    update: bool,
    form: str,
    as_json: bool,
    junit: Path | None,
    summary: Path | None,
    folder: Path | None,
    address: str,
    cache: Path | None,
    untrusted: bool | None,
) -> None:
    """Judge a finished film.

    Of a RECIPE, the films that `build` has made of it: by its plan, by its `checks`, and by the goldens that these name. Of a
    VIDEO, what can be judged without a plan. The reference page tells all that is looked at, `explain black` one check.

    The exit status is 3 where a check failed, and 1 where there is no film or the recipe has a fault.
    """
    form = "json" if as_json else form
    is_recipe = subject.suffix.lower() in _RECIPES
    if not is_recipe and (video or output or update):
        raise click.UsageError(f"{subject} is no recipe: -o, --output and --update go with one")
    if update and in_ci():
        message = "CI is set, and a golden is written by a person who has looked at the film"
        hint = f"run `montage-recipe check {subject} --update` on your own machine, and commit the goldens"
        raise RecipeError([Diagnostic(code="golden-update-in-ci", message=message, hint=hint)])
    settings = settings_for({"cache_dir": cache, "untrusted": untrusted}, quiet=form == "json")
    stills = StillsOfFindings(folder=folder) if folder else None
    if junit and junit.suffix.lower() != ".xml":
        raise click.BadParameter(
            f"{junit} is to be an XML file: write {junit.with_suffix('.xml')}", param_hint="--junit"
        )
    if summary and any(_is_same(summary, other) for other in (subject, video) if other):
        raise click.BadParameter(f"{summary} is what is judged", param_hint="--summary")
    with stop_on_signals() as stop, _told_as(form, junit, summary):
        if is_recipe:
            films, pictures = check_recipe(
                subject, settings=settings, stop=stop.is_set, output=output, video=video, update=update, stills=stills
            )
        else:
            films, pictures = check_video(subject, settings=settings, stop=stop.is_set, stills=stills)
    update_words = _update_words(subject, video, output)
    markdown = checked_films.as_markdown(films, pictures, address=address, update=update_words)
    match form:
        case "json":
            click.echo(json.dumps(checked_films.as_data(films, pictures), ensure_ascii=False, indent=2))
        case "markdown":
            click.echo(markdown, nl=False)
        case "github":
            click.echo(show.as_github(checked_films.told(films)), nl=False)
            click.echo(checked_films.counted(films))
        case _:
            _print_text(films, update_words)
    _write(junit, checked_films.as_junit(films))
    _append(summary, markdown)
    if any(film.failed for film in films):
        raise SystemExit(ExitCode.CHECK_FAILED)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _write(junit: Path | None, text: str) -> None:
    if junit:
        with disk_faults(f"write {junit}"):
            write_durably(junit, text)


def _append(summary: Path | None, text: str) -> None:
    if summary:
        with disk_faults(f"write {summary}"), summary.open("a", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def _told_as(form: str, junit: Path | None, summary: Path | None) -> Iterator[None]:
    """Why nothing could be judged, in the forms that were asked for; standard error has it for people."""
    try:
        yield
    except Interrupted as error:
        raise interrupted("check again: nothing is kept of what was measured") from error
    except MontageError as error:
        if form == "github":
            click.echo(show.as_github(error.diagnostics), nl=False)
        elif form == "json":
            click.echo(show.as_json(error.diagnostics, status="error"), nl=False)
        _write(junit, checked_films.refusal_as_junit(error.diagnostics))
        _append(summary, checked_films.refusal_as_markdown(error.diagnostics))
        raise


def _update_words(subject: Path, video: Path | None, output: str | None) -> tuple[str, ...]:
    """The command that writes the goldens of what was judged anew."""
    chosen = (*(("-o", str(video)) if video else ()), *(("--output", output) if output else ()))
    return ("montage-recipe", "check", str(subject), *chosen, "--update")


def _print_text(films: Sequence[CheckedFilm], update_words: Sequence[str]) -> None:
    for film in films:
        click.echo("\n".join(checked_films.table_lines(film, Path.cwd())) + "\n")
    show.show(checked_films.told(films))
    click.echo(checked_films.counted(films))
    if advice := checked_films.renewal(films, update_words):
        click.echo(advice)
