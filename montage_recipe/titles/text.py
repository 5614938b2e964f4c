"""A title's text in ASS's own writing, so that it is drawn exactly as it was written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from montage_recipe.titles.coverage import split_runs
from montage_recipe.titles.fonts import FontFacts

WORD_JOINER = "\u2060"
LEFT_TO_RIGHT, RIGHT_TO_LEFT = "\u200e", "\u200f"
HARD_SPACE = "\\h"


def ass_text(text: str, fonts: Sequence[FontFacts], font_size: Fraction) -> str:
    """`text` with everything defused that ASS would act on; other fonts than the first are named where they begin."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\\N".join(_ass_line(line, fonts, font_size) for line in lines)


def _ass_line(line: str, fonts: Sequence[FontFacts], font_size: Fraction) -> str:
    if not line.strip(" "):
        return HARD_SPACE * max(1, len(line))  # libass draws an empty line at half its height
    runs = split_runs(line, fonts)
    # libass orders right-to-left text for each font run by itself; the mark tells every run the line's direction.
    mark = _direction(line) if len(runs) > 1 else ""
    written, current = "", 0
    for run in runs:
        if run.font != current:
            written += _font_override(fonts, run.font, font_size)
            current = run.font
        written += mark + _escape(run.text)
    if current != 0:
        written += _font_override(fonts, 0, font_size)
    return _keep_edge_spaces(written, line)


def _escape(text: str) -> str:
    """Braces open overrides, a backslash may begin a code; a word joiner, not drawn, parts it from what follows.

    >>> _escape("{a}") + " " + _escape(chr(92) + "N").replace(WORD_JOINER, "|")
    '\\\\{a\\\\} \\\\|N'
    """
    return text.replace("\\", "\\" + WORD_JOINER).replace("{", "\\{").replace("}", "\\}")


def _keep_edge_spaces(written: str, line: str) -> str:
    # libass trims spaces at both ends of a line, but not its hard spaces.
    leading, trailing = len(line) - len(line.lstrip(" ")), len(line) - len(line.rstrip(" "))
    for _ in range(leading):
        written = written.replace(" ", HARD_SPACE, 1)
    for _ in range(trailing):
        before, _, after = written.rpartition(" ")
        written = before + HARD_SPACE + after
    return written


def _font_override(fonts: Sequence[FontFacts], number: int, font_size: Fraction) -> str:
    # ASS sizes count the whole line; fonts differ in it, so the letters are made equally big by their em.
    size = font_size * fonts[number].line_height / fonts[0].line_height
    return f"{{\\fn{fonts[number].name}\\fs{float(size):.3f}}}"


def _direction(line: str) -> str:
    strong = (unicodedata.bidirectional(character) for character in line)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return LEFT_TO_RIGHT if first == "L" else RIGHT_TO_LEFT
