"""Fonts that are damaged, or made to keep whoever reads them busy, are told as what they are."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.DefaultTable import DefaultTable

from montage_recipe.titles.fonts import builtin_fonts, read_font


def changed(place: Path, change: Callable[[Any], None]) -> Path:
    """The built-in font, but for one thing."""
    file = place / "changed.ttf"
    with TTFont(builtin_fonts()[0]) as font:
        for table in ("fvar", "gvar", "STAT", "GSUB", "GPOS", "GDEF", "HVAR", "MVAR", "avar"):
            if table in font:
                del font[table]
        change(font)
        font.save(file)
    return file


def raw(name: str, data: bytes) -> Callable[[Any], None]:
    def change(font: Any) -> None:
        table = DefaultTable(name)
        table.data = data
        font[name] = table

    return change


def characters(form: bytes, *records: tuple[int, int]) -> bytes:
    """A table of one list, named by each platform and encoding."""
    begin = 4 + 8 * len(records)
    return struct.pack(">HH", 0, len(records)) + b"".join(struct.pack(">HHL", *each, begin) for each in records) + form


def ranges(twice: int, ends: list[int], starts: list[int]) -> bytes:
    """A list of format 4."""
    count = len(ends)
    body = struct.pack(">HHHH", twice, 0, 0, 0) + struct.pack(f">{count}HH", *ends, 0)
    body += struct.pack(f">{count}H{count}H{count}H", *starts, *[1] * count, *[0] * count) + bytes(2)
    return struct.pack(">HHH", 4, 6 + len(body), 0) + body


def selectors() -> bytes:
    """A list of format 14 whose one table has 200,000 ranges of 256 characters."""
    table = struct.pack(">L", 200_000) + b"\0\0\0\xff" * 200_000
    return struct.pack(">HLL", 14, 21 + len(table), 1) + b"\x00\xfe\x00" + struct.pack(">LL", 21, 0) + table


def sub_headers() -> bytes:
    """A list of format 2 with 256 tables of 65,535 characters."""
    keys = struct.pack(">256H", *(8 * number for number in range(256)))
    body = keys + struct.pack(">HHhH", 0, 0xFFFF, 0, 2) * 256 + bytes(4)
    return struct.pack(">HHH", 2, 6 + len(body), 0) + body


BOMBS = {
    # fontTools counts 100 of these ranges, of 64,000 characters each; a byte further on there are none.
    "an odd number of bytes": characters(ranges(201, [0xFE00] * 100, [0x00FF] * 100), (3, 1)),
    "variations as characters": characters(selectors(), (3, 10)),
    "variations, named twice": characters(selectors(), (0, 5), (0, 5)),
    "bytes in pairs": characters(sub_headers(), (3, 1)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_list_of_characters_that_unfolds_without_end_is_refused(name: str, tmp_path: Path) -> None:
    file = changed(tmp_path, raw("cmap", BOMBS[name]))
    begun = time.monotonic()
    with pytest.raises(ValueError, match="list of characters"):
        read_font(file)
    assert time.monotonic() - begun < 2


def test_names_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    count = 5000
    records = struct.pack(">HHHHHH", 3, 1, 0x409, 4, 60_000, 0) * count
    table = struct.pack(">HHH", 0, count, 6 + len(records)) + records + b"\0A" * 30_000
    with pytest.raises(ValueError, match="names are too long"):
        read_font(changed(tmp_path, raw("name", table)))


def sizes(em: int, ascent: int, descent: int) -> Callable[[Any], None]:
    def change(font: Any) -> None:
        font["head"].unitsPerEm = em
        font["hhea"].ascent, font["hhea"].descent = ascent, descent
        font["OS/2"].usWinAscent = font["OS/2"].usWinDescent = 0

    return change


@pytest.mark.parametrize(
    ("em", "ascent", "descent"),
    [(0, 800, -200), (1000, 0, 0), (1000, -800, 200), (16, 32_000, -32_000), (16_384, 1, 0)],
)
def test_a_font_without_a_size_is_refused(em: int, ascent: int, descent: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a font that can be read"):
        read_font(changed(tmp_path, sizes(em, ascent, descent)))


def test_a_font_of_usual_sizes_is_read(tmp_path: Path) -> None:
    assert read_font(changed(tmp_path, sizes(1000, 800, -200))).line_height == 1


@pytest.mark.parametrize("sign", ["\r", "\0", "\n", "\x0b", "\x1b", "\x85"])
def test_a_name_with_a_control_character_is_none(sign: str, tmp_path: Path) -> None:
    def rename(font: Any) -> None:
        for number in (1, 4, 6):
            font["name"].setName(f"Noto{sign}Sans", number, 3, 1, 0x409)
            font["name"].removeNames(nameID=number, platformID=1)

    with pytest.raises(ValueError, match="has no name that titles can call it by"):
        read_font(changed(tmp_path, rename))


def test_a_table_that_is_cut_short_is_no_bug(tmp_path: Path) -> None:
    for name in ("head", "hhea", "OS/2", "name", "cmap"):
        for size in (0, 1, 3, 8, 20):
            with TTFont(builtin_fonts()[0]) as font:
                data = font.reader[name][:size]
            with pytest.raises(ValueError, match=r"changed\.ttf"):
                read_font(changed(tmp_path, raw(name, data)))
