"""Is it silent for long where something should be heard?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import or_off
from montage_recipe.checks.lasting import judged
from montage_recipe.checks.measured import STEP_S, Measured
from montage_recipe.checks.spans import Stretch, without
from montage_recipe.checks.spec import Check, CheckUse, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import TIME
from montage_recipe.timecode import SAMPLE_RATE, Time

_SILENT_DB = -60.0  # of the highest sample
_SMEARED_S = Fraction(2048, SAMPLE_RATE)  # what AAC lets sound into at both ends of a silence: a frame of 1024 samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    silence: Time | Literal["off"] = key(
        or_off(TIME),
        "How long it may be silent at a stretch, besides where no clip and no music is heard.",
        default=Time(Fraction(1)),
    )


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    if measured.sound is None or not isinstance(use.params.silence, Time):
        return Judgement(says="no sound")
    import numpy as np

    silent = without(measured.sound.peak.max(axis=1) < _SILENT_DB, (_steps(film, frames) for frames in film.quiet))
    times = np.arange(len(silent) + 1, dtype=np.float64) * float(STEP_S)
    return judged(
        silent,
        times,
        film,
        most=max(use.params.silence.at(film.rate) - _SMEARED_S, STEP_S),
        code="silent-span",
        what="it is silent",
        look="listen to the clips and the music there",
        allow="silence: 5s",
    )


def _steps(film: Film, frames: tuple[int, int]) -> Stretch:
    return floor(film.seconds(frames[0]) / STEP_S), ceil(film.seconds(frames[1]) / STEP_S)


CHECK = Check(
    name="silence",
    doc="It is nowhere silent for long, besides where no clip has a sound and no music plays.",
    params=Silence,
    default=Silence(),
    planned=False,
    needs=frozenset({Need.SOUND}),
    judge=_judge,
    examples=({"silence": "5s"}, {"silence": "off"}),
)
