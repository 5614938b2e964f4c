"""What an effect is: one frozen parameter record, its documentation, its lowering, its examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from montage_recipe.diagnostics import RecipePath


class Stage(StrEnum):
    """Where an effect works: on the source's own picture, or on the clip as it fills the canvas."""

    SOURCE = "source"
    CANVAS = "canvas"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCall:
    """One ffmpeg filter, with keyword options only; the graph adds names and links."""

    name: str
    options: tuple[tuple[str, str | int | float], ...] = ()


def call(name: str, **options: str | int | float) -> FilterCall:
    return FilterCall(name=name, options=tuple(options.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One entry of ALL_EFFECTS.

    `params` is a frozen dataclass of `fields.key`s, all with defaults where an author may write `{name: {}}`.
    `shorthand` names the parameter set by `{name: value}` where value is not a mapping (`{denoise: light}`).
    `lower` turns a params record into a chain of one-input one-output filters.
    """

    name: str
    doc: str
    params: type
    shorthand: str | None
    stage: Stage
    lower: Callable[[Any], tuple[FilterCall, ...]]
    examples: tuple[Mapping[str, Any], ...]  # as written in a recipe: {"denoise": "light"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectUse:
    """One effect of one clip."""

    at: RecipePath
    name: str
    params: object  # an instance of that effect's params class
