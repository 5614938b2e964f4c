"""Are there bars at the picture's edges where none were planned?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from montage_recipe.checks.film import Film, Frames
from montage_recipe.checks.kinds import SWITCH
from montage_recipe.checks.measured import Measured, PictureStatistics
from montage_recipe.checks.spans import without
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.wording import counted

_LEAST = 0.025  # of the width or the height, on each of two sides; at 320 pixels a bar is known to a hundredth
_UNEVEN = 0.02  # of the same: how much one bar may be larger than the other; dark ground below a night sky is
_FEWEST = 12  # frames that are not black, for a bar to be told from a dark scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterbox:
    letterbox: str = key(SWITCH, "Whether it is looked at.", default="on")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    statistics = measured.picture
    if statistics is None:
        return Judgement(says="no picture")
    clips = [(scene.frames, scene.name, scene.at) for scene in film.scenes] or [
        ((0, len(statistics.black)), "the whole film", ())
    ]
    findings = []
    for frames, name, at in clips:
        for sides, size in _bars(statistics, film, frames):
            message = f"{name} has bars {sides} of {100 * size:.0f} % of the picture each"
            message += ", which nobody planned" if film.is_planned else ""
            hint = _PLANNED if film.is_planned else _ALONE
            start, end = film.seconds(frames[0]), film.seconds(frames[1])
            findings.append(
                Finding(code="letterbox-unplanned", message=message, hint=hint, at=at, start=start, end=end)
            )
    return Judgement(
        says=f"in {counted(len(findings), 'place')}" if findings else "none unplanned", findings=tuple(findings)
    )


_PLANNED = "take `fit: cover`, or `crop` them away; where they are meant: `checks: [{letterbox: off}]`"
_ALONE = "crop them away where the file is made, unless they are meant"


def _bars(statistics: PictureStatistics, film: Film, frames: Frames) -> Iterator[tuple[str, float]]:
    import numpy as np

    seen = np.zeros(len(statistics.black), bool)
    seen[frames[0] : frames[1]] = True
    seen = without(seen & ~statistics.black, film.barred)
    if seen.sum() < _FEWEST:
        return
    left, right, top, bottom = statistics.bars[seen].min(axis=0)
    for sides, one, other in (("left and right", left, right), ("above and below", top, bottom)):
        if min(one, other) >= _LEAST and abs(one - other) <= _UNEVEN:
            yield sides, float(min(one, other))


CHECK = Check(
    name="letterbox",
    doc="No clip has black bars on two opposite sides, besides those that `fit` makes.",
    params=Letterbox,
    default=Letterbox(),
    planned=False,
    needs=frozenset({Need.PICTURE}),
    judge=_judge,
    examples=({"letterbox": "off"},),
)
