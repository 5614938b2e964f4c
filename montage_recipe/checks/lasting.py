"""What lasts too long: black, a standing picture, silence."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from montage_recipe.checks.film import Film
from montage_recipe.checks.spans import stretches
from montage_recipe.checks.spec import Finding, Judgement
from montage_recipe.timecode import clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def judged(
    holds: NDArray[np.bool_],
    times: NDArray[np.float64],
    film: Film,
    *,
    most: Fraction | float,
    code: str,
    what: str,
    look: str,
    allow: str,
    lead: int = 0,
) -> Judgement:
    """A finding for each stretch that lasts `most` seconds or more, and how long the longest is. `times` are those at which
    each entry of `holds` begins, and at which the last one ends. `look` is where to look for the cause, `allow` the check
    as it stands in a recipe where it is meant. `lead` is how many entries before a stretch are part of it."""
    hint = f"{look}; where it is meant: allow more, as in `checks: [{{{allow}}}]`" if film.is_planned else look
    found, longest = [], 0.0
    for begun, last in stretches(holds):
        first = max(0, begun - lead)
        longest = max(longest, float(times[last] - times[first]))
        start, end = (_exact(times[number]) for number in (first, last))
        if end - start >= float(most) - _TICK_S:
            frame = int(start * film.rate + Fraction(1, 100))
            length = f"{float(end - start):.2f}s"
            whole = last - first == len(holds)
            place = (
                f"throughout, {length}"
                if whole
                else f"from {clock(start)} to {clock(end)}, {length}{film.during(start, end)}"
            )
            at = () if whole else film.place_of(frame)
            found.append(Finding(code=code, message=f"{what} {place}", hint=hint, at=at, start=start, end=end))
    return Judgement(says=f"longest {longest:.2f}s" if longest else "nowhere", findings=tuple(found))


_TICK_S = 0.0005  # a clock of milliseconds is that far away from the moment that it means


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1_000_000), 1_000_000)
