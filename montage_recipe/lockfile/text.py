"""A lock as text, and back.

TOML, because it has comments, its inline tables put an item on one line, doubled keys are errors, nothing in it is read as
a number or a date that was meant as a name, and Python reads it by itself. Sorted, so that a diff shows what changed and
nothing else.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from montage_recipe.lockfile.model import FORMAT, Item, Lock, Sort

HEAD = "# montage-recipe lock: what the recipe was built from. Commit this file, and read its diff.\n"
_HINT = "# Do not edit it: `montage-recipe lock RECIPE --update` writes it anew.\n"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOP = {"format": int, "recipe": str, "montage-recipe": str, "ffmpeg": dict}


def text_of(lock: Lock) -> str:
    """The whole file; the same text for the same lock, always."""
    lines = [
        f"format = {FORMAT}",
        f"recipe = {quoted(lock.recipe)}",
        f"montage-recipe = {quoted(lock.release)}",
        f"ffmpeg = {{version = {quoted(lock.ffmpeg_version)}, build = {quoted(lock.ffmpeg_build)}}}",
    ]
    for sort in Sort:
        if items := sorted((item for item in lock.items if item.sort is sort), key=lambda item: item.name):
            lines += ["", f"[{sort}]", *(f"{quoted(item.name)} = {{{', '.join(_values(item))}}}" for item in items)]
    return HEAD + _HINT + "\n" + "\n".join(lines) + "\n"


def _values(item: Item) -> Iterator[str]:
    if item.title:
        yield f"name = {quoted(item.title)}"
    if item.size_bytes is not None:
        yield f"size = {item.size_bytes}"
    yield f"sha256 = {quoted(item.sha256)}"


def quoted(text: str) -> str:
    """As a basic string of TOML, whose escapes are those of JSON; it wants one for U+007F as well.

    >>> quoted('say "hi"')
    '"say \\\\"hi\\\\""'
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def lock_from(text: str) -> Lock:
    """Raises ValueError, with a clause for people, for what is no lock of a known format."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    for name, kind in _TOP.items():
        if type(data.get(name)) is not kind:  # `true` is an int as well
            raise ValueError(f"it does not say `{name}`" if name not in data else f"its `{name}` cannot be right")
        if name == "format" and data[name] != FORMAT:
            raise ValueError(f"its format is {data[name]}, and this montage-recipe knows {FORMAT}")
    if unknown := sorted(data.keys() - _TOP.keys() - set(Sort)):
        raise ValueError(f"it has an unknown key `{unknown[0]}`")
    ffmpeg = data["ffmpeg"]
    return Lock(
        recipe=data["recipe"],
        release=data["montage-recipe"],
        ffmpeg_version=_text(ffmpeg, "version", "ffmpeg"),
        ffmpeg_build=_text(ffmpeg, "build", "ffmpeg"),
        items=tuple(item for sort in Sort for item in _items(sort, data.get(sort, {}))),
    )


def _items(sort: Sort, table: Any) -> Iterator[Item]:
    if not isinstance(table, dict):
        raise ValueError(f"its `{sort}` is no table")
    for name, values in table.items():
        if not isinstance(values, dict) or not values.keys() <= {"name", "size", "sha256"}:
            raise ValueError(f"its entry `{name}` cannot be right")
        size = values.get("size")
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            raise ValueError(f"the size of `{name}` cannot be right")
        if not _SHA256.fullmatch(sha256 := _text(values, "sha256", name)):
            raise ValueError(f"the sha256 of `{name}` cannot be right")
        title = _text(values, "name", name) if "name" in values else ""
        yield Item(sort=sort, name=name, sha256=sha256, size_bytes=size, title=title)


def _text(values: Mapping[str, Any], key: str, entry: str) -> str:
    text = values.get(key)
    if not isinstance(text, str) or not text:
        raise ValueError(f"its entry `{entry}` has no `{key}`")
    return text
