"""What a recipe from somebody else may not ask for, found before any file that it names is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from montage_recipe import untrusted
from montage_recipe.checks.spec import GOLDEN_KEYS
from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.recipe import language
from montage_recipe.recipe.expand import Media, absolute, canvas_of
from montage_recipe.recipe.model import FileMedia
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.untrusted import Confinement

_LISTS = (
    ("clips", untrusted.MOST_CLIPS, "too-many-clips"),
    ("titles", untrusted.MOST_TITLES, "too-many-titles"),
    ("audio", untrusted.MOST_SOUNDS, "too-many-sounds"),
    ("media", untrusted.MOST_MEDIA, "too-many-media"),
    ("outputs", untrusted.MOST_OUTPUTS, "too-many-outputs"),
    ("checks", untrusted.MOST_CHECKS, "too-many-checks"),
)
_CURE = "split the recipe; or, where it is your own or you have read it, --trusted"


def too_many(data: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Faults of the lists' lengths, and of the texts that variables would make; before anything is done with them."""
    for key, most, code in _LISTS:
        value = data.get(key)
        if isinstance(value, list | dict) and len(value) > most:
            message = f"{len(value):,} {key}; in a recipe from somebody else {most:,} are the most"
            yield Diagnostic(code=code, message=message, hint=_CURE, path=(key,))
    values = [text for text in _texts(data) if "${" in text]
    longest = max((len(text) for text in _variables(data)), default=0)
    if sum(len(text) + text.count("${") * longest for text in values) > untrusted.MOST_VALUES_BYTES:
        message = f"its variables make more than {untrusted.MOST_VALUES_BYTES >> 20} MiB of text"
        yield Diagnostic(code="too-much-text", message=message, hint="use shorter variables, or fewer", path=("vars",))


def _texts(data: object) -> Iterator[str]:
    match data:
        case str():
            yield data
        case dict():
            for value in data.values():
                yield from _texts(value)
        case list():
            for value in data:
                yield from _texts(value)


def _variables(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(data.get("vars"))
    outputs = data.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, dict):
            yield from _texts(output.get("vars"))


def asks_too_much(
    recipe: language.Recipe, outputs: Iterable[tuple[RecipePath, language.Output]]
) -> Iterator[Diagnostic]:
    """Upscaling on the user's hosts, and outputs that are too large."""
    for index, clip in enumerate(recipe.clips):
        if clip and clip.upscale:
            message = "a recipe from somebody else asks for work on your GPU hosts"
            hint = "leave `upscale` out; or, where the recipe is your own or you have read it, --trusted"
            path: RecipePath = ("clips", index, "upscale")
            yield Diagnostic(code="upscale-untrusted", message=message, hint=hint, path=path)
    for at, output in outputs:
        size = canvas_of(recipe, output).size
        if size.width * size.height > untrusted.LARGEST_OUTPUT_PIXELS:
            most = untrusted.LARGEST_OUTPUT_PIXELS
            message = (
                f"{size} are {size.width * size.height:,} pixels; {most:,} are the most for somebody else's recipe"
            )
            path = (*at, "canvas") if output.canvas else ("canvas",)
            yield Diagnostic(code="output-too-large", message=message, hint="make it smaller, or --trusted", path=path)


def leading_out(
    recipe: language.Recipe,
    others: Iterable[tuple[RecipePath, Path]],
    outputs: Iterable[tuple[RecipePath, language.Output]],
    data: Mapping[str, Any],
    media: Media,
    source: RecipeSource,
) -> Iterator[Diagnostic]:
    """A fault for each file outside of the folder; `others` are fonts and whatever effects read, `data` has the names as
    written, with variables put in."""
    within = source.confinement
    assert within is not None
    for path, file in (*_media(recipe, media), *others):
        outside = tuple(_refused(within, str(_value(data, path)), file, path))
        yield from outside or _hard_link(file, path)
    for use in recipe.checks:
        if use and use.golden:
            path = (*use.at, GOLDEN_KEYS[use.name])
            place = absolute(use.golden, path, source)
            outside = tuple(_refused(within, use.golden, place, path))
            yield from outside or _hard_link(place, path)
            yield from _hidden(within, use.golden, place, path)
    for at, output in outputs:
        path = (*at, "file")
        place = absolute(output.file, path, source)
        yield from tuple(_refused(within, output.file, place, path)) or _hidden(within, output.file, place, path)


def _media(recipe: language.Recipe, media: Media) -> Iterator[tuple[RecipePath, Path]]:
    for name, file in (recipe.media or {}).items():
        if isinstance(file, Path):
            yield ("media", name), file
        elif isinstance(file, language.RemoteFile):
            yield ("media", name, "file"), file.file
    for key, entries in (("clips", recipe.clips), ("audio", recipe.audio)):
        for index, entry in enumerate(entries):
            path: RecipePath = (key, index, "src")
            medium = media.at(path, entry.src) if entry else None
            if isinstance(medium, FileMedia) and medium.at == path:
                yield path, medium.file


def _value(data: Any, path: RecipePath) -> object:
    for step in path:
        data = data[step]
    return data


def _refused(within: Confinement, named: str, file: Path, path: RecipePath) -> Iterator[Diagnostic]:
    if why := within.why_not(named, file):
        hint = "copy the file into the recipe's folder; or, where the recipe is your own or you have read it, --trusted"
        yield Diagnostic(code="outside-of-folder", message=f"`{named}` {why}", hint=hint, path=path)


def _hidden(within: Confinement, named: str, file: Path, path: RecipePath) -> Iterator[Diagnostic]:
    if within.is_hidden(file):
        message = f"`{named}` is hidden, and somebody else's recipe may not have such a file written"
        hint = "give it another place; or, where the recipe is your own or you have read it, --trusted"
        yield Diagnostic(code="outside-of-folder", message=message, hint=hint, path=path)


def _hard_link(file: Path, path: RecipePath) -> Iterator[Diagnostic]:
    try:
        links = file.lstat().st_nlink if file.is_file() else 1
    except (OSError, ValueError):
        return  # what is wrong with its name is told by who looks for it
    if links > 1:
        message = (
            f"`{file.name}` is a hard link: the same file has another name, perhaps outside of the recipe's folder"
        )
        hint = "put a copy of it in its place: `cp FILE COPY && mv COPY FILE`; or --trusted"
        yield Diagnostic(code="hard-link", message=message, hint=hint, path=path)
