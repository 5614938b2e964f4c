"""Broad folds of colour that flow into each other."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key
from montage_recipe.generate.lavfi import RGB, colored, finished_picture, rgb
from montage_recipe.generate.spec import Generator, Produces, Shot

PALETTE = choice("silk-palette", "One of ocean, sunset, forest, candy.", ("ocean", "sunset", "forest", "candy"))

# Four colours that lie at the corners of the field the folds move through.
PALETTES: dict[str, tuple[RGB, RGB, RGB, RGB]] = {
    "ocean": (rgb("06204a"), rgb("0f6ea8"), rgb("123a8c"), rgb("7fe0d4")),
    "sunset": (rgb("2b1055"), rgb("c2366b"), rgb("ff8a4c"), rgb("ffd27a")),
    "forest": (rgb("0b2b26"), rgb("2f7d4f"), rgb("12403a"), rgb("d6e58a")),
    "candy": (rgb("7a2ff7"), rgb("ff5fa2"), rgb("3fb6ff"), rgb("ffe1a8")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Silk:
    palette: str = key(PALETTE, "The colours of the cloth.", default="ocean")


# In picture heights from the centre; 0 and 1 of the store are the place, 2 and 3 two slow waves from 0 to 1, 4 a fold.
_FIELD = (
    "st(0,(X-W/2)/H);st(1,(Y-H/2)/H);"
    "st(2,0.5+0.5*sin(2.3*ld(0)+2.1*ld(1)+0.31*T+1.5*sin(1.7*ld(1)-0.23*T)));"
    "st(3,0.5+0.5*sin(2.9*ld(1)-1.3*ld(0)+0.27*T+2*ld(2)));"
    "st(4,pow(0.5+0.5*sin(7*ld(0)+4*ld(1)+5*ld(2)-3*ld(3)+0.4*T),5));"
)


def _lower(params: Silk, shot: Shot) -> str:
    corners = PALETTES[params.palette]
    channels = tuple(_channel([corner[number] for corner in corners]) for number in range(3))
    height = 64
    width = max(2, height * shot.size.width // shot.size.height)
    return finished_picture(colored(shot, width, height, _FIELD, (channels[0], channels[1], channels[2])), shot)


def _channel(corner: list[float]) -> str:
    weights = ("(1-ld(2))*(1-ld(3))", "ld(2)*(1-ld(3))", "(1-ld(2))*ld(3)", "ld(2)*ld(3)")
    blend = "+".join(f"{decimal(value)}*{weight}" for value, weight in zip(corner, weights, strict=True))
    return f"({blend})*(0.86+0.3*ld(4))+0.05*ld(4)"


GENERATOR = Generator(
    name="silk",
    doc="Broad folds of colour that flow into each other; a calm ground for titles.",
    params=Silk,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=(
        {"generate": "silk", "duration": "6s"},
        {"generate": "silk", "duration": "6s", "palette": "sunset"},
    ),
)
