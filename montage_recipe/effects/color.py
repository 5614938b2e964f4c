"""Colour correction in one place: light, contrast, saturation, and the warmth of the white."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import key, number

BRIGHTNESS = number(minimum=-1, maximum=1, doc="A number from -1 to 1; 0 changes nothing.", examples=(0.05, -0.1))
CONTRAST = number(minimum=0, maximum=3, doc="A factor from 0 to 3; 1 changes nothing.", examples=(1.1, 0.9))
SATURATION = number(minimum=0, maximum=3, doc="A factor from 0 (grey) to 3; 1 changes nothing.", examples=(1.2, 0.8))
GAMMA = number(minimum=0.1, maximum=10, doc="A power from 0.1 to 10; 1 changes nothing.", examples=(1.2, 0.9))
KELVIN = number(minimum=1000, maximum=40000, doc="Kelvin, from 1000 to 40000.", examples=(5200, 7500))

NEUTRAL_K = 6500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Color:
    brightness: float = key(BRIGHTNESS, "Added to the light of every pixel.", default=0.0)
    contrast: float = key(CONTRAST, "How far light and dark lie apart.", default=1.0)
    saturation: float = key(SATURATION, "How strong the colours are.", default=1.0)
    gamma: float = key(GAMMA, "Lightens (above 1) or darkens the middle tones.", default=1.0)
    temperature: float = key(
        KELVIN, "The colour of the light: below 6500 warmer, above 6500 cooler.", default=NEUTRAL_K
    )


def _lower(params: Color) -> tuple[FilterCall, ...]:
    levels = {
        "brightness": (params.brightness, 0.0),
        "contrast": (params.contrast, 1.0),
        "saturation": (params.saturation, 1.0),
        "gamma": (params.gamma, 1.0),
    }
    changed = {name: decimal(value) for name, (value, neutral) in levels.items() if value != neutral}
    warmth = _temperature(params.temperature) if params.temperature != NEUTRAL_K else ()
    return (*warmth, *((call("eq", **changed),) if changed else ()))


def _temperature(kelvin: float) -> tuple[FilterCall, ...]:
    # colortemperature works in RGB; left to itself, ffmpeg 5.1 comes back from RGB by another matrix than it went.
    matrix = {"in_color_matrix": "bt709", "out_color_matrix": "bt709", "in_range": "tv"}
    flags = "bilinear+accurate_rnd+full_chroma_int"
    return (
        call("scale", **matrix, out_range="pc", flags=flags),
        call("format", pix_fmts="gbrp"),
        call("colortemperature", temperature=decimal(kelvin), pl="0.5"),
        call("scale", out_color_matrix="bt709", in_range="pc", out_range="tv", flags=flags),
        call("format", pix_fmts="yuv420p"),
    )


EFFECT = Effect(
    name="color",
    doc="Corrects brightness, contrast, saturation, gamma and colour temperature.",
    params=Color,
    shorthand=None,
    stage=Stage.CANVAS,
    lower=_lower,
    examples=(
        {"color": {"saturation": 1.2, "temperature": 5200}},
        {"color": {"brightness": 0.05, "contrast": 1.1, "gamma": 1.1}},
    ),
)
