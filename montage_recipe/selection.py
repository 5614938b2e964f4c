"""What of a recipe is compiled: the outputs that are asked for, as this user's settings want them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RecipeError, Severity
from montage_recipe.recipe.files import check_outputs
from montage_recipe.recipe.model import Recipe
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.recipe.validate import choose_output
from montage_recipe.settings import Settings


def chosen(
    recipes: tuple[Recipe, ...], source: RecipeSource, *, output: str | None, output_file: Path | None
) -> tuple[Recipe, ...]:
    """The recipes of the outputs that are asked for. Raises RecipeError."""
    found = (choose_output(recipes, output),) if output else recipes
    if output_file is None:
        return found
    if len(found) > 1:
        message = f"the recipe makes {len(found)} files, and they cannot all be written to {output_file}"
        hint = f"choose one of them with `--output {found[0].output.name}`"
        raise RecipeError([Diagnostic(code="several-outputs", message=message, hint=hint)])
    moved = (replace(found[0], output=replace(found[0].output, file=output_file.absolute())),)
    if faults := check_outputs(moved, recipes, source):
        raise RecipeError(faults)
    return moved


def as_set(recipe: Recipe, settings: Settings) -> Recipe:
    """The recipe as this user wants it: what it leaves open is filled in, what is switched off left out."""
    output = replace(recipe.output, preset=recipe.output.preset or settings.preset)
    clips = recipe.clips if settings.upscale else tuple(replace(clip, upscale=None) for clip in recipe.clips)
    return replace(recipe, output=output, clips=clips)


def left_out(
    recipes: Sequence[Recipe], every: Sequence[Recipe], settings: Settings, output: str | None
) -> Iterator[Diagnostic]:
    """What the settings take away from a recipe."""
    if output is None and len(recipes) < len(every):
        message = (
            f"{len(recipes)} of the recipe's {len(every)} outputs are built: {settings.origin('variants')} says so"
        )
        yield _by_setting(("outputs", len(recipes)), message)
    clip = next((clip for recipe in recipes for clip in recipe.clips if clip.upscale), None)
    if clip and clip.upscale and not settings.upscale:
        message = f"ffmpeg's scaler takes the place of `upscale`: {settings.origin('upscale')} says so"
        yield _by_setting(clip.upscale.at, message)


def _by_setting(path: tuple[str | int, ...], message: str) -> Diagnostic:
    hint = "`montage-recipe config` shows all settings"
    return Diagnostic(code="left-out-by-setting", path=path, message=message, hint=hint, severity=Severity.WARNING)


def nothing_to_upscale(settings: Settings) -> Diagnostic:
    """Why there is nothing to do for who wants clips enlarged."""
    off = f"switch it on: {settings.origin('upscale')} says no"
    hint = "write `upscale: {factor: 2}` at a clip" if settings.upscale else off
    return Diagnostic(code="nothing-to-upscale", message="no clip is to be enlarged", hint=hint)
