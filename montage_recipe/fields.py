"""What one key of the recipe may hold: its kind, its documentation, its limits.

A record of the language (a clip, an effect's parameters, an output) is a frozen dataclass whose fields are made with
`key(...)`. From those fields come the JSON schema, the reference page, `explain`, and the typed value itself; nothing
about a key is written anywhere else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

JsonSchema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value, e.g. a time.

    `schema` is a draft-07 fragment that says as much as a schema can. `parse` turns a value that satisfies it into
    its typed form and raises ValueError, with a sentence for the author, for what a schema cannot say.
    """

    name: str  # the definition's name in the schema
    doc: str  # one sentence: what to write; shown as the cure when a value is not of this kind
    examples: tuple[Any, ...]
    schema: JsonSchema
    parse: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list of records or kinds."""

    item: Any  # Kind, a record class, or a name of a registry, see `recipe.schema`
    min_items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """A mapping from names to records or kinds."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a record: what the schema, the reference and the parser need to know."""

    name: str | None  # the word in the recipe, where it is no Python name (`in`)
    kind: Any  # Kind | ListOf | MapOf | a record class
    doc: str
    required: bool


def key(kind: Any, doc: str, *, default: Any = dataclasses.MISSING, name: str | None = None) -> Any:
    """A dataclass field that is a key of the recipe; without `default` the key is required.

    `default` is the typed value (what `kind.parse` would return), used where the key is absent.
    """
    required = default is dataclasses.MISSING
    metadata = {"key": Key(name=name, kind=kind, doc=doc, required=required)}
    if required:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def keys_of(record: type) -> tuple[tuple[str, Key, dataclasses.Field[Any]], ...]:
    """The keys of a record class: the word in the recipe, the key, the dataclass field. Other fields are left out."""
    return tuple(
        (field.metadata["key"].name or field.name, field.metadata["key"], field)
        for field in dataclasses.fields(record)
        if "key" in field.metadata
    )


# --- kinds shared by the recipe, the effects and the transitions ---------------------------------------------------


def number(*, minimum: float, maximum: float, doc: str, examples: tuple[Any, ...]) -> Kind:
    """A plain number within limits, both included; the typed value is a float."""
    return Kind(
        name=f"number-{minimum:g}-{maximum:g}",
        doc=doc,
        examples=examples,
        schema={"type": "number", "minimum": minimum, "maximum": maximum},
        parse=float,
    )


def choice(name: str, doc: str, values: tuple[str, ...]) -> Kind:
    """One of some words; the typed value is the word."""
    return Kind(name=name, doc=doc, examples=values[:9], schema={"type": "string", "enum": list(values)}, parse=str)
