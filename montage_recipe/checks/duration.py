"""Is the film as long as it was planned, to the frame, and are its frames evenly spaced?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import or_off
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import DURATION, TIME
from montage_recipe.timecode import Time, clock, format_seconds, frames_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    duration: Time | Literal["off"] | None = key(
        or_off(DURATION), "How long the film must be; as long as planned if absent.", default=None
    )
    tolerance: Time = key(TIME, "How far it may be from that, either way.", default=Time())


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    picture = measured.header.picture
    if picture is None:
        return Judgement(says="no picture", findings=(_fault(use.params, "the file has no picture"),))
    seconds = picture.frames / picture.rate
    says = f"{format_seconds(seconds)}, {picture.frames} frames"
    return Judgement(says=says, findings=tuple(_faults(use.params, film, measured)))


def _faults(params: Duration, film: Film, measured: Measured) -> Iterator[Finding]:
    picture = measured.header.picture
    assert picture is not None
    wanted = film.frames
    if isinstance(params.duration, Time):
        wanted = frames_in(params.duration.at(film.rate), film.rate)
    if wanted is not None:
        allowed = frames_in(params.tolerance.at(film.rate), film.rate)
        found = picture.frames
        if abs(found - wanted) > allowed:
            less = "missing" if found < wanted else "too many"
            count = abs(found - wanted)
            what = f"{found} frames instead of {wanted}: {count} {'frame is' if count == 1 else 'frames are'} {less}"
            yield _fault(params, f"{what}, {format_seconds(Fraction(count) / film.rate)}")
    if picture.uneven is not None:
        moment = clock(picture.uneven / picture.rate)
        message = f"the frames are not evenly spaced: the first one that is not stands at {moment}"
        start = picture.uneven / picture.rate
        yield Finding(code="wrong-duration", message=message, hint=_HINT, start=start)


_HINT = "build it again; a program that copies or cuts the file may have dropped frames"


def _fault(params: Duration, message: str) -> Finding:
    hint = _HINT
    if isinstance(params.duration, Time):
        hint = "correct the `duration` of this check, or the clips"
    return Finding(code="wrong-duration", message=message, hint=hint)


CHECK = Check(
    name="duration",
    doc="The film has exactly the frames of the plan, evenly spaced.",
    params=Duration,
    default=Duration(),
    planned=False,
    needs=frozenset(),
    judge=_judge,
    examples=({"duration": "14.7s", "tolerance": "1f"},),
)
