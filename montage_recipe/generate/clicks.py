"""Short clicks at even distances; with the flashes of `test-pattern` they show whether sound and picture keep step."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import key, number
from montage_recipe.generate.lavfi import finished_sound
from montage_recipe.generate.spec import Generator, Produces, Shot

INTERVAL = number(minimum=0.1, maximum=60, doc="Seconds, from 0.1 to 60.", examples=(1, 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    interval: float = key(INTERVAL, "Seconds from one click to the next; the first is at zero.", default=1.0)


def _lower(params: Clicks, shot: Shot) -> str:
    # 10 ms of 1 kHz: long enough for AAC to keep, short enough to time within a frame.
    burst = f"0.5*sin(2*PI*1000*t)*lt(mod(t,{decimal(params.interval)}),0.01)"
    return finished_sound(f"aevalsrc=exprs='{burst}|{burst}':s=48000:c=stereo", shot)


GENERATOR = Generator(
    name="clicks",
    doc="A short click every second, to check that sound and picture keep step.",
    params=Clicks,
    produces=Produces.AUDIO,
    lower=_lower,
    moves=False,
    examples=(
        {"generate": "clicks", "duration": "3s"},
        {"generate": "clicks", "duration": "3s", "interval": 0.5},
    ),
)
