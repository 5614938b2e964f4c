"""What is late or early: how far each of several points, one after the other, has moved, and from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Displacement:
    """Points `first` to `last`, both included, have all moved by `shift`."""

    first: int
    last: int
    shift: int


def displacements(shifts: Sequence[int | None], *, fewest: int) -> tuple[Displacement, ...]:
    """Where `fewest` points or more that tell their shift say the same one after the other, and it is not 0. None is a point
    that tells nothing: where nothing moves, nothing can be late.

    >>> displacements([0, None, 1, None, 1, 1, 0, -2], fewest=2)
    (Displacement(first=2, last=5, shift=1),)
    """
    runs: list[tuple[Displacement, int]] = []
    for number, shift in enumerate(shifts):
        if shift is None:
            continue
        if runs and runs[-1][0].shift == shift:
            run, telling = runs[-1]
            runs[-1] = (Displacement(run.first, number, shift), telling + 1)
        else:
            runs.append((Displacement(number, number, shift), 1))
    return tuple(run for run, telling in runs if run.shift and telling >= fewest)
