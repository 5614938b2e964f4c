"""What findings say, word by word, of measured numbers: places, counts and cures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from montage_recipe.checks.film import Film, ShownTitle
from montage_recipe.checks.golden_render import RenderGolden
from montage_recipe.checks.goldens import Unusable
from montage_recipe.checks.measured import Box, Measured
from montage_recipe.checks.spec import Judgement
from tests.checks.numbers import (
    FILM,
    FRAMES,
    RATE,
    STEPS,
    header,
    judged,
    marked,
    measured,
    with_picture,
    with_sound,
    with_statistics,
)

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


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (160, 190, "the picture is black from 0:05.33 to 0:06.33, 1.00s, in clip 2"),
        (100, 150, "the picture is black from 0:03.33 to 0:05.00, 1.67s, in clip 1 (walk)"),
        (100, 151, "the picture is black from 0:03.33 to 0:05.03, 1.70s, from clip 1 (walk) to clip 2"),
        (0, 300, "the picture is black throughout, 10.00s"),
    ],
)
def test_what_lasts_is_told_with_all_scenes_that_it_spans(first: int, last: int, told: str) -> None:
    black = with_statistics(black=marked(FRAMES, first, last))
    (found,) = judged("black", black).findings
    assert found.message == told
    assert bool(found.at) == ("throughout" not in told)


_TOLD_FRAMES = tuple(range(0, FRAMES, 10))


def _pictures() -> Any:
    """Each frame is another one."""
    return np.random.default_rng(1).integers(0, 255, (FRAMES, 18, 32, 3), np.uint8)


def _render_judged(tiles: Any, levels: Any) -> Judgement:
    golden = RenderGolden(
        rate=RATE,
        length=FRAMES,
        frames=_TOLD_FRAMES,
        tiles=_pictures()[list(_TOLD_FRAMES)],
        levels=_sounds(),
    )
    sound = with_sound(rms=levels).sound
    found = measured(tiles=tiles, sound=sound, goldens={("checks", 0): golden})
    return judged("render", found, replace(FILM, titles=()), render="all.png")


def _sounds() -> Any:
    """Levels that go up and down."""
    return np.random.default_rng(2).uniform(-30, -10, (STEPS, 2)).astype(np.float32)


def _other_pictures(first: int, last: int) -> Any:
    tiles = _pictures()
    tiles[first:last] = np.random.default_rng(3).integers(0, 255, (last - first, 18, 32, 3), np.uint8)
    return tiles


@pytest.mark.parametrize(
    ("first", "last", "place"),
    [
        (0, 300, "throughout"),
        (0, 290, "from 0:00.00 to 0:09.33, from clip 1 (walk) to clip 2"),
        (155, 200, "from 0:05.33 to 0:06.33, in clip 2"),
        (160, 161, "at 0:05.33, in clip 2"),
    ],
)
def test_another_picture_is_told_with_all_scenes_that_it_spans(first: int, last: int, place: str) -> None:
    (found,) = _render_judged(_other_pictures(first, last), _sounds()).findings
    assert found.message.startswith(f"another picture {place}: ")


@pytest.mark.parametrize(
    ("first", "last", "place"),
    [(0, 1000, "throughout"), (450, 600, "from 0:04.4"), (550, 700, "from 0:05.4")],
)
def test_another_sound_is_told_with_all_scenes_that_it_spans(first: int, last: int, place: str) -> None:
    levels = _sounds()
    levels[first:last] = np.random.default_rng(4).uniform(-45, -5, (last - first, 2))
    found = [f for f in _render_judged(_pictures(), levels).findings if f.code == "sound-differs"]
    assert found[0].message.startswith(f"another sound {place}")
    assert ("from clip 1 (walk) to clip 2" in found[0].message) == (first == 450)


@pytest.mark.parametrize(
    ("tiles", "levels", "says"),
    [
        (_pictures(), _sounds(), "30 frames and the sound compared"),
        (_other_pictures(0, 300), _sounds(), "30 frames and the sound compared: the picture differs"),
        (_pictures(), _sounds() - 6, "30 frames and the sound compared: the sound differs"),
        (_other_pictures(0, 300), _sounds() - 6, "30 frames and the sound compared: the picture and the sound differ"),
    ],
    ids=("nothing", "picture", "sound", "both"),
)
def test_a_render_says_what_of_it_differs(tiles: Any, levels: Any, says: str) -> None:
    assert _render_judged(tiles, levels).says == says


def _bars(last: int) -> Measured:
    bars = np.zeros((FRAMES, 4), np.float32)
    bars[:last, 2:] = 0.12
    return with_statistics(bars=bars)


@pytest.mark.parametrize(
    ("name", "found", "says"),
    [
        ("letterbox", _bars(150), "in 1 place"),
        ("letterbox", _bars(300), "in 2 places"),
        ("decoding", measured(errors=("a",)), "1 error"),
        ("decoding", measured(errors=("a", "b")), "2 errors"),
        ("clipping", with_sound(flat=marked(STEPS, 5, 6)), "1 short peak"),
        ("black", with_statistics(black=marked(FRAMES, 10, 13)), "longest 0.10s"),
        ("black", measured(), "nowhere"),
    ],
)
def test_what_was_measured_is_counted_in_words(name: str, found: Measured, says: str) -> None:
    assert judged(name, found).says == says


@pytest.mark.parametrize(
    ("golden", "says"), [(None, "no golden"), (Unusable("it is cut short"), "golden unusable")], ids=("none", "damaged")
)
def test_a_golden_that_is_damaged_is_not_none(golden: object, says: str) -> None:
    told = judged("plan", measured(goldens={("checks", 0): golden}), plan="p.txt")
    assert (told.says, len(told.findings)) == (says, 1)


def test_another_rate_is_told_in_seconds() -> None:
    """The plan's 300 frames are 240 of a file with 24 a second."""
    (found,) = judged("duration", with_picture(frames=250, rate=Fraction(24)), FILM.at(Fraction(24))).findings
    assert found.message == "10.42 s instead of 10.00 s, at 24 frames a second instead of 30"


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        (299, "299 frames instead of 300: 1 frame is missing, 0.033333s"),
        (302, "302 frames instead of 300: 2 frames are too many, 0.066667s"),
        (1, "1 frame instead of 300: 299 frames are missing, 9.966667s"),
    ],
)
def test_the_plan_s_rate_is_told_in_frames(frames: int, told: str) -> None:
    (found,) = judged("duration", with_picture(frames=frames)).findings
    assert found.message == told


_ALL_BARRED = _bars(300)
_SILENT = with_sound(peak=np.full((STEPS, 2), -200, np.float32))
_STILL = with_statistics(change=np.zeros(FRAMES, np.float32))
_BLACK = with_statistics(black=np.ones(FRAMES, bool))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("duration", header(picture=None)),
        ("duration", with_picture(uneven=7)),
        ("decoding", measured(errors=("a",))),
        ("clipping", with_sound(flat=marked(STEPS, 5, 50))),
        ("silence", _SILENT),
        ("black", _BLACK),
        ("frozen", _STILL),
        ("letterbox", _ALL_BARRED),
    ],
)
def test_the_cure_for_a_file_without_a_recipe_needs_none(name: str, found: Measured) -> None:
    (alone,) = judged(name, found, Film(name="film", rate=RATE)).findings
    planned = judged(name, found).findings[0]
    assert alone.hint != planned.hint
    assert not any(word in alone.hint for word in ("checks:", "build", "RECIPE", "fit:", "`"))
    assert "plan" not in alone.message


_LOWER = ShownTitle(
    at=("titles", 0),
    text="Hello",
    frames=(30, 90),
    position="lower-third",
    margins={"left": Fraction(5, 100), "bottom": Fraction(12, 100)},
)


@pytest.mark.parametrize(
    ("title", "box", "named"),
    [
        (
            _LOWER,
            Box(left=96, right=500, top=800, bottom=900),
            ("position: lower-third", "5 % from the left", "5% at most"),
        ),
        (_LOWER, Box(left=96, right=1900, top=800, bottom=900), ("position: lower-third", "`size` smaller")),
        (_LOWER, Box(left=200, right=1900, top=800, bottom=900), ("make its `size` smaller",)),
        (replace(_LOWER, margins={}), Box(left=96, right=1823, top=800, bottom=900), ("make its `size` smaller",)),
    ],
    ids=("position", "position and size", "size", "center"),
)
def test_a_title_s_position_is_the_cure_where_no_size_helps(title: ShownTitle, box: Box, named: Sequence[str]) -> None:
    film = replace(FILM, titles=(title,))
    (found,) = judged("safe_area", measured(letters={title.at: box}), film, safe_area=Fraction(1, 10)).findings
    assert all(part in found.hint for part in named)
    assert ("position" in found.hint) == ("position" in named[0])


def _levels_told(levels: Any) -> list[str]:
    return [f.message for f in _render_judged(_pictures(), levels).findings if f.code == "sound-level-differs"]


def test_a_level_that_differs_by_one_measure_is_told_as_one_number() -> None:
    assert _levels_told(_sounds() - 9) == ["the sound is 9.0 dB quieter"]


def test_levels_that_differ_by_different_measures_are_told_by_their_spans() -> None:
    levels = _sounds() - 9
    levels[:400] += 10
    told = _levels_told(levels)
    assert told[0] == "the sound's level differs, not everywhere by as much: from 9.0 dB quieter to 1.0 dB louder"
    assert len(told) == 2
    assert re.fullmatch(
        r"the sound is 9\.0 dB quieter from 0:0[34]\.\d\d to 0:10\.00, from clip 1 \(walk\) to clip 2", told[1]
    )


def test_what_is_late_throughout_is_of_no_clip() -> None:
    (found,) = _render_judged(np.roll(_pictures(), 1, axis=0), _sounds()).findings
    assert (found.message, found.at) == ("the picture is 1 frame late throughout", ())
