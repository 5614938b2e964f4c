"""Titles as filters: what a segment's graph gets, and the files its job needs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from montage_recipe.effects.spec import FilterCall, call
from montage_recipe.titles.coverage import fonts_needed
from montage_recipe.titles.document import CLOCK_MS, PlacedTitle
from montage_recipe.titles.fonts import FontFacts, builtin_facts

DOCUMENT_NAME = "titles.ass"
FONTS_FOLDER = "fonts"
FONTCONFIG_NAME = "fonts.conf"

# The content of FONTCONFIG_NAME: without it libass also looks at the machine's fonts, and one of the same name may win.
# FONTCONFIG_FILE alone does not find it in the working directory, it is looked for in FONTCONFIG_PATH: both must be set.
NO_SYSTEM_FONTS = '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig></fontconfig>\n'


def title_filters(*, shift_frames: int, rate: Fraction) -> tuple[FilterCall, ...]:
    """Draws DOCUMENT_NAME, found with FONTS_FOLDER in the working directory, over a picture of constant `rate`.

    The picture's first frame meets the document's frame `shift_frames`. The frames come out as they came in, their
    pts counted from zero in a time base of one frame.
    """
    return (
        # Milliseconds first: in a time base of 1/120 s frames would fall together on the document's clock, and a
        # frame's own duration survives the way there and back.
        call("settb", expr="1/1000"),
        call("setpts", expr=f"(N+{shift_frames})*{CLOCK_MS}"),
        call("subtitles", filename=DOCUMENT_NAME, fontsdir=FONTS_FOLDER),
        call("settb", expr=f"{rate.denominator}/{rate.numerator}"),
        call("setpts", expr="N"),
    )


def text_matrix(engine_version: tuple[int, int]) -> str:
    """By which matrix the engine's subtitles filter turns RGB into YUV.

    Measured: 5.1 always takes BT.601, 7.0 and 9.0 take what the picture is tagged with.
    """
    return "bt601" if (0, 0) < engine_version < (7, 0) else "bt709"


def draws_above_bmp(engine_version: tuple[int, int]) -> bool:
    """Whether the engine's libass finds characters above U+FFFF, most emoji among them.

    Measured: the libass 0.17.1 of Debian's 5.1 looks only at a font's 16-bit table, 0.17.3 of 7.0 at the full one.
    """
    return not (0, 0) < engine_version < (7, 0)


def title_fonts(text: str, font: FontFacts | None) -> tuple[FontFacts, ...]:
    """The fonts that draw `text`: the author's font or the built-in one, then built-in ones for what it lacks."""
    first = () if font is None else (font,)
    return fonts_needed(text, (*first, *builtin_facts()))


def font_files(titles: Sequence[PlacedTitle]) -> tuple[tuple[str, FontFacts], ...]:
    """The fonts the job's folder must hold, each once, and under which names."""
    by_content = {font.fingerprint: font for title in titles for font in title.fonts}
    return tuple(
        (f"{FONTS_FOLDER}/{fingerprint[:16]}{font.file.suffix.lower()}", font)
        for fingerprint, font in sorted(by_content.items())
    )
