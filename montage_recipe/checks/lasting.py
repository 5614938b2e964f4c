"""What lasts too long: black, a standing picture, silence."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from montage_recipe.checks.film import Film
from montage_recipe.checks.spans import stretches
from montage_recipe.checks.spec import Finding
from montage_recipe.timecode import clock, format_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def findings_of(
    holds: NDArray[np.bool_],
    film: Film,
    *,
    most: Fraction,
    code: str,
    what: str,
    hint: str,
    step: Fraction | None = None,
) -> tuple[Finding, ...]:
    """A finding for each stretch that lasts `most` seconds or more. `step` are the seconds of an entry of `holds`; those of a
    frame if absent."""
    step = step or 1 / film.rate
    found = []
    for first, last in stretches(holds):
        start, end = first * step, last * step
        if end - start >= max(most, step):
            frame = int(start * film.rate)
            place = f"from {clock(start)} to {clock(end)}, {format_seconds(end - start)}{film.where(frame)}"
            at = film.place_of(frame)
            found.append(Finding(code=code, message=f"{what} {place}", hint=hint, at=at, start=start, end=end))
    return tuple(found)


def longest_of(holds: NDArray[np.bool_], film: Film, step: Fraction | None = None) -> str:
    longest = max((last - first for first, last in stretches(holds)), default=0)
    return f"{format_seconds(longest * (step or 1 / film.rate))} at most" if longest else "nowhere"
