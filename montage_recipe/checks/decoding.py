"""Can the whole file be decoded?"""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import SWITCH
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.wording import counted

_MOST_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    decoding: str = key(SWITCH, "Whether it is looked at.", default="on")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    errors = measured.errors
    again = "build it again, or copy it again" if film.is_planned else "copy it again"
    hint = f"{again} from where it came: the file is damaged"
    findings = [
        Finding(code="decode-errors", message=f"ffmpeg says: {text}", hint=hint) for text in errors[:_MOST_TOLD]
    ]
    if (more := len(errors) - _MOST_TOLD) > 0:
        findings.append(
            Finding(
                code="decode-errors",
                message=f"and {counted(more, 'further error')} like {'this' if more == 1 else 'these'}",
                hint=hint,
            )
        )
    return Judgement(says=counted(len(errors), "error") if errors else "no error", findings=tuple(findings))


CHECK = Check(
    name="decoding",
    doc="Every frame and every sample can be decoded.",
    params=Decoding,
    default=Decoding(),
    planned=False,
    needs=frozenset({Need.PICTURE, Need.SOUND}),
    judge=_judge,
    examples=({"decoding": "off"},),
)
