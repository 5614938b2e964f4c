"""`check` finds each fault of a finished film and calls it by its name, and finds none where there is none."""

from __future__ import annotations

import pytest

from tests.checks.cases import SABOTAGES, SOUND_RENDERS, Case, Sabotage
from tests.checks.film import Film, make_film
from tests.checks.sabotage import verdict
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return make_film(ENGINES[0], tmp_path_factory.mktemp("film"))


def test_the_film_itself_passes(film: Film) -> None:
    done = film.judged(film.file)
    assert done.status == 0, done.stdout


@pytest.mark.parametrize("case", SABOTAGES, ids=lambda case: case.name)
def test_a_fault_is_called_by_its_name(film: Film, case: Sabotage) -> None:
    found = verdict(film, case)
    assert found.status == 3
    assert case.code in found.codes, found.said
    assert found.codes <= {case.code} | case.also, found.said


# What CI has time for; `python -m tests.checks.sabotage` judges all.
HERE = {"preset ultrafast", "another ffmpeg", "another frame rate"}


@pytest.mark.parametrize("case", [c for c in SOUND_RENDERS if c.name in HERE], ids=lambda case: case.name)
def test_a_film_without_fault_passes(film: Film, case: Case) -> None:
    found = verdict(film, case)
    assert (found.status, found.said) == (0, ())
