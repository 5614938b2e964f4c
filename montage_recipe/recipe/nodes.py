"""A recipe file as a tree of values that know where they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from montage_recipe.diagnostics import RecipePath

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file, `line` and `column` from 1, `length` in characters of that line."""

    file: Path
    line: int
    column: int
    length: int = 1


@dataclass(slots=True)
class ScalarNode:
    span: Span
    value: Scalar


@dataclass(slots=True)
class ListNode:
    span: Span
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class MapNode:
    span: Span
    entries: dict[str, Entry] = field(default_factory=dict)


Node = ScalarNode | ListNode | MapNode


@dataclass(slots=True)
class Entry:
    key: Span
    value: Node


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and where the key in front of it stands, if there is one."""

    value: Span
    key: Span | None = None


def plain(node: Node) -> object:
    """The tree as dicts, lists and scalars."""
    match node:
        case ScalarNode(value=value):
            return value
        case ListNode(items=items):
            return [plain(item) for item in items]
        case MapNode(entries=entries):
            return {name: plain(entry.value) for name, entry in entries.items()}


def places(node: Node, path: RecipePath = (), key: Span | None = None) -> Iterator[tuple[RecipePath, Place]]:
    """The place of every value of the tree."""
    yield path, Place(node.span, key)
    match node:
        case ListNode(items=items):
            for index, item in enumerate(items):
                yield from places(item, (*path, index))
        case MapNode(entries=entries):
            for name, entry in entries.items():
                yield from places(entry.value, (*path, name), entry.key)
        case ScalarNode():
            pass
