"""Does the whole film look as a reference does, frame by frame?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import Unusable
from montage_recipe.checks.kinds import SSIM, VMAF
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    reference: Path = key(FILE, "Another render of the same film.")
    ssim: float | None = key(SSIM, "How alike they must be on average; 0.98 if absent, and `vmaf` too.", default=None)
    vmaf: float | None = key(
        VMAF, "The same by VMAF, where ffmpeg has libvmaf: the one that is installed along has.", default=None
    )

    def __post_init__(self) -> None:
        if self.ssim is not None and self.vmaf is not None:
            raise ValueError("`ssim` and `vmaf` are two measures of one thing: keep one of them")

    @property
    def measure(self) -> str:
        return "VMAF" if self.vmaf is not None else "SSIM"

    @property
    def least(self) -> float:
        return self.vmaf if self.vmaf is not None else 0.98 if self.ssim is None else self.ssim


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    params = use.params
    if isinstance(why := measured.goldens.get(use.at), Unusable):
        message = f"{params.reference.name} cannot be compared: {why.why}"
        hint = "name a finished render of the same film"
        finding = Finding(code="reference-differs", message=message, hint=hint)
        return Judgement(says="not compared", findings=(finding,))
    if (likeness := measured.likenesses.get(use.at)) is None:
        return Judgement(says="not compared")  # the film cannot be decoded, which is told
    says = f"{params.measure} {likeness.score:.4g}"
    if likeness.score >= params.least:
        return Judgement(says=says)
    message = (
        f"the film is not as {params.reference.name} shows it: {says} instead of {params.least:g} or more; the worst frame "
        f"is at {film.clock(likeness.worst_frame)}{film.where(likeness.worst_frame)}, with {likeness.worst:.4g}"
    )
    start = film.seconds(likeness.worst_frame)
    hint = "look at both there"
    finding = Finding(code="reference-differs", message=message, hint=hint, start=start, end=start + 1 / film.rate)
    return Judgement(says=says, findings=(finding,))


CHECK = Check(
    name="reference",
    doc="The whole film looks as another render of it does, by SSIM or VMAF.",
    params=Reference,
    default=None,
    planned=False,
    needs=frozenset({Need.REFERENCE}),
    judge=_judge,
    examples=({"reference": "golden/trip.mp4", "ssim": 0.98}, {"reference": "golden/trip.mp4", "vmaf": 93}),
)
