"""Do the sound's peaks stay below what the recipe allows?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import DB, DBTP_OR_OFF
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePeak:
    true_peak: Fraction | Literal["off"] | None = key(
        DBTP_OR_OFF, "The highest peak; what the recipe's `loudness` says if absent.", default=None
    )
    tolerance: Fraction = key(DB, "How far peaks may be above that.", default=Fraction(1, 2))


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    if measured.sound is None:
        return Judgement(says="no sound")
    found = measured.sound.true_peak
    says = f"{found:.1f} dBTP"
    wanted = film.true_peak if use.params.true_peak is None else use.params.true_peak
    if wanted is None or not isinstance(wanted, Fraction):
        return Judgement(says=says)
    if found <= float(wanted + use.params.tolerance) + 0.05:  # the meter has one decimal
        return Judgement(says=says)
    message = f"a peak of {found:.1f} dBTP; {float(wanted):g} is the highest that is wanted"
    hint = "build it again, or make the music and the clips quieter"
    return Judgement(says=says, findings=(Finding(code="peak-too-high", message=message, hint=hint),))


CHECK = Check(
    name="true_peak",
    doc="No peak between samples is higher than the recipe's `loudness` allows (ITU-R BS.1770).",
    params=TruePeak,
    default=TruePeak(),
    planned=False,
    needs=frozenset({Need.SOUND}),
    judge=_judge,
    examples=({"true_peak": "-1dBTP"}, {"true_peak": "off"}),
)
