"""The JSON Schema (draft-07, what the YAML language server reads) of the recipe language, derived from its records.

Where a value may be one of several things, `if`/`then`/`else` on its type says which: `oneOf` and `anyOf` report every
branch, and the author sees the wrong one. An effect's name is a key, so plain `properties` lead to its parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from montage_recipe.checks import ALL_CHECKS
from montage_recipe.checks.spec import Check
from montage_recipe.effects import ALL_EFFECTS
from montage_recipe.effects.spec import Effect
from montage_recipe.fields import Key, Kind, ListOf, MapOf, keys_of
from montage_recipe.generate import ALL_GENERATORS
from montage_recipe.generate.spec import Generator
from montage_recipe.recipe import language
from montage_recipe.recipe.kinds import ALL_KINDS, FILE, Anchor
from montage_recipe.recipe.language import NAMES, RECORDS, Special
from montage_recipe.timecode import Time
from montage_recipe.wording import clause, sentence

Schema = dict[str, Any]

VARIABLE = r"\$\{"  # a value that holds a variable; its kind is known only when the variable's value is
# A name, as SchemaStore wants it (docs/schemastore.md); nothing is ever asked of it.
IDENTIFIER = "https://www.schemastore.org/montage-recipe.json"
_SHARED_KINDS = (*ALL_KINDS, language.TRANSITION, language.PROFILE, language.GENERATOR, language.MODEL)


def recipe_schema() -> Schema:
    """The whole schema. Its order is that of the language, so that a diff of it reads like one."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": IDENTIFIER,
        "$comment": "Derived from the code by `python -m montage_recipe.derive`; do not edit.",
        **_record(language.Recipe),
        "definitions": {
            **{_name(record): _record(record) for record in RECORDS[1:] if record is not language.Check},
            **_specials(),
            _name(language.Generated): _generated(),
            **{kind.name: _kind(kind) for kind in _SHARED_KINDS},
        },
    }


def written(key: Key, default: object) -> object:
    """A key's default as an author would write it; None where nothing can be written for it."""
    match default:
        case bool() | int():
            return default
        case float():
            return int(default) if default.is_integer() else default
        case str() if default:
            return default
        case Time() | Anchor():
            return str(default)
        case Fraction() if isinstance(key.kind, Kind) and key.kind.schema.get("type") == "string":
            return f"{float(100 * default):g}%"
        case Fraction():
            return int(default) if default.denominator == 1 else float(default)
        case _ if isinstance(key.kind, Kind) and default is not None:
            return next((example for example in key.kind.examples if key.kind.parse(example) == default), None)
        case _:
            return None


def _name(record: type) -> str:
    return NAMES[record].removeprefix("a ").removeprefix("an ").replace(" ", "-")


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _record(record: type) -> Schema:
    schema = _mapping(NAMES[record], record.__doc__ or "", keys_of(record))
    if record is language.Recipe:
        # `clips` may come from a file that is included; while reading, includes are resolved before this is asked.
        schema["required"] = ["recipe"]
        schema["anyOf"] = [{"required": ["clips"]}, {"required": ["include"]}]
    return schema


def _mapping(title: str, doc: str, keys: Sequence[tuple[str, Key, Any]]) -> Schema:
    schema: Schema = {"title": title, "description": sentence(doc), "type": "object"}
    if required := [name for name, key, _ in keys if key.required]:
        schema["required"] = required
    schema["properties"] = {name: _property(key, field.default) for name, key, field in keys}
    schema["additionalProperties"] = False
    return schema


def _property(key: Key, default: object) -> Schema:
    schema = {**_shape(key.kind)}
    doc = sentence(key.doc)
    if isinstance(key.kind, Kind):
        doc = f"{doc} {sentence(key.kind.doc)}"
        if "$ref" not in schema:
            schema["$comment"] = key.kind.doc
    schema["description"] = doc
    if not key.required and (value := written(key, default)) is not None:
        schema["default"] = value
    return schema


def _shape(shape: object) -> Schema:
    match shape:
        case Kind():
            # Effects bring kinds of their own, which may share a name and not a meaning: those are written in place.
            return _ref(shape.name) if any(shape is shared for shared in _SHARED_KINDS) else _kind(shape)
        case ListOf(item=item, min_items=least):
            return {"type": "array", "items": _shape(item), **({"minItems": least} if least else {})}
        case MapOf(value=value):
            return {"type": "object", "propertyNames": _ref("id"), "additionalProperties": _shape(value)}
        case Special():
            return _ref(_special_name(shape))
        case type():
            return _ref(_name(shape))
        case _:
            raise TypeError(f"{shape!r} is no part of the language")


def _kind(kind: Kind) -> Schema:
    schema = _with_variables(kind.schema)
    if "pattern" in schema:
        schema["patternErrorMessage"] = sentence(f"write {clause(kind.doc)}")  # for the YAML language server
    return {"title": kind.name, "description": sentence(kind.doc), **schema, "examples": list(kind.examples)}


def _with_variables(schema: Mapping[str, Any]) -> Schema:
    """The same, and a text that holds a variable: an editor must not mark what the variable may make right."""
    if "const" in schema:
        return dict(schema)
    if "enum" in schema:
        return {"anyOf": [dict(schema), {"type": "string", "pattern": VARIABLE}]}
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else list(types)
    if "pattern" in schema:
        return {**schema, "pattern": f"{schema['pattern']}|{VARIABLE}"}
    if "string" in types:
        return dict(schema)
    return {**schema, "type": [*types, "string"], "pattern": VARIABLE}


# --- what is more than one record or one kind ------------------------------------------------------------------------


def _special_name(special: Special) -> str:
    return {
        Special.EFFECT: "effect",
        Special.MEDIUM: "medium",
        Special.TRANSITION: "clip-transition",
        Special.CLIP: "clip-or-include",
        Special.INCLUDE: "include",
        Special.CHECK: "check",
    }[special]


def _specials() -> dict[str, Schema]:
    file = _ref(FILE.name)
    files = {"type": "array", "items": file, "minItems": 1}
    including: Schema = {
        "title": "an include",
        "description": "The clips of another file, put in here. Its media and variables come with them.",
        "type": "object",
        "properties": {"include": _ref("include")},
        "additionalProperties": False,
    }
    return {
        "effect": _effect(),
        "medium": _if_mapping(
            {
                "if": {"anyOf": [{"required": [name]} for name, _, _ in keys_of(language.RemoteFile)]},
                "then": _ref(_name(language.RemoteFile)),
                "else": _ref(_name(language.Generated)),
            },
            file,
            "A file, one that lives elsewhere: `{file: …, url: …, sha256: …}`, or footage that ffmpeg makes: `{generate: …}`.",
        ),
        "clip-transition": {
            **_if_mapping(
                _ref("transition"), _ref(language.TRANSITION.name), "A transition's name, or `{type: …, duration: …}`."
            ),
            "examples": [
                "crossfade",
                "dip-to-black",
                "wipe-left",
                "none",
            ],  # an editor offers these where nothing is written yet
        },
        "clip-or-include": {
            "if": {"type": "object", "required": ["include"]},
            "then": including,
            "else": _ref("clip"),
        },
        "check": _check(),
        "include": {"if": {"type": "array"}, "then": files, "else": file, "description": "A file, or a list of files."},
    }


def _if_mapping(then: Schema, otherwise: Schema, doc: str) -> Schema:
    return {"description": doc, "if": {"type": "object"}, "then": then, "else": otherwise}


def _effect() -> Schema:
    bare = [effect.name for effect in ALL_EFFECTS if not any(key.required for _, key, _ in keys_of(effect.params))]
    return {
        "description": "An effect: `grayscale`, `{denoise: light}` or `{color: {saturation: 1.2}}`.",
        "if": {"type": "string"},
        "then": {"title": "effect-name", "enum": bare},
        "else": {
            "title": "an effect",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {effect.name: _one_effect(effect) for effect in ALL_EFFECTS},
            "additionalProperties": False,
        },
    }


def _one_effect(effect: Effect) -> Schema:
    keys = keys_of(effect.params)
    mapping = _mapping(f"the effect `{effect.name}`", effect.doc, keys)
    if effect.shorthand is None:
        return mapping
    word = next(key for name, key, _ in keys if name == effect.shorthand)
    return _if_mapping(mapping, _property(word, None), sentence(effect.doc))


def _check() -> Schema:
    shared = {name: _property(key, field.default) for name, key, field in keys_of(language.Check)}
    return {
        "title": NAMES[language.Check],
        "description": "A check of the finished film: `{black: 2s}`, `{loudness: -14LUFS, tolerance: 1LU}`.",
        "type": "object",
        "anyOf": [{"required": [check.name]} for check in ALL_CHECKS],
        "properties": {check.name: {"description": sentence(check.doc)} for check in ALL_CHECKS},
        "allOf": [_one_check(check, shared) for check in ALL_CHECKS],
    }


def _one_check(check: Check, shared: Schema) -> Schema:
    own = {name: _property(key, field.default) for name, key, field in keys_of(check.params)}
    return {
        "if": {"type": "object", "required": [check.name]},
        "then": {
            **_mapping(f"the check `{check.name}`", check.doc, keys_of(check.params)),
            "properties": {**own, **shared},
        },
    }


def _generated() -> Schema:
    base = _record(language.Generated)
    del base["additionalProperties"]  # each generator has its own
    base["allOf"] = [_one_generator(generator, base["properties"]) for generator in ALL_GENERATORS]
    return base


def _one_generator(generator: Generator, shared: Mapping[str, Any]) -> Schema:
    own = {name: _property(key, field.default) for name, key, field in keys_of(generator.params)}
    return {
        "if": {"properties": {"generate": {"const": generator.name}}, "required": ["generate"]},
        "then": {
            "title": f"the generator `{generator.name}`",
            "description": sentence(generator.doc),
            "properties": {**dict.fromkeys(shared, True), **own},
            "additionalProperties": False,
        },
    }
