"""The ASS document, line by line."""

from __future__ import annotations

from fractions import Fraction

import pytest

from montage_recipe.recipe.kinds import Color, Size
from montage_recipe.titles.document import ass_document, drawn_color
from tests.titles.drawing import title

CANVAS = Size(1920, 1080)


def _lines(document: str, start: str) -> list[str]:
    return [line for line in document.splitlines() if line.startswith(start)]


def test_times_lie_half_a_frame_before_the_frames_they_mean() -> None:
    document = ass_document([title("x", frames=(1, 50)), title("y", frames=(100, 90_000))], CANVAS, matrix="bt709")
    times = [tuple(line.split(",")[1:3]) for line in _lines(document, "Dialogue")]
    assert times == [("0:00:00.02", "0:00:01.98"), ("0:00:03.98", "0:59:59.98")]


def test_size_and_margins_are_parts_of_the_canvas() -> None:
    shown = title("x", size=Fraction(1, 10), position="top-left", color=Color(1, 2, 255))
    document = ass_document([shown], CANVAS, matrix="bt709")
    style = _lines(document, "Style")[0].split(",")
    assert style[1:4] == ["Noto Sans", "108.000", "&H00FF0201"]
    assert style[18:22] == ["7", "96", "96", "54"]
    assert {"PlayResX: 1920", "PlayResY: 1080"} <= set(document.splitlines())


def test_each_title_has_a_layer_of_its_own() -> None:
    document = ass_document([title("x"), title("y")], CANVAS, matrix="bt709")
    assert [line.split(",")[0] for line in _lines(document, "Dialogue")] == ["Dialogue: 0", "Dialogue: 1"]


def test_a_text_stays_on_one_line_of_the_document() -> None:
    document = ass_document([title("one\r\ntwo\nDialogue: 0,0:00:00.00")], CANVAS, matrix="bt709")
    assert len(_lines(document, "Dialogue")) == 1
    assert "one\\Ntwo\\NDialogue" in document


@pytest.mark.parametrize("color", [Color(255, 255, 255), Color(0, 0, 0), Color(77, 77, 77)])
def test_greys_need_no_correction(color: Color) -> None:
    assert drawn_color(color, "bt601") == color


def test_a_colour_is_corrected_for_an_engine_that_converts_by_bt601() -> None:
    assert drawn_color(Color(60, 90, 200), "bt709") == Color(60, 90, 200)
    assert drawn_color(Color(60, 90, 200), "bt601") == Color(63, 86, 195)
