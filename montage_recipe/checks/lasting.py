"""What lasts too long: black, a standing picture, silence."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from montage_recipe.checks.film import Film
from montage_recipe.checks.spans import stretches
from montage_recipe.checks.spec import Finding
from montage_recipe.timecode import clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def findings_of(
    holds: NDArray[np.bool_],
    times: NDArray[np.float64],
    film: Film,
    *,
    most: Fraction | float,
    code: str,
    what: str,
    hint: str,
) -> tuple[Finding, ...]:
    """A finding for each stretch that lasts `most` seconds or more. `times` are those at which each entry of `holds` begins,
    and at which the last one ends."""
    found = []
    for first, last in stretches(holds):
        start, end = (_exact(times[number]) for number in (first, last))
        if end - start >= float(most) - _TICK_S:
            frame = int(start * film.rate + Fraction(1, 100))
            place = f"from {clock(start)} to {clock(end)}, {float(end - start):.2f}s{film.where(frame)}"
            at = film.place_of(frame)
            found.append(Finding(code=code, message=f"{what} {place}", hint=hint, at=at, start=start, end=end))
    return tuple(found)


def longest_of(holds: NDArray[np.bool_], times: NDArray[np.float64]) -> str:
    longest = max((times[last] - times[first] for first, last in stretches(holds)), default=0.0)
    return f"{longest:.2f}s at most" if longest else "nowhere"


_TICK_S = 0.0005  # a clock of milliseconds is that far away from the moment that it means


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1_000_000), 1_000_000)
