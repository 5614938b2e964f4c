"""Recipes as trees that keep what YAML readers throw away (double keys, how a value is written), and their texts."""

from __future__ import annotations

import copy
import json
import random
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml


class Plain(str):
    """A scalar that is written as it is: a number, a word without quotes, an alias, or no YAML at all."""

    __slots__ = ()


@dataclass(slots=True)
class Map:
    """A mapping; a key may stand in it twice."""

    pairs: list[list[Any]] = field(default_factory=list)  # of key and value

    def get(self, name: str) -> Any:
        return next((value for key, value in self.pairs if key == name), None)

    def set(self, name: str, value: Any) -> None:
        self.pairs = [pair for pair in self.pairs if pair[0] != name] + [[name, value]]


@dataclass(slots=True)
class Marked:
    """A value with a tag or an anchor in front of it."""

    mark: str
    value: Any


@dataclass(frozen=True, slots=True)
class Spot:
    """A value's place in a tree: `holder` is a list, the pairs' second halves of a `Map`, or a `Marked`."""

    holder: Any
    index: int = 0

    @property
    def key(self) -> str | None:
        return self.holder.pairs[self.index][0] if isinstance(self.holder, Map) else None

    @property
    def value(self) -> Any:
        match self.holder:
            case Map(pairs=pairs):
                return pairs[self.index][1]
            case Marked(value=value):
                return value
            case items:
                return items[self.index]

    def put(self, value: Any) -> None:
        match self.holder:
            case Map(pairs=pairs):
                pairs[self.index][1] = value
            case Marked():
                self.holder.value = value
            case items:
                items[self.index] = value

    def remove(self) -> None:
        match self.holder:
            case Map(pairs=pairs):
                del pairs[self.index]
            case Marked():
                self.holder.value = None
            case items:
                del items[self.index]


_ENDS_IN_FLOW = re.compile(r"[,\[\]{}\n]")  # what a text without quotes cannot hold inside of brackets


def tree_of(text: str) -> Any:
    """The tree of a YAML text that has neither aliases nor several documents. Raises yaml.YAMLError."""
    return _from_node(yaml.compose(text, Loader=yaml.SafeLoader))


def _from_node(node: yaml.Node | None) -> Any:
    match node:
        case yaml.MappingNode():
            return Map([[str(key.value), _from_node(value)] for key, value in node.value])
        case yaml.SequenceNode():
            return [_from_node(item) for item in node.value]
        case yaml.ScalarNode(style=None) if not _ENDS_IN_FLOW.search(node.value):
            return Plain(node.value)
        case yaml.ScalarNode():
            return str(node.value)
        case _:
            return None


def tree_from(data: Any) -> Any:
    """The tree of dicts, lists and scalars."""
    match data:
        case dict():
            return Map([[str(key), tree_from(value)] for key, value in data.items()])
        case list() | tuple():
            return [tree_from(item) for item in data]
        case _:
            return copy.copy(data)


def spots(value: Any) -> Iterator[Spot]:
    """Every value's place below `value`, outer ones first."""
    match value:
        case Map(pairs=pairs):
            inside = [Spot(value, index) for index in range(len(pairs))]
        case list():
            inside = [Spot(value, index) for index in range(len(value))]
        case Marked():
            inside = [Spot(value)]
        case _:
            return
    yield from inside
    for spot in inside:
        yield from spots(spot.value)


# --- texts -----------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./%-]*")
_WIDE = 60  # characters of a collection that is written in one line where nothing speaks against it


def written(tree: Any, chance: random.Random, oddness: float = 0.05) -> str:
    """The tree as YAML text; `oddness` is how many of its values are written in an uncommon way."""
    return "\n".join(_block(tree, chance, oddness, "")) + "\n"


def _block(value: Any, chance: random.Random, oddness: float, indent: str) -> Iterator[str]:
    match value:
        case Map(pairs=pairs) if pairs:
            for key, entry in pairs:
                yield from _entry(f"{indent}{_key(key, chance, oddness)}:", entry, chance, oddness, indent)
        case list() if value:
            for item in value:
                yield from _entry(f"{indent}-", item, chance, oddness, indent)
        case _:
            yield indent + _flow(value, chance, oddness)


def _entry(head: str, value: Any, chance: random.Random, oddness: float, indent: str) -> Iterator[str]:
    while isinstance(value, Marked):
        head, value = f"{head} {value.mark}", value.value
    if isinstance(value, str) and not isinstance(value, Plain) and chance.random() < oddness:
        yield from _literal(head, value, chance, indent)
        return
    short = isinstance(value, Map | list) and len(repr(value)) < 3 * _WIDE and chance.random() < 0.6
    if not isinstance(value, Map | list) or short or not (value.pairs if isinstance(value, Map) else value):
        yield f"{head} {_flow(value, chance, oddness)}"
        return
    yield head
    yield from _block(value, chance, oddness, indent + chance.choice(("  ", "  ", "  ", " ", "    ")))


def _literal(head: str, text: str, chance: random.Random, indent: str) -> Iterator[str]:
    yield f"{head} {chance.choice('|>')}{chance.choice(('', '-', '+', '2'))}"
    yield textwrap.indent(text, indent + "  ")


def _flow(value: Any, chance: random.Random, oddness: float) -> str:
    match value:
        case Marked(mark=mark, value=inner):
            return f"{mark} {_flow(inner, chance, oddness)}"
        case Map(pairs=pairs):
            return "{" + ", ".join(f"{_key(k, chance, oddness)}: {_flow(v, chance, oddness)}" for k, v in pairs) + "}"
        case list():
            return "[" + ", ".join(_flow(item, chance, oddness) for item in value) + "]"
        case Plain():
            return value
        case str():
            return _scalar(value, chance, oddness)
        case None:
            return chance.choice(("null", "~", "")) if chance.random() < oddness else "null"
        case _:
            return json.dumps(value).replace("Infinity", ".inf").replace("NaN", ".nan")


def _scalar(text: str, chance: random.Random, oddness: float) -> str:
    if chance.random() < oddness:
        return chance.choice((text, "'" + text.replace("'", "''") + "'", f'"{text}"'))
    if _WORD.fullmatch(text) and text not in ("null", "true", "false"):
        return text
    return json.dumps(text, ensure_ascii=chance.random() < 0.5)


def _key(key: str, chance: random.Random, oddness: float) -> str:
    if isinstance(key, Plain):
        return key
    if chance.random() < oddness / 4:
        return chance.choice((f"? {key}\n", f"'{key}'", f"{key} ", f'"{key}"'))
    return key if _WORD.fullmatch(key) else json.dumps(key)
