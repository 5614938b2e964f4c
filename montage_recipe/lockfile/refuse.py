"""What is not as the lock says, is not built from."""

from __future__ import annotations

from pathlib import Path

from montage_recipe.diagnostics import RecipeError
from montage_recipe.lockfile.compare import as_diagnostic, differences
from montage_recipe.lockfile.model import LockFile, Present
from montage_recipe.recipe.source import RecipeSource


def cure_of(recipe: Path) -> str:
    """What to do where the lock of the recipe does not hold."""
    return f"bring back what was locked; or, where it is meant: `montage-recipe lock {recipe} --update`"


def refuse_differences(file: LockFile, present: Present, source: RecipeSource) -> None:
    """Raises RecipeError with each difference. What only the lock has is none here: it has no part in what is built."""
    cure = cure_of(source.file)
    if faults := [as_diagnostic(each, file, source, cure) for each in differences(file, present, whole=False)]:
        raise RecipeError(faults)
