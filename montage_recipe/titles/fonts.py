"""Font files: what a file holds, and the fonts that are always there."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from montage_recipe.media.source import is_lfs_pointer
from montage_recipe.titles.font_bounds import refuse_unbounded
from montage_recipe.untrusted import LARGEST_FONT_BYTES, Confinement, open_to_read

FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")

# An ASS style line is split at commas, an override ends at a brace or backslash, and "@" asks for upright CJK glyphs. The line
# itself ends at some control characters.
_UNUSABLE_IN_NAME = frozenset(",{}\\@") | frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
_LINE_HEIGHTS = (Fraction(1, 10), Fraction(20))  # of fonts for texts, in em: 0.8 to 4
# fontTools lets whatever a damaged table provokes through.
_DAMAGE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)
_FAMILY, _FULL_NAME, _POSTSCRIPT_NAME = 1, 4, 6  # name ids by which libass finds a font

# Packages of open-licensed fonts (SIL OFL): all scripts of Noto Sans but CJK, and, where it is installed, CJK.
_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_BUILTIN = "NotoSans[wght].ttf"
_LAST = ("NotoSansSymbols[wght].ttf", "NotoEmoji[wght].ttf")  # they hold letters and digits too


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFacts:
    file: Path
    fingerprint: str  # sha256 of the file's content
    name: str  # what libass finds it by
    line_height: Fraction  # in em: what ASS calls the font's size
    characters: frozenset[int]  # code points it has a glyph for


def read_font(path: Path, *, by_family: bool = False, within: Confinement | None = None) -> FontFacts:
    """What the font file holds; of a collection, its first font.

    It is called by its full name, because the regular and the bold font of a family have the family's name in common;
    `by_family` for one that is the only one of its family. `within` is the folder that must hold it.

    Raises ValueError, with a sentence for the author, for a file that is missing or is no usable font.
    """
    from fontTools.ttLib import TTFont, TTLibError

    if path.suffix.lower() not in FONT_SUFFIXES:
        raise ValueError(f"{path.name} is not a font: {', '.join(FONT_SUFFIXES)} are")
    try:
        content = _content(path, within)
        refuse_unbounded(content)
        # From memory: fontTools leaves a file open that it cannot read.
        with TTFont(BytesIO(content), lazy=True, fontNumber=0) as font:
            characters = frozenset(font.getBestCmap() or ())
            name, line_height = _name(font, by_family=by_family), _line_height(font)
    except OSError as fault:
        raise ValueError(f"{path.name} cannot be read: {fault.strerror or fault}") from fault
    except (TTLibError, *_DAMAGE) as fault:
        raise ValueError(f"{path.name} is not a font that can be read: {fault}") from fault
    if not name or not characters:
        raise ValueError(f"{path.name} has no {'characters' if name else 'name that titles can call it by'}")
    fingerprint = hashlib.sha256(content).hexdigest()
    return FontFacts(file=path, fingerprint=fingerprint, name=name, line_height=line_height, characters=characters)


def _content(path: Path, within: Confinement | None) -> bytes:
    with os.fdopen(open_to_read(path, within), "rb") as stream:
        content = stream.read(LARGEST_FONT_BYTES + 1 if within else -1)
    if is_lfs_pointer(content):
        raise ValueError("it is a Git LFS pointer, which `git lfs pull` replaces by the font")
    if within and len(content) > LARGEST_FONT_BYTES:
        raise ValueError(f"it is larger than {LARGEST_FONT_BYTES >> 20} MiB")
    return content


def _name(font: Any, *, by_family: bool) -> str:
    ids = (_FAMILY, _FULL_NAME) if by_family else (_FULL_NAME, _POSTSCRIPT_NAME, _FAMILY)
    names = (font["name"].getDebugName(name_id) or "" for name_id in ids)
    return next((name for name in names if name and not _UNUSABLE_IN_NAME & set(name)), "")


def _line_height(font: Any) -> Fraction:
    # libass follows Windows here: winAscent and winDescent where there are any, else the horizontal header.
    os2, hhea = font.get("OS/2"), font["hhea"]
    windows = os2.usWinAscent + os2.usWinDescent if os2 else 0
    height = Fraction(windows or hhea.ascent - hhea.descent, font["head"].unitsPerEm)
    if not _LINE_HEIGHTS[0] <= height <= _LINE_HEIGHTS[1]:
        raise ValueError(f"its lines would be {float(height):.3g} times as high as its letters")
    return height


@cache
def builtin_fonts() -> tuple[Path, ...]:
    """Every font installed with montage-recipe, in the order in which they are asked for a character. The first is Noto
    Sans: Latin, Greek, Cyrillic and more."""
    found = [path for package in _PACKAGES for path in _fonts_of(package) if "Italic" not in path.name]
    first = [path for path in found if path.name == _BUILTIN]
    last = [path for name in _LAST for path in found if path.name == name]
    return (*first, *(path for path in found if path.name not in (_BUILTIN, *_LAST)), *last)


def _fonts_of(package: str) -> list[Path]:
    try:
        folder = Path(str(files(package)))
    except ModuleNotFoundError:
        return []  # only the first package is required
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in FONT_SUFFIXES)


@cache
def builtin_facts() -> tuple[FontFacts, ...]:
    """The facts of `builtin_fonts`, read once; about 0.1 s."""
    return tuple(read_font(path, by_family=True) for path in builtin_fonts())
