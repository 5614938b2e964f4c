"""The colour bars of a television line-up."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.generate.lavfi import finished_picture, rate_text
from montage_recipe.generate.spec import Generator, Produces, Shot


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorBars:
    pass


def _lower(params: ColorBars, shot: Shot) -> str:
    return finished_picture(f"smptehdbars=s={shot.size}:r={rate_text(shot.rate)},format=gbrp", shot)


GENERATOR = Generator(
    name="color-bars",
    doc="SMPTE colour bars, standing still.",
    params=ColorBars,
    produces=Produces.VIDEO,
    lower=_lower,
    moves=False,
    examples=({"generate": "color-bars", "duration": "2s"},),
)
