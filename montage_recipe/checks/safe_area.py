"""Do all titles keep away from the picture's edges?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film, ShownTitle
from montage_recipe.checks.kinds import MARGIN
from montage_recipe.checks.measured import Box, Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement, Need
from montage_recipe.fields import key
from montage_recipe.wording import counted, either, shown

_SLACK = 2  # pixels that letters may hang over their line's edges


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeArea:
    safe_area: Fraction | Literal["off"] = key(
        MARGIN, "What stays free of text at each side, of the width and of the height.", default=Fraction(5, 100)
    )


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    margin = use.params.safe_area
    if film.format is None or not isinstance(margin, Fraction):
        return Judgement(says="no titles")
    findings = []
    for title in film.titles:
        box = measured.letters.get(title.at)
        if box and (sides := _sides(box, film.format.width, film.format.height, margin)):
            ways = either([_WAYS[side] for side in sides], last="and")
            message = f"{shown(title.text)} is not inside of the safe area: it reaches too far {ways}"
            hint = _cure(title, sides, margin)
            start, end = map(film.seconds, title.frames)
            findings.append(
                Finding(code="text-outside-safe-area", message=message, hint=hint, at=title.at, start=start, end=end)
            )
    count = len(film.titles)
    return Judgement(says=counted(count, "title") if count else "no titles", findings=tuple(findings))


def _sides(box: Box, width: int, height: int, margin: Fraction) -> list[str]:
    free = {
        "left": (box.left, margin * width),
        "right": (width - 1 - box.right, margin * width),
        "top": (box.top, margin * height),
        "bottom": (height - 1 - box.bottom, margin * height),
    }
    return [side for side, (has, wants) in free.items() if has < wants - _SLACK]


_WAYS = {"left": "to the left", "right": "to the right", "top": "up", "bottom": "down"}


def _cure(title: ShownTitle, sides: Sequence[str], margin: Fraction) -> str:
    """No size helps where the title's position is what breaks the limit."""
    smaller = "make its `size` smaller, or break its text into lines"
    by_position = [side for side in sides if title.margins.get(side, margin) < margin]
    if not by_position:
        return smaller
    least = min(title.margins[side] for side in by_position)
    edges = either([f"the {side}" for side in by_position], last="and")
    cure = (
        f"`position: {title.position}` puts text {_percent(least)} from {edges}, whatever its size: take another one, such "
        f"as `center`, or a `safe_area` of {_percent(least, space='')} at most"
    )
    return cure if len(by_position) == len(sides) else f"{cure}; {smaller}"


def _percent(part: Fraction, *, space: str = " ") -> str:
    return f"{float(100 * part):g}{space}%"


CHECK = Check(
    name="safe_area",
    doc="Every title lies inside the title-safe area, 5 % from each edge (EBU R 95).",
    params=SafeArea,
    default=SafeArea(),
    planned=True,
    needs=frozenset({Need.LETTERS}),
    judge=_judge,
    examples=({"safe_area": "10%"}, {"safe_area": "off"}),
)
