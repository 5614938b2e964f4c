"""Which font draws which character: decided here, so that no machine's own fonts take part."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from montage_recipe.titles.fonts import FontFacts

_LAST_OF_BMP = 0xFFFF
_VARIATION_SELECTORS = frozenset(chain(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)))


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters drawn with one font; `font` is an index into the title's fonts."""

    font: int
    text: str


def missing_characters(text: str, fonts: Sequence[FontFacts], *, above_bmp: bool) -> str:
    """The characters of `text`, each once, that none of `fonts` can draw.

    `above_bmp`: whether the engine draws characters above U+FFFF at all, see `titles.lower.draws_above_bmp`.
    """

    def drawn(character: str) -> bool:
        return (above_bmp or ord(character) <= _LAST_OF_BMP) and any(_has(font, character) for font in fonts)

    characters = dict.fromkeys(text.replace("\r\n", "\n").replace("\n", ""))
    return "".join(c for c in characters if not _invisible(c) and not drawn(c))


def fonts_needed(text: str, fonts: Sequence[FontFacts]) -> tuple[FontFacts, ...]:
    """The first of `fonts`, and those after it that draw some character of `text`."""
    used = {run.font for line in text.splitlines() for run in split_runs(line, fonts)} | {0}
    return tuple(font for number, font in enumerate(fonts) if number in used)


def split_runs(line: str, fonts: Sequence[FontFacts]) -> tuple[Run, ...]:
    """A line of text cut where the font changes: earlier fonts first, spaces and marks with what stands before."""
    runs: list[Run] = []
    for cluster in _clusters(line):
        current = runs[-1].font if runs else 0
        # What stands between words stays with letters; a symbol font's spaces and digits are for symbols only.
        sticky = current if runs and _is_letter(runs[-1].text[0]) else 0
        number = _font_for(cluster, sticky, fonts)
        if runs and number == current:
            runs[-1] = Run(current, runs[-1].text + cluster)
        else:
            runs.append(Run(number, cluster))
    return tuple(runs)


def _font_for(cluster: str, sticky: int, fonts: Sequence[FontFacts]) -> int:
    drawn = [character for character in cluster if not _invisible(character)]
    if not _is_letter(cluster[0]) and all(_has(fonts[sticky], c) for c in drawn):
        return sticky
    complete = (n for n, font in enumerate(fonts) if all(_has(font, c) for c in drawn))
    partly = (n for n, font in enumerate(fonts) if _has(font, cluster[0]))
    return next(chain(complete, partly), 0)


def _clusters(line: str) -> Iterator[str]:
    """A character with the marks and joiners after it, which only its own font can place."""
    cluster = ""
    for character in line:
        if cluster and not (_invisible(character) or unicodedata.category(character).startswith("M")):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L")


def _has(font: FontFacts, character: str) -> bool:
    return ord(character) in font.characters


def _invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or ord(character) in _VARIATION_SELECTORS
