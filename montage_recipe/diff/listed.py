"""Which entry of a list is which of another one: for titles and sounds, which are few and have no ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from montage_recipe.diff.alignment import common_subsequence
from montage_recipe.diff.matching import gaps


def paired(
    old: Sequence[Hashable], new: Sequence[Hashable], old_marks: Iterable[Hashable], new_marks: Iterable[Hashable]
) -> list[tuple[int, int]]:
    """Pairs of places, in the order of the new list: equal ones in order, then equal ones anywhere; of those left in the
    same gap between such pairs the ones with the same mark, and the rest one for one where both have the same number.

    >>> paired(["a", "b", "c"], ["x", "c", "B"], [1, 2, 3], [0, 3, 2])
    [(2, 1)]
    """
    pairs = dict(common_subsequence(old, new))
    in_order = list(pairs.items())
    _add(pairs, [(item, i) for i, item in enumerate(old)], [(item, j) for j, item in enumerate(new)])
    old_gaps, new_gaps = gaps(in_order, len(old), side=0), gaps(in_order, len(new), side=1)
    _add(
        pairs,
        [((gap, mark), i) for i, (gap, mark) in enumerate(zip(old_gaps, old_marks, strict=True))],
        [((gap, mark), j) for j, (gap, mark) in enumerate(zip(new_gaps, new_marks, strict=True))],
    )
    taken = set(pairs.values())
    old_left = [i for i in range(len(old)) if i not in pairs]
    new_left = [j for j in range(len(new)) if j not in taken]
    for gap in {old_gaps[i] for i in old_left}:
        ours = [i for i in old_left if old_gaps[i] == gap]
        theirs = [j for j in new_left if new_gaps[j] == gap]
        if len(ours) == len(theirs):
            pairs.update(zip(ours, theirs, strict=True))
    return sorted(pairs.items(), key=lambda pair: pair[1])


def _add(pairs: dict[int, int], old: Sequence[tuple[Hashable, int]], new: Sequence[tuple[Hashable, int]]) -> None:
    """Pairs what has the same key, the first with the first."""
    taken = set(pairs.values())
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for key, i in reversed(old):
        if i not in pairs:
            waiting[key].append(i)
    for key, j in new:
        if j not in taken and waiting[key]:
            pairs[waiting[key].pop()] = j
