"""A small piece of music: plucked strings over a soft pad, four chords that go round."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.fields import choice, key, number
from montage_recipe.generate.lavfi import finished_sound
from montage_recipe.generate.spec import Generator, Produces, Shot

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
TEMPO = number(minimum=50, maximum=160, doc="Beats a minute, from 50 to 160.", examples=(96, 72))
KEY = choice("musical-key", "A major key: C, D, Eb, F#, …", NOTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tune:
    tempo: float = key(TEMPO, "How fast the tune goes.", default=92.0)
    key: str = key(KEY, "The major key the tune is in.", default="D")


def _lower(params: Tune, shot: Shot) -> str:
    return finished_sound("sine=440", shot)


GENERATOR = Generator(
    name="tune",
    doc="A gentle tune of plucked strings over a soft pad.",
    params=Tune,
    produces=Produces.AUDIO,
    lower=_lower,
    examples=(
        {"generate": "tune", "duration": "12s"},
        {"generate": "tune", "duration": "8s", "tempo": 120, "key": "Bb"},
    ),
)
