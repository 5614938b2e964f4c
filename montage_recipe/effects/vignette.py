"""Darkens the corners and draws the eye to the middle."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import pi

from montage_recipe.decimals import decimal
from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import percent

STRENGTH = percent(
    "vignette-strength", minimum=0, maximum=100, doc="a percentage; `0%` changes nothing", examples=("40%", "70%")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette:
    strength: Fraction = key(STRENGTH, "How dark the corners become.", default=Fraction(2, 5))


def _lower(params: Vignette) -> tuple[FilterCall, ...]:
    if not params.strength:
        return ()
    # Dither draws on a random state that depends on the frames before; without it every frame stands alone.
    return (call("vignette", angle=decimal(float(params.strength) * pi / 2), dither=0),)


EFFECT = Effect(
    name="vignette",
    doc="Darkens the corners, softly.",
    params=Vignette,
    shorthand="strength",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"vignette": "40%"}, {"vignette": {}}),
)
