"""Puts the whole picture out of focus."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.decimals import decimal
from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import percent

RADIUS = percent(
    "blur-radius", minimum=0, maximum=15, doc="a part of the picture's shorter side: `2%`", examples=("2%", "0.5%")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    radius: Fraction = key(
        RADIUS, "How far light spreads, as a part of the shorter side of the picture.", default=Fraction(1, 100)
    )


def _lower(params: Blur) -> tuple[FilterCall, ...]:
    # Three box blurs are a Gaussian to the eye, cost the same for every radius, and take the radius as an expression,
    # so that the look is the same at every size of the canvas.
    if not params.radius:
        return ()
    radius = decimal(params.radius)
    return (
        call(
            "boxblur",
            luma_radius=f"max(1,{radius}*min(w,h))",
            luma_power=3,
            chroma_radius=f"max(1,{radius}*min(cw,ch))",
            chroma_power=3,
        ),
    )


EFFECT = Effect(
    name="blur",
    doc="Blurs the whole picture; the same look at every canvas size.",
    params=Blur,
    shorthand="radius",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"blur": "2%"}, {"blur": {"radius": "6%"}}),
)
