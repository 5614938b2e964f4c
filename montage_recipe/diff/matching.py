"""Which clip of the old film is which clip of the new one.

In this order, and each step only with the clips that are left from the ones before:

1. Clips of the same `id` are the same clip, whatever else has changed.
2. Clips of the same content (source, in, speed, length, look) that a longest common subsequence of both films holds; the
   pairs of the first step count as equal in it. Its pairs divide both films into gaps.
3. Clips of the same content anywhere, the first with the first.
4. Clips of the same source in the same gap, those first that have most of the source in common.
5. Clips of the same source in different gaps, where they have at least half of the shorter one in common.
6. In the same gap, what stands in the same place: one for one where the old and the new film have the same number left
   there, else those of the same length in the same order. Not where both have an id, as the author calls them two things.

What is left was removed or added. Of the pairs, those outside of a longest increasing subsequence have moved: as few as can
be. A clip that was inserted or made longer moves nothing.

Step 2 takes n * m / 64 steps of whole machine words, steps 4 and 5 compare each clip with at most 16 others of its source
(those whose `in` lies nearest), the last one n log n. 1,000 clips against 1,000 take under a second, whatever they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from montage_recipe.diff.alignment import common_subsequence, longest_increasing
from montage_recipe.diff.views import ClipView

_NEAREST = 8  # candidates on either side
_ENOUGH = Fraction(1, 2)  # of the shorter of two clips of one source: below, they are two takes


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip of both films, by its numbers from 0."""

    old: int
    new: int
    moved: bool


def match_clips(old: Sequence[ClipView], new: Sequence[ClipView], *, same_rate: bool) -> tuple[Pair, ...]:
    """The pairs in the order of the new film. `same_rate` False leaves lengths out of what must be equal, as both films
    round them to frames of their own."""
    matching = _Matching(old=old, new=new, same_rate=same_rate)
    matching.run()
    pairs = sorted(((i, j) for i, j in matching.pairs.items()), key=lambda pair: pair[1])
    kept = longest_increasing([i for i, _ in pairs])
    return tuple(Pair(i, j, moved=place not in kept) for place, (i, j) in enumerate(pairs))


def gaps(pairs: Iterable[tuple[int, int]], count: int, *, side: int) -> list[int]:
    """For each place of one side (0 is the old one), how many of the pairs, which are in order, lie before it."""
    edges = [pair[side] for pair in pairs]
    return [bisect_left(edges, place) for place in range(count)]


@dataclass(kw_only=True)
class _Matching:
    old: Sequence[ClipView]
    new: Sequence[ClipView]
    same_rate: bool
    pairs: dict[int, int] = field(default_factory=dict)  # number in the old film -> in the new one
    taken: set[int] = field(default_factory=set)  # numbers in the new film

    def run(self) -> None:
        places = {clip.id: j for j, clip in enumerate(self.new) if clip.id}
        for i, clip in enumerate(self.old):
            if clip.id and (j := places.get(clip.id)) is not None:
                self._pair(i, j)
        in_order = common_subsequence(self._tokens(self.old, self.pairs), self._tokens(self.new, self.taken))
        for i, j in in_order:
            self._pair(i, j)
        self._first_with_first()
        old_gaps = gaps(in_order, len(self.old), side=0)
        new_gaps = gaps(in_order, len(self.new), side=1)
        self._alike(lambda i: old_gaps[i], lambda j: new_gaps[j], least=Fraction(0))
        self._alike(lambda i: 0, lambda j: 0, least=_ENOUGH)
        self._in_place(old_gaps, new_gaps)

    def _pair(self, i: int, j: int) -> None:
        self.pairs[i] = j
        self.taken.add(j)

    def _left_old(self) -> list[int]:
        return [i for i in range(len(self.old)) if i not in self.pairs]

    def _left_new(self) -> list[int]:
        return [j for j in range(len(self.new)) if j not in self.taken]

    def _content(self, clip: ClipView) -> Hashable:
        return (clip.takes, clip.frames if self.same_rate else None, clip.look)

    def _tokens(self, clips: Sequence[ClipView], known: Iterable[int]) -> list[Hashable]:
        by_id = set(known)
        return [("id", clip.id) if n in by_id else self._content(clip) for n, clip in enumerate(clips)]

    def _first_with_first(self) -> None:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for i in reversed(self._left_old()):
            waiting[self._content(self.old[i])].append(i)
        for j in self._left_new():
            if same := waiting.get(self._content(self.new[j])):
                self._pair(same.pop(), j)

    def _alike(self, group_old: Callable[[int], int], group_new: Callable[[int], int], *, least: Fraction) -> None:
        """Pairs clips of one source within a group, the most alike first."""
        groups: dict[Hashable, list[tuple[Fraction, int]]] = defaultdict(list)
        for i in self._left_old():
            groups[group_old(i), self.old[i].source].append((self.old[i].in_, i))
        for members in groups.values():
            members.sort()
        found: list[tuple[Fraction, bool, Fraction, int, int]] = []
        for j in self._left_new():
            members = groups.get((group_new(j), self.new[j].source), [])
            at = bisect_left(members, (self.new[j].in_, 0))
            for _, i in members[max(0, at - _NEAREST) : at + _NEAREST]:
                found += self._candidate(i, j, least)
        for *_, i, j in sorted(found):
            if i not in self.pairs and j not in self.taken:
                self._pair(i, j)

    def _candidate(self, i: int, j: int, least: Fraction) -> Iterator[tuple[Fraction, bool, Fraction, int, int]]:
        """How unlike both are, or nothing where they are two takes."""
        old, new = self.old[i], self.new[j]
        common = _in_common(old, new)
        if common >= least and (common or not (old.id and new.id)):
            yield (-common, old.look != new.look, abs(old.in_ - new.in_), i, j)

    def _in_place(self, old_gaps: Sequence[int], new_gaps: Sequence[int]) -> None:
        old_left, new_left = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
        for i in self._left_old():
            old_left[old_gaps[i]].append(i)
        for j in self._left_new():
            new_left[new_gaps[j]].append(j)
        for gap in old_left.keys() & new_left.keys():
            ours, theirs = old_left[gap], new_left[gap]
            if len(ours) == len(theirs):
                together = list(zip(ours, theirs, strict=True))
            else:
                lengths = [self.old[i].shows.length for i in ours], [self.new[j].shows.length for j in theirs]
                together = [(ours[a], theirs[b]) for a, b in common_subsequence(*lengths)]
            for i, j in together:
                if not (self.old[i].id and self.new[j].id):
                    self._pair(i, j)


def _in_common(old: ClipView, new: ClipView) -> Fraction:
    """The part of the shorter one that both take of their common source, from 0 to 1."""
    if old.still:
        return Fraction(1)
    common = min(old.out, new.out) - max(old.in_, new.in_)
    return max(Fraction(0), common) / min(old.out - old.in_, new.out - new.in_)
