"""Does the picture stand still for long where it should move?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import or_off
from montage_recipe.checks.lasting import judged
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spans import stretches, without
from montage_recipe.checks.spec import Check, CheckUse, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import TIME
from montage_recipe.timecode import Time

# Of 255. Measured: a picture that stands and is encoded at crf 20 changes by 0.014 at most, slow northern lights by 0.1 to 0.2,
# which freezedetect's own threshold of -60 dB (0.255) calls frozen.
_STILL = 0.03
_REFINED = 0.06  # encoders refine the first frame that repeats another more than the next ones: by 0.039 at crf 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    frozen: Time | Literal["off"] = key(
        or_off(TIME),
        "How long it may stand still at a stretch, besides still pictures and very slow clips.",
        default=Time(Fraction(1)),
    )


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    if measured.picture is None or not isinstance(use.params.frozen, Time):
        return Judgement(says="no picture")
    change = measured.picture.change
    still = change < _STILL
    for first, _ in tuple(stretches(still)):
        if first > 1 and change[first - 1] < _REFINED <= change[first - 2]:
            still[first - 1] = True
    return judged(
        without(still & ~measured.picture.black, film.still),  # what is black is told as that
        measured.picture.times,
        film,
        most=use.params.frozen.at(film.rate),
        code="frozen-span",
        what="the picture stands still",
        look="look at the footage there",
        allow="frozen: 10s",
        lead=1,  # the frame that the first one is like
    )


CHECK = Check(
    name="frozen",
    doc="The picture nowhere stands still for long, besides still pictures.",
    params=Frozen,
    default=Frozen(),
    planned=False,
    needs=frozenset({Need.PICTURE}),
    judge=_judge,
    examples=({"frozen": "5s"}, {"frozen": "off"}),
)
