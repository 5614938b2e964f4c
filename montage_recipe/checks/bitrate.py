"""Does the file take few enough bits a second?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import BITRATE
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitrate:
    bitrate: int | Literal["off"] = key(BITRATE, "The most that the file may take, on average.")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    seconds = measured.header.seconds
    if not seconds:
        return Judgement(says="nothing to play")
    found = 8 * measured.header.size_bytes / seconds
    says = f"{float(found) / 1e6:.3g} Mb/s"
    if found <= use.params.bitrate:
        return Judgement(says=says)
    message = f"the file takes {says}; {use.params.bitrate / 1e6:.3g} Mb/s are the most"
    hint = "raise the output's `crf`, take a smaller canvas, or allow more"
    return Judgement(says=says, findings=(Finding(code="bitrate-too-high", message=message, hint=hint),))


CHECK = Check(
    name="bitrate",
    doc="The file takes no more bits a second than this, on average.",
    params=Bitrate,
    default=None,
    planned=False,
    needs=frozenset(),
    judge=_judge,
    examples=({"bitrate": "8Mb/s"},),
)
