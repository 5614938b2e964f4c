"""Clouds that grow and drift over an open sky."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import choice, key
from montage_recipe.generate.lavfi import RGB, colored, enlarged, finished_picture, grain, held, ramp, rgb, shaded
from montage_recipe.generate.spec import Generator, Produces, Shot

LIGHT = choice("clouds-light", "One of day, evening.", ("day", "evening"))

SKIES: dict[str, tuple[RGB, ...]] = {
    "day": (rgb("1f5fa8"), rgb("3f86cc"), rgb("7db5e4"), rgb("c4e0f4")),
    "evening": (rgb("2b2f6b"), rgb("6b4f94"), rgb("c9708c"), rgb("ffb98a")),
}
# A cloud from its crown down to its shaded foot.
CLOUDS: dict[str, tuple[RGB, ...]] = {
    "day": (rgb("ffffff"), rgb("f4f8fc"), rgb("dfe8f2")),
    "evening": (rgb("ffd9c0"), rgb("ff9f8c"), rgb("a5618c")),
}
# Each layer of noise: cells across a picture height, share of the whole, speed in picture heights a second.
OCTAVES = ((2, 0.50, 0.040), (4, 0.26, 0.055), (9, 0.13, 0.075), (19, 0.07, 0.095), (41, 0.04, 0.120))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clouds:
    light: str = key(LIGHT, "The time of day.", default="day")


def _lower(params: Clouds, shot: Shot) -> str:
    sky = held(enlarged(colored(shot, 2, 120, "", ramp(SKIES[params.light], "Y/H")), shot))
    white = held(enlarged(colored(shot, 2, 120, "", ramp(CLOUDS[params.light], "Y/H")), shot))
    graph = (
        f"{_noise(shot)}"
        # What of the noise rises above a level is cloud; its edge is soft.
        "format=gray16le,lut=y='65535*pow(clip((val/65535-0.43)/0.24,0,1),1.4)',format=gray[mask];"
        f"{white},format=gbrp[white];[white][mask]alphamerge[cloud];"
        f"{sky},format=gbrp[sky];[sky][cloud]overlay=format=gbrp"
    )
    return finished_picture(graph, shot)


def _noise(shot: Shot) -> str:
    graph, whole = "", 0.0
    for number, (cells, share, speed) in enumerate(OCTAVES):
        graph += f"{_octave(number, cells, speed, shot)}[octave{number}];"
        whole += share
        if number:
            first = "octave0" if number == 1 else f"sum{number - 1}"
            mix = f"blend=all_mode=normal:all_opacity={decimal(share / whole)}"
            graph += f"[octave{number}][{first}]{mix}[sum{number}];"
    return f"{graph}[sum{len(OCTAVES) - 1}]"


def _octave(number: int, cells: int, speed: float, shot: Shot) -> str:
    """Smooth noise that moves sideways: a strip of random cells, wider than the picture by the way it goes."""
    size = shot.size
    step = max(1, round(speed * size.height / shot.rate))  # whole pixels a frame: an even motion
    cell = size.height / cells * 1.4
    columns = int((size.width + step * shot.frames) / cell) + 3
    rows = int(size.height / cell * 1.5) + 3
    # In one step, swscale's bicubic leaves a visible line where it enlarges more than about a hundred times.
    strip = held(
        f"{shaded(shot, columns, rows, grain('X', 'Y', number + 21))},"
        f"scale={columns * 8}:{rows * 8}:flags=bicubic,format=gray16le,"
        f"scale={round(columns * cell)}:{round(rows * cell / 1.5)}:flags=bicubic"
    )
    return f"{strip},crop={size.width}:{size.height}:x='{step}*n+{round(cell)}':y={round(cell / 1.5)}"


GENERATOR = Generator(
    name="clouds",
    doc="Clouds that grow and drift over an open sky.",
    params=Clouds,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=(
        {"generate": "clouds", "duration": "6s"},
        {"generate": "clouds", "duration": "6s", "light": "evening"},
    ),
)
