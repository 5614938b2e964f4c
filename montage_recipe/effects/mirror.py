"""Flips the picture."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import choice, key

DIRECTION = choice("mirror-direction", "One of horizontal, vertical.", ("horizontal", "vertical"))
FILTERS = {"horizontal": "hflip", "vertical": "vflip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    direction: str = key(
        DIRECTION, "horizontal swaps left and right, vertical turns it upside down.", default="horizontal"
    )


def _lower(params: Mirror) -> tuple[FilterCall, ...]:
    return (call(FILTERS[params.direction]),)


EFFECT = Effect(
    name="mirror",
    doc="Flips the picture left to right, or upside down.",
    params=Mirror,
    shorthand="direction",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"mirror": "horizontal"}, {"mirror": "vertical"}),
)
