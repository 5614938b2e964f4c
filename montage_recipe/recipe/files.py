"""The files a recipe names: whether they are there, and whether a build would write over one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from montage_recipe.checks.spec import GOLDEN_KEYS
from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.recipe import language
from montage_recipe.recipe.expand import Media, absolute
from montage_recipe.recipe.kinds import refuse_other_endings
from montage_recipe.recipe.model import FileMedia, Recipe
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.suggest import closest


def missing(
    recipe: language.Recipe, others: Iterable[tuple[RecipePath, Path]], media: Media, source: RecipeSource
) -> Iterator[Diagnostic]:
    """A fault for each file that is used and is not there; `others` are fonts and whatever effects read."""
    seen: set[Path] = set()
    for path, src in _uses(recipe):
        medium = media.at(path, src)
        if isinstance(medium, FileMedia) and medium.file not in seen:
            seen.add(medium.file)
            if medium.url and not os.path.lexists(medium.file):
                message = f"`{medium.file.name}` is not here yet: it comes from {urlsplit(medium.url).hostname}"
                hint = f"run `montage-recipe fetch {source.file}`"
                yield Diagnostic(code="media-not-fetched", message=message, hint=hint, path=medium.at)
                continue
            yield from missing_file("missing-media", medium.file, medium.at)
    for path, file in others:
        if path[0] == "checks":
            continue  # `check` reads it, and a build does without
        yield from missing_file("missing-font" if path[-1] == "font" else "missing-file", file, path)


def _uses(recipe: language.Recipe) -> Iterator[tuple[RecipePath, str]]:
    for name, entries in (("clips", recipe.clips), ("audio", recipe.audio)):
        for index, entry in enumerate(entries):
            if entry is not None:
                yield (name, index, "src"), entry.src


def missing_file(code: str, file: Path, path: RecipePath) -> Iterator[Diagnostic]:
    """A fault where a file that is named at `path` is not there."""
    try:
        if file.is_file():
            return
        found = "a folder" if file.is_dir() else "no file" if file.exists() else None
    except (OSError, ValueError) as error:  # a name that the system refuses: too long, or a loop of links
        yield Diagnostic(
            code=code, message=f"`{file.name}` cannot be looked at: {error}", path=path, hint="check the name"
        )
        return
    message = f"`{file.name}` is {found}" if found else f"there is no file `{file.name}` in `{_folder(file)}`"
    yield Diagnostic(code=code, message=message, hint=_cure(file), path=path)


def _folder(file: Path) -> str:
    """As a person in the current folder would call it."""
    relative = os.path.relpath(file.parent)
    return str(file.parent) if relative.startswith("..") else relative


def _cure(file: Path) -> str:
    try:
        names = sorted(entry.name for entry in file.parent.iterdir() if not entry.name.startswith("."))
    except OSError:
        return f"there is no folder `{_folder(file)}`; a relative path counts from the folder of the recipe"
    if file.is_dir():
        return "name a file in it"
    if file.exists():
        return "name a file: what is read from a pipe or a device cannot be read twice"
    alike = [name for name in names if _alike(Path(name), file)]
    if found := closest(file.name, alike):
        return f"did you mean `{found}`?"
    return "check the name; a relative path counts from the folder of the recipe it is written in"


def _alike(found: Path, wanted: Path) -> bool:
    return found.suffix.lower() == wanted.suffix.lower() or found.stem.lower() == wanted.stem.lower()


def check_outputs(recipes: Sequence[Recipe], readers: Sequence[Recipe], source: RecipeSource) -> tuple[Diagnostic, ...]:
    """The faults of output names that were not given by the recipe, and so have no place in it; `readers` are all
    recipes of `source`, whose footage and fonts must stay as they are."""
    faults = (*_wrong_names(recipes), *clashes(recipes, readers, source))
    return tuple(replace(fault, path=()) for fault in faults)


def _wrong_names(recipes: Sequence[Recipe]) -> Iterator[Diagnostic]:
    for recipe in recipes:
        try:
            refuse_other_endings(str(recipe.output.file))
        except ValueError as error:
            hint = "write the name of a file that ends in `.mp4`"
            yield Diagnostic(code="wrong-value", message=str(error), hint=hint)


def clashes(recipes: Sequence[Recipe], readers: Sequence[Recipe], source: RecipeSource) -> Iterator[Diagnostic]:
    """Outputs that are the same file as another output, or as a file that is read."""
    first: dict[object, int] = {}
    read = {_identity(file) for file in (*source.texts, *(file for reader in readers for file in _read_by(reader)))}
    for number, recipe in enumerate(recipes, start=1):
        output = recipe.output
        path: RecipePath = (*output.at, "file")
        name = output.file.name
        if (same := _identity(output.file)) in first:
            message = f"output {first[same]} and output {number} are the same file, `{name}`"
            yield Diagnostic(code="same-output", message=message, hint="give one of them another name", path=path)
        first.setdefault(same, number)
        if os.path.isdir(output.file):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
            hint = "write the name of a file in it"
            yield Diagnostic(code="output-is-folder", message=f"`{name}` is a folder", hint=hint, path=path)
        if same in read:
            message = f"`{name}` is written by this build and read by it"
            hint = "write the output to another file, so that what is read stays as it is"
            yield Diagnostic(code="output-is-source", message=message, hint=hint, path=path)


def goldens(recipes: Sequence[Recipe], source: RecipeSource) -> Iterator[Diagnostic]:
    """Goldens that two checks or two outputs would share, and those that are something else already."""
    taken: dict[object, RecipePath] = {}
    read = {_identity(file) for file in (*source.texts, *(file for recipe in recipes for file in _read_by(recipe)))}
    for recipe in recipes:
        for use in recipe.checks:
            if use.golden is None:
                continue
            path = (*use.at, GOLDEN_KEYS[use.name])
            same = _identity(absolute(use.golden, path, source))
            if same in read:
                message = f"`{use.golden}` is a source of the recipe, and `check --update` would write over it"
                yield Diagnostic(
                    code="golden-is-source", message=message, hint="give the golden another name", path=path
                )
            elif same in taken and taken[same] == use.at:
                message = f"`{use.golden}` would be the golden of more than one output"
                hint = "say whose it is: `output: NAME`, and write one such check for each output"
                yield Diagnostic(code="golden-shared", message=message, hint=hint, path=path)
            elif same in taken:
                message = f"`{use.golden}` is the golden of another check already"
                hint = "give each check a golden of its own"
                yield Diagnostic(code="golden-shared", message=message, hint=hint, path=path)
            taken[same] = use.at


def _read_by(recipe: Recipe) -> set[Path]:
    sources = (*(clip.src for clip in recipe.clips), *(sound.src for sound in recipe.audio))
    fonts = (title.font for title in recipe.titles if title.font)
    references = (use.params.reference for use in recipe.checks if use.name == "reference")
    return {*fonts, *references, *(source.file for source in sources if isinstance(source, FileMedia))}


def _identity(file: Path) -> object:
    """The same for two names of one file: links of both sorts lead to one device and inode."""
    try:
        status = file.stat()
    except OSError:
        # Not there yet: the folder may still be known under two names.
        return Path(os.path.realpath(file.parent)) / file.name
    return (status.st_dev, status.st_ino)


def not_as_stated(medium: FileMedia, found: str) -> Iterator[Diagnostic]:
    """A fault where the recipe says that the file has another SHA-256 than `found`."""
    if medium.sha256 not in ("", found):
        message = f"`{medium.file.name}` is not the file that the recipe means: its sha256 is {found}"
        hint = "move it away and run `montage-recipe fetch`; or, where it is the right one, write this `sha256`"
        yield Diagnostic(code="media-not-as-stated", message=message, hint=hint, path=medium.at)
