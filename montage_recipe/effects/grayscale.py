"""Takes the colour out, all of it or a part."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.decimals import decimal
from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import percent

AMOUNT = percent(
    "grayscale-amount", minimum=0, maximum=100, doc="a percentage; `100%` leaves no colour", examples=("100%", "60%")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grayscale:
    amount: Fraction = key(AMOUNT, "How much of the colour goes.", default=Fraction(1))


def _lower(params: Grayscale) -> tuple[FilterCall, ...]:
    # Not eq: at saturation 0 it leaves chroma at 127, a faint tint.
    return (call("hue", s=decimal(1 - params.amount)),)


EFFECT = Effect(
    name="grayscale",
    doc="Turns the picture black and white.",
    params=Grayscale,
    shorthand="amount",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"grayscale": {}}, {"grayscale": "60%"}),
)
