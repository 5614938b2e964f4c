"""Is the film as loud as the recipe wants it?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import LU, LUFS_OR_OFF
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key

_SILENCE_LUFS = -70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    loudness: Fraction | Literal["off"] | None = key(
        LUFS_OR_OFF, "How loud the film must be; what the recipe's `loudness` says if absent.", default=None
    )
    tolerance: Fraction = key(LU, "How far it may be from that, either way.", default=Fraction(1, 2))


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    if measured.sound is None:
        asked = isinstance(use.params.loudness, Fraction)
        fault = (
            Finding(code="wrong-loudness", message="the film has no sound", hint="build it again") if asked else None
        )
        return Judgement(says="no sound", findings=(fault,) if fault else ())
    found = measured.sound.integrated
    says = f"{found:.1f} LUFS" if found > _SILENCE_LUFS else "silence"
    wanted = film.integrated if use.params.loudness is None else use.params.loudness
    if wanted is None or not isinstance(wanted, Fraction) or found <= _SILENCE_LUFS:
        return Judgement(says=says)  # silence is told by its own check
    if abs(found - float(wanted)) <= float(use.params.tolerance) + 0.05:  # the meter has one decimal
        return Judgement(says=says)
    order = "quieter" if found < wanted else "louder"
    message = f"{found:.1f} LUFS instead of {float(wanted):g}: {abs(found - float(wanted)):.1f} LU {order}"
    hint = "build it again; or correct the loudness that the recipe asks for"
    return Judgement(says=says, findings=(Finding(code="wrong-loudness", message=message, hint=hint),))


CHECK = Check(
    name="loudness",
    doc="The film is as loud as the recipe's `loudness` says (EBU R128).",
    params=Loudness,
    default=Loudness(),
    planned=False,
    needs=frozenset({Need.SOUND}),
    judge=_judge,
    examples=({"loudness": "-14LUFS", "tolerance": "0.5LU"},),
)
