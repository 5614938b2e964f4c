"""Stretches of frames, or of steps of sound, for which something holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Stretch = tuple[int, int]  # from the first up to, not including, the second


def stretches(holds: NDArray[np.bool_]) -> Iterator[Stretch]:
    """Each longest stretch of True."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate(([False], holds, [False])).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(end)


def without(holds: NDArray[np.bool_], exempt: Iterable[Stretch]) -> NDArray[np.bool_]:
    """The same, with False where it does not count."""
    left = holds.copy()
    for start, end in exempt:
        left[max(0, start) : max(0, end)] = False
    return left
