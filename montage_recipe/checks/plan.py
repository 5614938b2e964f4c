"""Is the timeline the one that was written down?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap, zip_longest

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import no_golden
from montage_recipe.checks.kinds import GOLDEN_TEXT
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key
from montage_recipe.wording import counted

_MOST_LINES = 6  # that are shown: two of each change
_FINGERPRINT = "fingerprint"  # the last line's first word


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    plan: str = key(GOLDEN_TEXT, "The timeline as text.")


def is_plan(text: str) -> bool:
    """Whether it is a timeline as `plan --stage timeline` prints it, and no file of somebody's."""
    return text.startswith("canvas ")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    golden = measured.goldens.get(use.at)
    if refused := no_golden(golden, use.params.plan):
        return refused
    changes = list(_changes(str(golden).splitlines(), film.plan.splitlines()))
    if not changes:
        return Judgement(says="as written down")
    # A change that a line shows changes the fingerprint too, which then says nothing besides.
    told = [change for change in changes if not change.is_of(_FINGERPRINT)]
    shown = told[: _MOST_LINES // 2]
    lines = "".join(f"\n  {line}" for change in shown for line in change.lines)
    if left := len(told) - len(shown):
        lines += f"\n  and {left} more"
    if not told:
        lines = (
            " all its lines but the fingerprint are the same, so what has changed is the content of the footage, or "
            "something that no line tells"
        )
    message = f"the timeline is not the one in {use.params.plan}:{lines}"
    finding = Finding(code="plan-differs", message=message, hint=_HINT)
    count = len(told or changes)
    return Judgement(says=f"{counted(count, 'line')} differ{'s' if count == 1 else ''}", findings=(finding,))


_HINT = (
    "`montage-recipe diff HEAD RECIPE` says in words what has changed since the last commit; where it is meant: "
    "`montage-recipe check RECIPE --update` writes the golden anew"
)


@dataclass(frozen=True, slots=True)
class _Change:
    """A line of the plan as it was and as it is; None where there was none, or is none."""

    old: str | None
    new: str | None

    @property
    def lines(self) -> tuple[str, ...]:
        sides = (("-", self.old), ("+", self.new))
        return tuple(f"{sign}{line}" for sign, line in sides if line is not None)

    def is_of(self, kind: str) -> bool:
        return _kind(self.old or self.new or "") == kind


def _kind(line: str) -> str:
    """Its first word: what a line of the plan is of."""
    return line.partition(" ")[0]


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    """In the order of the film. Where several lines differ in a row, the first one of a kind is beside the first one."""
    for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        was, has = old[start:end], new[first:last]
        for kind in dict.fromkeys(map(_kind, (*was, *has))):
            yield from starmap(_Change, zip_longest(*([e for e in side if _kind(e) == kind] for side in (was, has))))


CHECK = Check(
    name="plan",
    doc="The timeline is the one that was written down: an edit of it, or a release that plans otherwise, is told.",
    params=Plan,
    default=None,
    planned=True,
    needs=frozenset(),
    judge=_judge,
    examples=({"plan": "golden/trip-plan.txt"},),
)
