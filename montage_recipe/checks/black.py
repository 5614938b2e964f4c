"""Is the picture black for long where nothing of the plan is?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import or_off
from montage_recipe.checks.lasting import judged
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spans import without
from montage_recipe.checks.spec import Check, CheckUse, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import TIME
from montage_recipe.timecode import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Black:
    black: Time | Literal["off"] = key(
        or_off(TIME), "How long it may be black at a stretch, besides what dips to black.", default=Time(Fraction(1, 2))
    )


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    if measured.picture is None or not isinstance(use.params.black, Time):
        return Judgement(says="no picture")
    black = without(measured.picture.black, film.dark)
    return judged(
        black,
        measured.picture.times,
        film,
        most=use.params.black.at(film.rate),
        code="black-span",
        what="the picture is black",
        look="look at the footage there",
        allow="black: 10s",
    )


CHECK = Check(
    name="black",
    doc="The picture is nowhere black for long, besides transitions that dip to black.",
    params=Black,
    default=Black(),
    planned=False,
    needs=frozenset({Need.PICTURE}),
    judge=_judge,
    examples=({"black": "2s"}, {"black": "off"}),
)
