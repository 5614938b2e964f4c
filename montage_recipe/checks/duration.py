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
from montage_recipe.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    duration: Time | Literal["off"] | None = key(
        or_off(DURATION), "How long the film must be; as long as planned if absent.", default=None
    )
    tolerance: Time = key(TIME, "How far it may be from that, either way.", default=Time())


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    picture = measured.header.picture
    if picture is None:
        fault = _fault("the file has no picture", _NO_PICTURE if film.is_planned else _NO_FILM)
        return Judgement(says="no picture", findings=(fault,))
    seconds = picture.frames / picture.rate
    says = f"{format_seconds(seconds)}, {counted(picture.frames, 'frame')}"
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
            hint = _ASKED if isinstance(params.duration, Time) else _COPIED
            yield _fault(_other_length(film, found, wanted), hint)
    if picture.uneven is not None:
        moment = clock(picture.uneven / picture.rate)
        message = f"the frames are not evenly spaced: the first one that is not stands at {moment}"
        start = picture.uneven / picture.rate
        hint = _COPIED if film.is_planned else _UNEVEN
        yield Finding(code="wrong-duration", message=message, hint=hint, start=start)


_COPIED = "build it again; a program that copies or cuts the file may have dropped frames, or changed their rate"
_ASKED = "correct the `duration` of this check, or the clips"
_UNEVEN = "have the program that made the file write a constant frame rate; one that cuts it may have dropped frames"
_NO_PICTURE = "build it again: `montage-recipe build RECIPE`"
_NO_FILM = "name a file with a picture: a film is what is checked"


def _other_length(film: Film, found: int, wanted: int) -> str:
    """Frames; where the file has another rate than the plan, seconds, as its frames are none of the plan's."""
    planned = film.format.rate if film.format else film.rate
    if planned != film.rate:
        seconds = [f"{float(film.seconds(frames)):.2f} s" for frames in (found, wanted)]
        rates = [f"{float(rate):.6g}" for rate in (film.rate, planned)]
        return f"{seconds[0]} instead of {seconds[1]}, at {rates[0]} frames a second instead of {rates[1]}"
    count = abs(found - wanted)
    less = f"{'is' if count == 1 else 'are'} {'missing' if found < wanted else 'too many'}"
    lasting = format_seconds(Fraction(count) / film.rate)
    return f"{counted(found, 'frame')} instead of {wanted}: {counted(count, 'frame')} {less}, {lasting}"


def _fault(message: str, hint: str) -> Finding:
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
