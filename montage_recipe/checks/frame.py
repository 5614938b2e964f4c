"""Is one frame as its golden picture shows it?"""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import no_golden
from montage_recipe.checks.kinds import GOLDEN_PNG, SSIM
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import ANCHOR, Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    frame: Anchor = key(ANCHOR, "Which frame.")
    golden: str = key(GOLDEN_PNG, "The picture of it.")
    ssim: float = key(SSIM, "How alike they must be.", default=0.98)


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    golden = measured.goldens.get(use.at)
    if refused := no_golden(golden, use.params.golden):
        return refused
    frame = (film.moments or {})[use.at]
    if (likeness := measured.likenesses.get(use.at)) is None:
        message = f"the film has no frame at {film.clock(frame)} that could be compared"
        return Judgement(says="no frame", findings=(Finding(code="frame-differs", message=message, hint=_HINT),))
    says = f"SSIM {likeness.score:.4f}"
    if likeness.score >= use.params.ssim:
        return Judgement(says=says)
    message = (
        f"the frame at {film.clock(frame)}{film.where(frame)} is not as {use.params.golden} shows it: {says} instead of "
        f"{use.params.ssim:g} or more"
    )
    start = film.seconds(frame)
    finding = Finding(code="frame-differs", message=message, hint=_HINT, start=start, end=start + 1 / film.rate)
    return Judgement(says=says, findings=(finding,))


_HINT = "look at both; where the change is meant: `montage-recipe check RECIPE --update`"

CHECK = Check(
    name="frame",
    doc="One frame looks as its golden picture does.",
    params=Frame,
    default=None,
    planned=True,
    needs=frozenset({Need.FRAMES}),
    judge=_judge,
    examples=({"frame": "walk.start", "golden": "golden/walk.png", "ssim": 0.98},),
)
