"""What is not as the lock says, is not built from."""

from __future__ import annotations

from montage_recipe.diagnostics import RecipeError
from montage_recipe.lockfile.compare import as_diagnostic, differences
from montage_recipe.lockfile.model import LockFile, Present
from montage_recipe.recipe.source import RecipeSource


def refuse_differences(file: LockFile, present: Present, source: RecipeSource) -> None:
    """Raises RecipeError with each difference. What only the lock has is none here: it has no part in what is built."""
    hint = f"bring back what was locked; or, where it is meant: `montage-recipe lock {source.file} --update`"
    if faults := [as_diagnostic(each, file, source, hint) for each in differences(file, present, whole=False)]:
        raise RecipeError(faults)
