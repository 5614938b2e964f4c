"""What is said of checked films, from values alone."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from montage_recipe.checked_films import as_markdown, renewal, table_lines
from montage_recipe.checks import CHECKS
from montage_recipe.checks.film import Film
from montage_recipe.checks.spec import CheckUse, Finding, Judgement
from montage_recipe.report.films import CheckedFilm, Verdict

FINDING = Finding(code="black-span", message="it is black", hint="", start=Fraction(1))


GOLDENS: dict[str, dict[str, Any]] = {
    "render": {"render": "a.png"},
    "frame": {"frame": "end", "golden": "a.png"},
    "plan": {"plan": "a.txt"},
}
UPDATE = ("montage-recipe", "check", "my film.yaml", "--update")


def checked(name: str = "black") -> CheckedFilm:
    """The film /films/dist/a.mp4, of which one thing was found by the check of that name."""
    params = CHECKS[name].default or CHECKS[name].params(**GOLDENS[name])
    use = CheckUse(at=(), name=name, params=params)
    verdict = Verdict(use=use, judgement=Judgement(says="", findings=(FINDING,)))
    return CheckedFilm(
        film=Film(name="a", rate=Fraction(30)), video=Path("/films/dist/a.mp4"), picture=None, verdicts=(verdict,)
    )


@pytest.mark.parametrize(
    ("address", "shown"), [("", []), ("https://example.org/x/", ["https://example.org/x/a%201.png"])]
)
def test_markdown_shows_pictures_only_where_they_will_be_found(address: str, shown: list[str]) -> None:
    text = as_markdown([checked()], {FINDING: Path("stills/a 1.png")}, address=address, update=UPDATE)
    assert re.findall(r"!\[[^]]*\]\(([^)]*)\)", text) == shown


@pytest.mark.parametrize("name", GOLDENS)
def test_a_golden_that_does_not_hold_is_told_how_to_renew_once(name: str) -> None:
    films = [checked(name), checked(name)]
    command = "`montage-recipe check 'my film.yaml' --update`"
    assert renewal(films, UPDATE) == f"if the change was meant: {command}, and commit the goldens"
    assert as_markdown(films, {}, address="", update=UPDATE).count(command) == 1


def test_no_golden_is_to_be_renewed_for_another_check() -> None:
    assert renewal([checked("black")], UPDATE) is None
    assert "--update" not in as_markdown([checked("black")], {}, address="", update=UPDATE)


@pytest.mark.parametrize(
    ("here", "shown"),
    [("/films", "dist/a.mp4"), ("/films/dist", "a.mp4"), ("/film", "/films/dist/a.mp4"), ("/", "films/dist/a.mp4")],
)
def test_a_film_below_the_working_folder_is_named_from_there(here: str, shown: str) -> None:
    assert next(table_lines(checked(), Path(here))) == shown
