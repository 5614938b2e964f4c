"""What is said of checked films, from values alone."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.checked_films import as_markdown
from montage_recipe.checks import CHECKS
from montage_recipe.checks.film import Film
from montage_recipe.checks.spec import CheckUse, Finding, Judgement
from montage_recipe.report.films import CheckedFilm, Verdict

FINDING = Finding(code="black-span", message="it is black", hint="", start=Fraction(1))


def checked() -> CheckedFilm:
    """A film of which one thing was found."""
    use = CheckUse(at=(), name="black", params=CHECKS["black"].default)
    verdict = Verdict(use=use, judgement=Judgement(says="", findings=(FINDING,)))
    return CheckedFilm(film=Film(name="a", rate=Fraction(30)), video=Path("a.mp4"), picture=None, verdicts=(verdict,))


@pytest.mark.parametrize(
    ("address", "shown"), [("", []), ("https://example.org/x/", ["https://example.org/x/a%201.png"])]
)
def test_markdown_shows_pictures_only_where_they_will_be_found(address: str, shown: list[str]) -> None:
    text = as_markdown([checked()], {FINDING: Path("stills/a 1.png")}, address=address)
    assert re.findall(r"!\[[^]]*\]\(([^)]*)\)", text) == shown
