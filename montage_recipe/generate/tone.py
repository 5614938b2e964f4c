"""A steady sine tone."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.fields import key, number
from montage_recipe.generate.lavfi import finished_sound
from montage_recipe.generate.spec import Generator, Produces, Shot

FREQUENCY = number(minimum=20, maximum=20000, doc="Hertz, from 20 to 20000.", examples=(1000, 440))
LEVEL = number(minimum=-60, maximum=0, doc="dBFS, from -60 to 0.", examples=(-18, -20))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    frequency: float = key(FREQUENCY, "The pitch in hertz.", default=1000.0)
    level: float = key(LEVEL, "The peak in dB below full scale.", default=-18.0)


def _lower(params: Tone, shot: Shot) -> str:
    peak = decimal(10 ** (params.level / 20))
    sine = f"{peak}*sin(2*PI*{decimal(params.frequency)}*t)"
    # Both channels by name: made stereo from mono, it would be 3 dB lower.
    return finished_sound(f"aevalsrc=exprs={sine}|{sine}:s=48000:c=stereo", shot)


GENERATOR = Generator(
    name="tone",
    doc="A steady sine tone, to line up levels by.",
    params=Tone,
    produces=Produces.AUDIO,
    lower=_lower,
    examples=({"generate": "tone", "duration": "2s"}, {"generate": "tone", "duration": "2s", "frequency": 440}),
)
