"""Recipes for tests, from text in memory; no file is read unless a test makes one."""

from __future__ import annotations

import textwrap
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.recipe.model import Recipe
from montage_recipe.recipe.source import RecipeSource, read_source
from montage_recipe.recipe.validate import examine, validate

FILE = Path("folder/trip.yaml")


def source_of(text: str, **others: str) -> RecipeSource:
    """The source of a recipe; `others` are the texts of the files it includes, `part=…` for folder/part.yaml."""
    return source_at(FILE, text, **others)


def source_at(file: Path, text: str, **others: str) -> RecipeSource:
    """The same for a recipe of another name."""
    files = {
        file.parent / f"{name.replace('__', '/')}.yaml": textwrap.dedent(content) for name, content in others.items()
    }
    return read_source(textwrap.dedent(text), file, read=lambda name: files[name])


def recipes_of(text: str, **others: str) -> tuple[Recipe, ...]:
    return validate(source_of(text, **others), check_files=False)


def recipe_of(text: str, **others: str) -> Recipe:
    (recipe,) = recipes_of(text, **others)
    return recipe


def faults_of(text: str, **others: str) -> tuple[Diagnostic, ...]:
    """Every diagnostic, whether it is found while reading or while validating."""
    try:
        return examine(source_of(text, **others), check_files=False).diagnostics
    except RecipeError as error:
        return error.diagnostics


def codes_of(text: str, **others: str) -> list[str]:
    return [fault.code for fault in faults_of(text, **others)]
