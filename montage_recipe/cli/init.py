"""`montage-recipe init`: a first recipe around the media of a folder."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from montage_recipe.diagnostics import Diagnostic, RecipeError, StoreError

if TYPE_CHECKING:
    from montage_recipe.cli.starter import Found

# Endings of what people keep beside each other; other files of a folder are no media and not worth a word.
_VIDEO = "mp4 mov m4v mkv webm avi mts m2ts ts mpg mpeg vob 3gp flv wmv mxf ogv gif apng"
_PHOTO = "jpg jpeg png webp bmp tif tiff heic heif avif"
_MUSIC = "mp3 m4a aac flac wav ogg oga opus aiff aif wma"
_SUFFIXES = frozenset(f".{ending}" for ending in f"{_VIDEO} {_PHOTO} {_MUSIC}".split())
_DEFAULT_NAME, _SCHEMA = "recipe", "recipe.schema.json"
_NOT_MEDIA = frozenset({"dist", "build", "node_modules"})


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The recipe; default: DIR/recipe.yaml.")
@click.option("--force", is_flag=True, help="Overwrite the recipe if it is there.")
def command(folder: Path, output: Path | None, force: bool) -> None:
    """Write a recipe around the videos, photos and music of DIR and the folders in it.

    Clips come in the order they were captured. It is a beginning: open it and change it.
    """
    target = (output or folder / f"{_DEFAULT_NAME}.yaml").absolute()
    if target.exists() and not force:
        raise _fault("recipe-exists", f"{target} is there already", "give another --output, or overwrite it by --force")
    found = look_around(folder)
    if not any(facts.video for facts in found.media):
        left_out = "".join(f"; {each.file.name}: {each.why}" for each in found.skipped)
        raise _fault("no-footage", f"{folder} holds neither videos nor photos{left_out}", "name a folder with footage")
    text = _compose(found, target)
    _write(target, text, force=force)
    _write_schema(target.with_name(_SCHEMA))
    click.echo(f"wrote {target}: {len(found.media)} files used, {len(found.skipped)} left out")
    click.echo(f"next: montage-recipe build {target}")


def look_around(folder: Path) -> Found:
    """Everything in `folder` and below that looks like media, probed; what cannot be read is told, not raised."""
    from montage_recipe.cli.starter import Found, Skipped
    from montage_recipe.media.facts import MediaFacts
    from montage_recipe.media.probe import probe

    media: list[MediaFacts] = []
    skipped: list[Skipped] = []
    for file in _candidates(folder.absolute()):
        if not str(file.relative_to(folder.absolute())).isprintable():
            skipped.append(Skipped(file=file, why="its name holds characters that cannot be printed; rename it"))
            continue
        try:
            media.append(probe(file))
        except RecipeError as error:
            fault = error.diagnostics[0]
            skipped.append(Skipped(file=file, why=f"{fault.code}, {fault.hint}"))
    name = folder.absolute().name.replace("_", " ").replace("-", " ").strip() or "Montage"
    return Found(title=name[:1].upper() + name[1:], media=tuple(media), skipped=tuple(skipped))


def _candidates(folder: Path) -> Iterator[Path]:
    """Files by name, hidden ones and those of finished videos left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_MEDIA)
        for name in sorted(names):
            if Path(name).suffix.lower() in _SUFFIXES and not name.startswith("."):
                yield Path(place, name)


def _compose(found: Found, target: Path) -> str:
    """The recipe's text, which is sure to be valid."""
    from montage_recipe.cli.starter import starter_recipe
    from montage_recipe.recipe.source import read_source
    from montage_recipe.recipe.validate import validate

    film = target.stem
    if film == _DEFAULT_NAME:  # it says nothing of the film
        film = re.sub(r"[^\w-]+", "-", found.title.lower()).strip("-") or "montage"
    text = starter_recipe(found, folder=target.parent, schema=Path(_SCHEMA), output=f"dist/{film}.mp4")
    validate(read_source(text, target))
    return text


def _write(target: Path, text: str, *, force: bool) -> None:
    """Without `force` nothing is ever overwritten; with it the old recipe stays whole until the new one is."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not force:
            with target.open("x", encoding="utf-8") as stream:
                stream.write(text)
            return
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".montage-init-") as aside:
            written = Path(aside, "recipe.yaml")
            written.write_text(text, encoding="utf-8")
            written.replace(target)
    except FileExistsError:
        raise _fault("recipe-exists", f"{target} is there already", "overwrite it by --force") from None
    except OSError as error:
        fault = Diagnostic(
            code="recipe-not-written",
            message=f"cannot write {target}: {error.strerror}",
            hint="give --output a place where you may write",
        )
        raise StoreError([fault]) from None


def _write_schema(file: Path) -> None:
    """For editors; one that is there is left alone. It lies beside the recipe so that it travels with it."""
    from montage_recipe.resources import data_dir

    if not file.exists():
        _write(file, (data_dir("schemas") / _SCHEMA).read_text(encoding="utf-8"), force=False)


def _fault(code: str, message: str, hint: str) -> RecipeError:
    return RecipeError([Diagnostic(code=code, message=message, hint=hint)])
