"""From source to recipes: every fault at once. The only door to jsonschema.

In this order, and each time going on with what is sound: variables are put in, the data is held against the committed
schema, values are read into their typed forms, and what no schema can say is checked.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from montage_recipe import resources
from montage_recipe.checks.spec import CheckUse
from montage_recipe.diagnostics import MOST_FAULTS, Diagnostic, RecipeError, RecipePath, Severity, too_many_faults
from montage_recipe.recipe import checks, confined, files, language
from montage_recipe.recipe.expand import Media, default_output, expand
from montage_recipe.recipe.model import Recipe
from montage_recipe.recipe.reader import Reader
from montage_recipe.recipe.schema_faults import Violation, faults_of
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.recipe.variables import Substitution
from montage_recipe.suggest import did_you_mean
from montage_recipe.wording import either, named, shown

if TYPE_CHECKING:
    import jsonschema


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is known after looking at a recipe: its diagnostics in order of place, and without errors its outputs."""

    recipes: tuple[Recipe, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


def validate(source: RecipeSource, *, check_files: bool = True) -> tuple[Recipe, ...]:
    """One recipe for each output. Raises RecipeError with every fault; warnings are left to `examine`."""
    examined = examine(source, check_files=check_files)
    if examined.errors:
        raise RecipeError(examined.diagnostics)
    return examined.recipes


def examine(source: RecipeSource, *, check_files: bool = True) -> Examined:
    """Looks at a recipe and raises nothing. `check_files`: also look for the files it names."""
    if fault := _unknown_version(source):
        return Examined(recipes=(), diagnostics=(fault,))
    if source.confinement and (faults := tuple(confined.too_many(source.data))):
        return Examined(recipes=(), diagnostics=_in_order(faults, source))
    found = _Found()
    for variant in _variants(source.data):
        _look_at(variant, source, found, check_files=check_files)
    found.faults += checks.output_names(found.outputs, source)
    recipes = tuple(sorted(found.recipes, key=lambda recipe: recipe.output.at))
    found.faults += files.clashes(recipes, recipes, source)
    found.faults += files.goldens(recipes, source)
    found.faults += checks.check_outputs(found.checks, found.outputs, source)
    if not _has_errors(found.faults):
        found.faults += checks.unused_variables(source, found.used)
    diagnostics = _first_of(_in_order(found.faults, source))
    return Examined(recipes=() if _has_errors(diagnostics) else recipes, diagnostics=diagnostics)


def _first_of(faults: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """No more of them than anyone reads. Where there is an error, one is left."""
    told = tuple(fault for fault in faults if fault.code != "too-many-faults")
    if len(told) == len(faults) <= MOST_FAULTS:
        return faults
    first = told[:MOST_FAULTS]
    severity = Severity.ERROR if _has_errors(faults) else Severity.WARNING
    return (*first, replace(too_many_faults(first[-1]), severity=severity))


def _has_errors(faults: Iterable[Diagnostic]) -> bool:
    return any(fault.severity is Severity.ERROR for fault in faults)


def choose_output(recipes: tuple[Recipe, ...], name: str) -> Recipe:
    """The recipe of the output called `name`. Raises RecipeError where there is none."""
    names = [recipe.output.name for recipe in recipes]
    if name in names:
        return recipes[names.index(name)]
    hint = did_you_mean(name, names) or named("output", names)
    raise RecipeError([Diagnostic(code="unknown-output", message=f"there is no output `{name}`", hint=hint)])


def _unknown_version(source: RecipeSource) -> Diagnostic | None:
    version = source.data.get("recipe", 1)
    if version in language.VERSIONS and not isinstance(version, bool):
        return None
    known = either([f"`recipe: {number}`" for number in language.VERSIONS])
    return source.locate(
        Diagnostic(
            code="wrong-version",
            message=f"{shown(version)} is not a version of the recipe language that is known here",
            hint=f"write {known}, or update montage-recipe",
            path=("recipe",),
        )
    )


# --- one variant for each set of variables ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Variant:
    variables: Mapping[str, object]
    outputs: tuple[int, ...]  # the outputs that have these variables; empty where the recipe names no outputs

    def put_in(self, data: Mapping[str, Any]) -> tuple[dict[str, Any], Substitution]:
        """The data as these outputs see it. Other outputs are left out of sight: they have variables of their own."""
        substitution = Substitution(self.variables)
        outputs = data.get("outputs")
        if not isinstance(outputs, list):
            whole = substitution.into(dict(data))
            return whole if isinstance(whole, dict) else {}, substitution
        rest = substitution.into({name: value for name, value in data.items() if name != "outputs"})
        own = [
            substitution.into(output, ("outputs", index)) if index in self.outputs else None
            for index, output in enumerate(outputs)
        ]
        return {**(rest if isinstance(rest, dict) else {}), "outputs": own}, substitution


def variable_sets(data: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """The variables that outputs see, each set of them once."""
    return (variant.variables for variant in _variants(data))


def _variants(data: Mapping[str, Any]) -> list[_Variant]:
    shared = _mapping(data.get("vars"))
    outputs = data.get("outputs")
    if not isinstance(outputs, list) or not outputs:
        return [_Variant(shared, ())]
    groups: list[tuple[dict[str, object], list[int]]] = []
    for index, output in enumerate(outputs):
        variables = {**shared, **_mapping(_mapping(output).get("vars"))}
        for known, indexes in groups:
            if known == variables:
                indexes.append(index)
                break
        else:
            groups.append((variables, [index]))
    return [_Variant(variables, tuple(indexes)) for variables, indexes in groups]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


@dataclass(slots=True)
class _Found:
    """What has been found out about a recipe so far."""

    recipes: list[Recipe] = field(default_factory=list)  # of the variants without errors
    outputs: list[tuple[RecipePath, language.Output]] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)
    checks: list[CheckUse] = field(default_factory=list)
    used: set[str] = field(default_factory=set)  # names of variables


def _look_at(variant: _Variant, source: RecipeSource, found: _Found, *, check_files: bool) -> None:
    """Adds what there is to say about one variant."""
    data, substitution = variant.put_in(source.data)
    found.used |= substitution.used
    broken = {fault.path for fault in substitution.faults}
    if any(fault.code == "too-large" for fault in substitution.faults):
        found.faults += substitution.faults
        return
    violations = list(islice((each for each in _violations(data, variant) if each.path not in broken), MOST_FAULTS))
    against_schema = list(islice((fault for each in violations for fault in faults_of(each, source)), MOST_FAULTS))
    faults = [*substitution.faults, *against_schema]
    if len(against_schema) == MOST_FAULTS:  # it is hardly a recipe, and to tell of all would take minutes
        found.faults += [*faults, too_many_faults(against_schema[-1])]
        return
    reader = Reader(source.folder_of, broken | {each.path for each in violations if each.spoils_value})
    recipe = reader.recipe(data)
    faults += reader.faults
    if recipe is not None:
        outputs = _outputs(recipe, data, source)
        media = Media(recipe, source)
        further = list(checks.check(recipe, [output for _, output in outputs], data, media))
        if source.confinement:
            further += confined.asks_too_much(recipe, outputs)
        outside = (
            list(confined.leading_out(recipe, reader.files, outputs, data, media, source)) if source.confinement else []
        )
        further += outside
        if check_files and not outside:  # nothing is told of what lies outside, not even whether it is there
            further += files.missing(recipe, reader.files, media, source)
        faults += [fault for fault in further if fault.path not in reader.made_up]
        found.outputs += outputs
        found.checks += [use for use in recipe.checks if use is not None]
        if not _has_errors(faults):
            found.recipes += [expand(recipe, output, at, source, media) for at, output in outputs]
    found.faults += faults


def _outputs(
    recipe: language.Recipe, data: Mapping[str, Any], source: RecipeSource
) -> list[tuple[RecipePath, language.Output]]:
    if "outputs" not in data:
        return [((), default_output(source.file))]
    return [(("outputs", index), output) for index, output in enumerate(recipe.outputs) if output is not None]


# --- the schema ------------------------------------------------------------------------------------------------------


def _violations(data: dict[str, Any], variant: _Variant) -> Iterator[Violation]:
    outputs = data.get("outputs")
    seen = data
    if isinstance(outputs, list) and outputs and variant.outputs:
        # The places of the other outputs are filled with one that has no fault.
        seen = {
            **data,
            "outputs": [
                {"file": "x.mp4"} if output is None and i not in variant.outputs else output
                for i, output in enumerate(outputs)
            ],
        }
    for error in _validator().iter_errors(seen):
        yield Violation(
            path=tuple(error.absolute_path),
            rule=str(error.validator),
            limit=error.validator_value,
            value=error.instance,
            schema=error.schema if isinstance(error.schema, dict) else {},
        )


def forget_schema() -> None:
    """Frees what validating keeps for the next recipe; it is read again then."""
    _validator.cache_clear()


@functools.cache
def _validator() -> jsonschema.Draft7Validator:
    import jsonschema

    text = (resources.data_dir("schemas") / "recipe.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return jsonschema.Draft7Validator(_inlined(schema, schema["definitions"], {}))


def _inlined(schema: Any, definitions: Mapping[str, Any], done: dict[str, Any]) -> Any:
    """The schema with every `$ref` replaced by what it refers to: resolving them again and again takes most of the time."""
    match schema:
        case {"$ref": str(ref)}:
            name = ref.removeprefix("#/definitions/")
            if name not in done:
                done[name] = _inlined(definitions[name], definitions, done)
            return done[name]
        case dict():
            return {key: _inlined(value, definitions, done) for key, value in schema.items() if key != "definitions"}
        case list():
            return [_inlined(item, definitions, done) for item in schema]
        case _:
            return schema


def _in_order(faults: Iterable[Diagnostic], source: RecipeSource) -> tuple[Diagnostic, ...]:
    """Located, each once, by place: the recipe's own file first."""
    unique: dict[tuple[object, ...], Diagnostic] = {}
    for fault in map(source.locate, faults):
        unique.setdefault((fault.code, str(fault.location), fault.message), fault)

    def place(fault: Diagnostic) -> tuple[bool, str, int, int]:
        at = fault.location
        return (at.file != str(source.file), at.file, at.line, at.column) if at else (False, "", 0, 0)

    return tuple(sorted(unique.values(), key=place))
