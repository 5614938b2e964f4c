"""A recipe that is being changed, and what changes are made from."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.hardening.odd_values import OTHERS, VALID
from tests.hardening.recipe_trees import Map, Spot, spots, tree_from, tree_of, written

ROOT = Path(__file__).parents[2]
RECIPE = "m.yaml"


@dataclass(slots=True)
class Draft:
    """A recipe that is being changed: its tree first, then its text, then its bytes."""

    chance: random.Random
    tree: Map
    oddness: float = 0.01
    texts: list[Callable[[str], str]] = field(default_factory=list)
    raws: list[Callable[[bytes], bytes]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def spot(self, *, inner: bool = False) -> Spot:
        """Some value of the tree; with `inner`, a single one."""
        found = [spot for spot in spots(self.tree) if not (inner and isinstance(spot.value, Map | list))]
        if not found:
            self.tree.pairs.append(["recipe", 1])
            return Spot(self.tree, len(self.tree.pairs) - 1)
        return self.chance.choice(found)

    def map(self) -> Map:
        """Some mapping of the tree."""
        found = [spot.value for spot in spots(self.tree) if isinstance(spot.value, Map)]
        return self.chance.choice([self.tree, *found])

    def list_of(self, name: str) -> list[Any]:
        """The entries of `clips`, `titles` and the like; made where there are none."""
        found = self.tree.get(name)
        if not isinstance(found, list) or not found:
            found = [tree_from(OTHERS[name])]
            self.tree.set(name, found)
        return found

    def entry_of(self, name: str) -> Map:
        entries = [entry for entry in self.list_of(name) if isinstance(entry, Map)]
        if entries:
            return self.chance.choice(entries)
        entry = tree_from(OTHERS[name])
        self.list_of(name).append(entry)
        assert isinstance(entry, Map)
        return entry


@dataclass(frozen=True, slots=True)
class Stock:
    """What mutants are made from."""

    texts: tuple[str, ...]
    trees: tuple[Map, ...]  # of the texts that have one
    sound: tuple[Map, ...]  # of recipes without a fault
    values: tuple[tuple[str | None, Any], ...]  # every value of them, with its key
    keys: tuple[str, ...]  # of the schema
    schema: Mapping[str, Any]


@cache
def stock() -> Stock:
    schema = json.loads((ROOT / "schemas" / "recipe.schema.json").read_text(encoding="utf-8"))
    good = sorted((ROOT / "recipes").glob("*.yaml"))
    bad = [
        *sorted((ROOT / "recipes" / "parts").glob("*.yaml")),
        *sorted((ROOT / "tests" / "golden" / "bad_recipes").glob("*.yaml")),
    ]
    own = [json.dumps(data) for data in VALID]
    texts = [file.read_bytes().decode("utf-8", "replace") for file in (*good, *bad)]
    sound = [tree for tree in map(_tree, [*own, *texts[: len(good)]]) if tree]
    trees = [*sound, *(tree for tree in map(_tree, texts[len(good) :]) if tree)]
    values = [(spot.key, spot.value) for tree in trees for spot in spots(tree)]
    return Stock((*own, *texts), tuple(trees), tuple(sound), tuple(values), tuple(sorted(_keys(schema))), schema)


def _tree(text: str) -> Map | None:
    try:
        tree = tree_of(text)
    except (yaml.YAMLError, TypeError):
        return None
    return tree if isinstance(tree, Map) else None


def _keys(schema: Any) -> set[str]:
    match schema:
        case dict():
            own = schema.get("properties")
            return (set(own) if isinstance(own, dict) else set()).union(*map(_keys, schema.values()))
        case list():
            return set[str]().union(*map(_keys, schema))
        case _:
            return set()


def finished(draft: Draft) -> bytes:
    text = written(draft.tree, draft.chance, draft.oddness)
    for change in draft.texts:
        text = change(text)
    raw = text.encode("utf-8", "surrogatepass")
    for damage in draft.raws:
        raw = damage(raw)
    return raw
