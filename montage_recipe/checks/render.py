"""Does the whole film look and sound as its golden does?"""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import no_golden
from montage_recipe.checks.kinds import GOLDEN_PNG
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.picture_likeness import picture_findings
from montage_recipe.checks.sound_likeness import sound_findings
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.wording import counted, either


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    render: str = key(GOLDEN_PNG, "Some of the film's frames, very small, and its sound's levels.")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    import numpy as np

    golden = measured.goldens.get(use.at)
    if refused := no_golden(golden, use.params.render):
        return refused
    assert golden is not None
    findings: list[Finding] = []
    if measured.header.picture is None:
        hint = "build it again: `montage-recipe build RECIPE`"
        findings.append(Finding(code="picture-differs", message="the film has no picture", hint=hint))
    if measured.tiles is not None:
        findings += picture_findings(golden, film, measured.tiles)
    levels = measured.sound.rms if measured.sound else np.zeros((0, 2), np.float32)
    sounds = list(sound_findings(golden.levels, levels, film))
    says = f"{counted(len(golden.frames), 'frame')} and the sound compared"
    if differing := [what for what, found in (("the picture", findings), ("the sound", sounds)) if found]:
        says += f": {either(differing, last='and')} differ{'s' if len(differing) == 1 else ''}"
    return Judgement(says=says, findings=(*findings, *sounds))


CHECK = Check(
    name="render",
    doc="The whole film looks and sounds as its golden does; what differs is named.",
    params=Render,
    default=None,
    planned=True,
    needs=frozenset({Need.TILES, Need.SOUND}),
    judge=_judge,
    examples=({"render": "golden/trip.png"},),
)
