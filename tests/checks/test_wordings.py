"""What findings say, word by word, of measured numbers: places, counts and cures."""

from __future__ import annotations

from dataclasses import replace

from montage_recipe.checks.spec import Judgement
from tests.checks.numbers import FILM, judged, measured

_PLAN = (
    "canvas 320x180 at 30 frames a second, 120 frames, 4s",
    *(f"clip {number} {number - 1}.000s to {number}.000s a.mp4" for number in range(1, 5)),
    "title 0.000s to 2.000s center 'Hello'",
    "fingerprint 1234",
)


def _told(*lines: str) -> Judgement:
    film = replace(FILM, plan="\n".join(lines) + "\n")
    return judged("plan", measured(goldens={("checks", 0): "\n".join(_PLAN) + "\n"}), film, plan="p.txt")


def test_a_changed_plan_is_told_old_beside_new() -> None:
    new = (
        "canvas 320x180 at 30 frames a second, 90 frames, 3s",
        *(f"clip {number} {number - 1}.000s to {number}.000s b.mp4" for number in range(1, 4)),
        _PLAN[-2],
        "fingerprint 5678",
    )
    told = _told(*new)
    (found,) = told.findings
    assert found.message.splitlines()[1:] == [
        f"  -{_PLAN[0]}",
        f"  +{new[0]}",
        f"  -{_PLAN[1]}",
        f"  +{new[1]}",
        f"  -{_PLAN[2]}",
        f"  +{new[2]}",
        "  and 2 more",
    ]


def test_a_single_line_of_the_plan_differs() -> None:
    told = _told(*(line.replace("Hello", "Other").replace("1234", "1235") for line in _PLAN))
    (found,) = told.findings
    assert told.says == "1 line differs"
    assert found.message.splitlines()[1:] == [f"  -{_PLAN[-2]}", f"  +{_PLAN[-2].replace('Hello', 'Other')}"]
    assert "`montage-recipe diff HEAD RECIPE`" in found.hint
    assert "`montage-recipe check RECIPE --update` writes the golden anew" in found.hint


def test_footage_with_other_content_is_told_as_that() -> None:
    told = _told(*_PLAN[:-1], "fingerprint 99")
    (found,) = told.findings
    assert "the content of the footage" in found.message
    assert "fingerprint 99" not in found.message
