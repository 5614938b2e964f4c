"""Is the sound cut off at full scale?"""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import SWITCH
from montage_recipe.checks.measured import STEP_S, Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.timecode import clock
from montage_recipe.wording import counted

_MOST_STEPS = 2  # a single short peak is not heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipping:
    clipping: str = key(SWITCH, "Whether it is looked at.", default="on")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    if measured.sound is None:
        return Judgement(says="no sound")
    import numpy as np

    steps = np.flatnonzero(measured.sound.flat)
    if len(steps) <= _MOST_STEPS:
        return Judgement(says="none" if not len(steps) else counted(len(steps), "short peak"))
    first, last = int(steps[0]) * STEP_S, (int(steps[-1]) + 1) * STEP_S
    frame = int(first * film.rate)
    message = (
        f"the sound is clipped: in {len(steps)} hundredths of a second, the first at {clock(first)}{film.where(frame)}, "
        "samples stay at full scale"
    )
    hint = _QUIETER if film.is_planned else "make what it was made from quieter: what is cut off does not come back"
    finding = Finding(code="clipped-sound", message=message, hint=hint, at=film.place_of(frame), start=first, end=last)
    return Judgement(says=f"{len(steps)} hundredths of a second", findings=(finding,))


_QUIETER = "make the loud clips and the music quieter, or give the recipe a `loudness`"

CHECK = Check(
    name="clipping",
    doc="The sound's samples do not stay at full scale.",
    params=Clipping,
    default=Clipping(),
    planned=False,
    needs=frozenset({Need.SOUND}),
    judge=_judge,
    examples=({"clipping": "off"},),
)
