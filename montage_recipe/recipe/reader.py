"""Turns checked data into the typed records of the language, and goes on after a fault to find the others."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from montage_recipe.checks import CHECKS
from montage_recipe.checks.spec import CheckUse
from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.effects import EFFECTS
from montage_recipe.effects.spec import EffectUse
from montage_recipe.fields import Kind, ListOf, MapOf, keys_of
from montage_recipe.generate import GENERATORS
from montage_recipe.recipe import language
from montage_recipe.recipe.kinds import FILE
from montage_recipe.recipe.language import Special
from montage_recipe.recipe.schema_faults import article
from montage_recipe.wording import clause, shown


class _Broken:
    """Stands for a value with a fault that has been reported."""


_BROKEN = _Broken()

# Entries of which a broken required key is filled with an example, so that their other keys are looked at too.
_ENTRIES = (language.Clip, language.Title, language.Sound)

_keys_of = functools.cache(keys_of)


class Reader:
    """`broken` holds the places at which the schema has found a wrong value; nothing is said about them again."""

    def __init__(self, folder_of: Callable[[RecipePath], Path], broken: Collection[RecipePath]) -> None:
        self.folder_of = folder_of
        self.broken = frozenset(broken) - {("recipe",), ("clips",)}
        self.faults: list[Diagnostic] = []
        self.made_up: set[RecipePath] = set()  # places where an example stands for a required value that is broken
        self.files: list[tuple[RecipePath, Path]] = []  # fonts and other files besides media

    def recipe(self, data: object) -> language.Recipe | None:
        """The recipe, with None for list entries that cannot be read; None where nothing of it can be."""
        if not isinstance(data, dict):
            return None
        clips = data.get("clips")
        # The two keys that must be there are made up where they are missing, so that the others are looked at too.
        recipe = self._record(
            language.Recipe, {**data, "recipe": 1, "clips": clips if isinstance(clips, list) else []}, ()
        )
        return recipe if isinstance(recipe, language.Recipe) else None

    def _read(self, shape: object, value: Any, path: RecipePath) -> Any:
        if path in self.broken:
            return _BROKEN
        match shape:
            case Kind():
                return self._kind(shape, value, path)
            case ListOf(item=item):
                return self._list(item, value, path)
            case MapOf(value=item) if isinstance(value, dict):
                read = {name: self._read(item, entry, (*path, name)) for name, entry in value.items()}
                return {name: entry for name, entry in read.items() if entry is not _BROKEN}
            case Special():
                return self._special(shape, value, path)
            case type():
                return self._record(shape, value, path)
            case _:
                return _BROKEN

    def _list(self, item: object, value: Any, path: RecipePath) -> Any:
        if not isinstance(value, list):
            return _BROKEN
        read = [self._read(item, entry, (*path, index)) for index, entry in enumerate(value)]
        return tuple(
            None if entry is _BROKEN else entry for entry in read if item is not Special.EFFECT or entry is not _BROKEN
        )

    def _kind(self, kind: Kind, value: Any, path: RecipePath) -> Any:
        if isinstance(value, str) and "${" in value and not _takes(kind, value):
            self._fault("wrong-kind", f"{shown(value)} is not {article(kind.name)}", kind, path)
            return _BROKEN
        try:
            parsed = kind.parse(value)
        except ValueError as error:
            self._fault("wrong-value", str(error), kind, path)
            return _BROKEN
        if kind is FILE:
            parsed = Path(os.path.normpath(self.folder_of(path).absolute() / parsed))
            if path[0] != "media":
                self.files.append((path, parsed))
        return parsed

    def _special(self, special: Special, value: Any, path: RecipePath) -> Any:
        match special:
            case Special.EFFECT:
                return self._effect(value, path)
            case Special.MEDIUM:
                if not isinstance(value, dict):
                    return self._kind(FILE, value, path)
                remote = any(name in value for name, _, _ in _keys_of(language.RemoteFile))
                return self._record(language.RemoteFile, value, path) if remote else self._generated(value, path)
            case Special.TRANSITION if isinstance(value, str):
                return self._record(language.Transition, {"type": value}, path)
            case Special.TRANSITION:
                return self._record(language.Transition, value, path)
            case Special.CLIP:
                return self._record(language.Clip, value, path)
            case Special.CHECK:
                return self._check(value, path)
            case Special.INCLUDE:
                return ()  # resolved while reading

    def _effect(self, value: Any, path: RecipePath) -> EffectUse | _Broken:
        name, given = (value, {}) if isinstance(value, str) else next(iter(value.items()), ("", None))
        effect = EFFECTS.get(name)
        if effect is None:
            return _BROKEN
        if not isinstance(given, dict):
            if effect.shorthand is None or (*path, name) in self.broken:
                return _BROKEN
            # The value stands for one key, and its faults are found where it stands.
            word = next(key for key_name, key, _ in _keys_of(effect.params) if key_name == effect.shorthand)
            read = self._read(word.kind, given, (*path, name))
            params = read if read is _BROKEN else self._made(effect.params, {effect.shorthand: read}, path)
        else:
            params = self._record(effect.params, given, (*path, name))
        return _BROKEN if params is _BROKEN else EffectUse(at=path, name=name, params=params)

    def _check(self, value: Any, path: RecipePath) -> CheckUse | _Broken:
        name = next((key for key in value if key in CHECKS), None) if isinstance(value, dict) else None
        if name is None:
            return _BROKEN
        shared = self._record(language.Check, value, path)
        params = self._record(CHECKS[name].params, value, path)
        if isinstance(params, _Broken) or not isinstance(shared, language.Check):
            return _BROKEN
        return CheckUse(at=path, name=name, params=params, output=shared.output)

    def _generated(self, value: dict[str, Any], path: RecipePath) -> language.GeneratedUse | _Broken:
        params: object
        shared = self._record(language.Generated, value, path)
        if not isinstance(shared, language.Generated) or shared.generate not in GENERATORS:
            return _BROKEN
        own = {name: entry for name, entry in value.items() if name not in ("generate", "duration")}
        params = self._record(GENERATORS[shared.generate].params, own, path)
        if isinstance(params, _Broken):
            return params
        return language.GeneratedUse(at=path, generate=shared.generate, duration=shared.duration, params=params)

    def _record(self, record: type, value: Any, path: RecipePath) -> Any:
        if not isinstance(value, dict):
            return _BROKEN
        values: dict[str, Any] = {}
        lost = False
        for name, key, field in _keys_of(record):
            place = (*path, name)
            read = self._read(key.kind, value[name], place) if name in value else _BROKEN
            if read is not _BROKEN:
                values[field.name] = read
            elif key.required and record in _ENTRIES:
                self.made_up.add(place)
                values[field.name] = key.kind.parse(key.kind.examples[0])
            elif key.required:
                lost = True
        return _BROKEN if lost else self._made(record, values, path)

    def _made(self, record: type, values: dict[str, Any], path: RecipePath) -> Any:
        try:
            return record(**values)
        except ValueError as error:  # what only holds for several keys together
            hint = "change one of these keys"
            self.faults.append(Diagnostic(code="wrong-value", message=str(error), hint=hint, path=path))
            return _BROKEN

    def _fault(self, code: str, message: str, kind: Kind, path: RecipePath) -> None:
        self.faults.append(Diagnostic(code=code, message=message, hint=f"write {clause(kind.doc)}", path=path))


def _takes(kind: Kind, text: str) -> bool:
    """Whether a text that still holds `${` can be of this kind: the schema lets it pass for its variable's sake."""
    types = kind.schema.get("type", [])
    return text in kind.schema.get("enum", (text,)) and "string" in ([types] if isinstance(types, str) else types)
