"""Is the timeline the one that was written down?"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import no_golden
from montage_recipe.checks.kinds import GOLDEN_TEXT
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key

_MOST_LINES = 6


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
    if golden == film.plan:
        return Judgement(says="as written down")
    changes = [
        line
        for line in difflib.unified_diff(str(golden).splitlines(), film.plan.splitlines(), lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    more = f"\n  and {len(changes) - _MOST_LINES} lines more" if len(changes) > _MOST_LINES else ""
    lines = "".join(f"\n  {line}" for line in changes[:_MOST_LINES])
    message = f"the timeline is not the one in {use.params.plan}:{lines}{more}"
    hint = "`montage-recipe diff` says it in words; where it is meant: `montage-recipe check RECIPE --update`"
    finding = Finding(code="plan-differs", message=message, hint=hint)
    return Judgement(says=f"{len(changes)} lines differ", findings=(finding,))


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
