"""A recipe file as a tree of values that know where they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from montage_recipe.diagnostics import RecipePath

Scalar = str | int | float | bool | None


class Span(NamedTuple):
    """A place in a file, `line` and `column` from 1, `length` in characters of that line.

    A tuple, because a recipe of 1,000 clips makes 30,000 of them, and a frozen dataclass takes four times as long.
    """

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


class Place(NamedTuple):
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


def places(root: Node) -> dict[RecipePath, Place]:
    """The place of every value of the tree."""
    found: dict[RecipePath, Place] = {(): Place(root.span)}

    def below(node: Node, path: RecipePath) -> None:
        if isinstance(node, MapNode):
            for name, entry in node.entries.items():
                inside = (*path, name)
                found[inside] = Place(entry.value.span, entry.key)
                below(entry.value, inside)
        elif isinstance(node, ListNode):
            for index, item in enumerate(node.items):
                inside = (*path, index)
                found[inside] = Place(item.span)
                below(item, inside)

    below(root, ())
    return found
