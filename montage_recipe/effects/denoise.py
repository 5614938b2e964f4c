"""Takes sensor noise out of dark or cheap footage."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import choice, key

STRENGTH = choice("denoise-strength", "One of light, medium, strong.", ("light", "medium", "strong"))

SPATIAL = {"light": "2", "medium": "4", "strong": "7"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoise:
    strength: str = key(STRENGTH, "How much noise is removed; fine texture goes with it.", default="medium")


def _lower(params: Denoise) -> tuple[FilterCall, ...]:
    return (call("hqdn3d", luma_spatial=SPATIAL[params.strength]),)


EFFECT = Effect(
    name="denoise",
    doc="Smooths noise away and keeps edges.",
    params=Denoise,
    shorthand="strength",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"denoise": "light"}, {"denoise": {"strength": "strong"}}),
)
