"""Lights out of focus that drift upwards."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key
from montage_recipe.generate.lavfi import RGB, colored, disc, enlarged, finished_picture, held, ramp, rgb
from montage_recipe.generate.spec import Generator, Produces, Shot

PALETTE = choice("bokeh-palette", "One of warm, cool.", ("warm", "cool"))

GROUNDS: dict[str, tuple[RGB, ...]] = {
    "warm": (rgb("1d0b1f"), rgb("3a1522"), rgb("5a2a1c"), rgb("2a0f18")),
    "cool": (rgb("050b22"), rgb("0c2348"), rgb("123f5c"), rgb("0a1530")),
}
LAMPS: dict[str, tuple[RGB, ...]] = {
    "warm": (rgb("ffb45a"), rgb("ff7a4a"), rgb("ffd98a"), rgb("ff5a7a"), rgb("ffc46a")),
    "cool": (rgb("5ac8ff"), rgb("7a8aff"), rgb("8affe0"), rgb("c08aff"), rgb("5affc8")),
}
COUNT = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Bokeh:
    palette: str = key(PALETTE, "The colours of the lights.", default="warm")


def _lower(params: Bokeh, shot: Shot) -> str:
    ground = colored(shot, 64, 36, "", ramp(GROUNDS[params.palette], "clip(0.7*Y/H+0.3*X/W,0,1)"))
    graph = f"{held(enlarged(ground, shot))},format=gbrp[scene0];"
    lamps = LAMPS[params.palette]
    for number in range(COUNT):
        graph += (
            f"{_lamp(number, lamps[number % len(lamps)], shot)}[lamp{number}];"
            f"[scene{number}][lamp{number}]overlay={_path(number, shot)}:format=gbrp[scene{number + 1}];"
        )
    return finished_picture(f"{graph}[scene{COUNT}]null", shot)


def _lamp(number: int, color: RGB, shot: Shot) -> str:
    near = _spread(number, 3)
    radius = (0.022 + 0.115 * near * near) * shot.size.height
    # A lens draws a point out of focus as a disc, a little brighter at its rim; the nearer, the bigger and fainter.
    opacity = f"{decimal(1.0 - 0.5 * near)}*(0.66+0.34*pow(D,5))"
    return disc(shot, radius, color, opacity, softness=1.5 + radius * 0.06)


def _path(number: int, shot: Shot) -> str:
    near = _spread(number, 3)
    rise = 0.020 + 0.045 * near  # picture heights a second
    sway, turn = 0.012 + 0.02 * near, 0.35 + 0.25 * _spread(number, 7)
    x = f"W*{decimal(_spread(number, 1))}+H*{decimal(sway)}*sin({decimal(turn)}*t+{number})-w/2"
    # It leaves at the top and comes back at the bottom.
    y = f"H*1.3-mod(H*({decimal(1.6 * _spread(number, 2))}+{decimal(rise)}*t),H*1.6)-h/2"
    return f"x='{x}':y='{y}'"


def _spread(number: int, axis: int) -> float:
    """Evenly strewn between 0 and 1: multiples of an irrational number, without their whole part."""
    return (0.5 + number * (0.6180339887, 0.7548776662, 0.5698402910, 0.8191725134)[axis % 4]) % 1


GENERATOR = Generator(
    name="bokeh",
    doc="Lights out of focus that drift upwards.",
    params=Bokeh,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=(
        {"generate": "bokeh", "duration": "6s"},
        {"generate": "bokeh", "duration": "6s", "palette": "cool"},
    ),
)
