"""The pieces every generator's graph is made of, and the ends that make its output exact.

Expressions are ffmpeg's: X, Y, W, H are pixels of the small picture they are drawn on, T is seconds. None of them is
random: `grain` is a fixed scatter of numbers, so that a scene looks the same whenever and wherever it is made.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from montage_recipe.decimals import decimal
from montage_recipe.generate.spec import Shot

RGB = tuple[float, float, float]  # 0 to 1 each, as seen on a screen

_UPSCALE = "flags=bicubic+accurate_rnd+full_chroma_int"


def rate_text(rate: Fraction) -> str:
    """A frame rate as ffmpeg reads it exactly: 30/1, 30000/1001."""
    return f"{rate.numerator}/{rate.denominator}"


def rgb(text: str) -> RGB:
    """A colour from its hexadecimal form.

    >>> rgb("ff0080")[0]
    1.0
    """
    return (int(text[0:2], 16) / 255, int(text[2:4], 16) / 255, int(text[4:6], 16) / 255)


def colored(shot: Shot, width: int, height: int, setup: str, channels: tuple[str, str, str]) -> str:
    """A moving picture of 16 bits a colour: `setup` stores what the three expressions (0 to 1) have in common."""
    red, green, blue = (f"'{setup}65535*clip({channel},0,1)'" for channel in channels)
    return f"{_ground(shot, width, height)},format=gbrp16le,geq=r={red}:g={green}:b={blue}"


def shaded(shot: Shot, width: int, height: int, expression: str) -> str:
    """A moving grey picture of 16 bits; the expression goes from 0 to 1."""
    return f"{_ground(shot, width, height)},format=gray16le,geq=lum='65535*clip({expression},0,1)'"


def _ground(shot: Shot, width: int, height: int) -> str:
    return f"nullsrc=s={width}x{height}:r={rate_text(shot.rate)}"


def disc(shot: Shot, radius: float, color: RGB, opacity: str, softness: float = 1.0) -> str:
    """A round spot, standing still; `opacity` may use D, the distance from the centre in radii. Pixels throughout."""
    side = 2 * round(radius + softness) + 2
    distance = f"hypot(X+0.5-{side // 2},Y+0.5-{side // 2})"
    edge = f"clip(({decimal(radius)}-{distance})/{decimal(softness)}+0.5,0,1)"
    inner = opacity.replace("D", f"({distance}/{decimal(radius)})")
    red, green, blue = (decimal(255 * channel) for channel in color)
    spot = f"geq=r={red}:g={green}:b={blue}:a='255*clip(({inner})*{edge},0,1)'"
    return held(f"{_ground(shot, side, side)},format=gbrap,{spot}")


def held(graph: str) -> str:
    """The first frame of `graph`, for ever."""
    return f"{graph},trim=end_frame=1,loop=loop=-1:size=1:start=0"


def enlarged(graph: str, shot: Shot) -> str:
    """`graph` smoothly scaled to the size of the shot."""
    return f"{graph},scale={shot.size.width}:{shot.size.height}:{_UPSCALE}"


def between(low: float, high: float, weight: str) -> str:
    """An expression that goes from `low` to `high` while the expression `weight` goes from 0 to 1."""
    return f"({decimal(low)}+{decimal(high - low)}*({weight}))"


def ramp(colors: tuple[RGB, ...], position: str) -> tuple[str, str, str]:
    """Three expressions that pass evenly through `colors` while the expression `position` goes from 0 to 1."""
    steps = len(colors) - 1

    def channel(number: int) -> str:
        rises = (
            f"{decimal(after[number] - before[number])}*clip({position}*{steps}-{step},0,1)"
            for step, (before, after) in enumerate(pairwise(colors))
        )
        return "+".join((decimal(colors[0][number]), *rises)).replace("+-", "-")

    return channel(0), channel(1), channel(2)


def grain(x: str, y: str, seed: int) -> str:
    """An expression from 0 to 1 without visible order in whole numbers `x` and `y`; whole-number sums, so exact."""
    mixed = f"mod(({x})*7919+({y})*10007+{seed * 5381 + 11},65521)"
    squared = f"mod(({mixed})*({mixed})+{seed * 263 + 17},65519)"
    return f"(mod({squared}*({squared}+271),65497)/65497)"


def finished_picture(graph: str, shot: Shot) -> str:
    """`graph`, of any size in RGB, brought to the shot's size, format and number of frames."""
    return (
        f"{graph},scale={shot.size.width}:{shot.size.height}:{_UPSCALE}:out_color_matrix=bt709:out_range=tv,"
        "format=yuv420p,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,"
        f"setsar=1,trim=end_frame={shot.frames}"
    )


def finished_sound(graph: str, shot: Shot) -> str:
    """`graph` brought to float stereo at 48 kHz and to the shot's number of samples, silence added at its end."""
    return (
        f"{graph},aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo,apad,"
        f"atrim=end_sample={shot.samples},asetpts=N/SR/TB"
    )
