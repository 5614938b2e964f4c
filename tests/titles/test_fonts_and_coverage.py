"""Which font draws what, and what is said about text that none can draw."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.titles.coverage import Run, fonts_needed, missing_characters, split_runs
from montage_recipe.titles.fonts import FontFacts, builtin_facts, builtin_fonts, read_font
from montage_recipe.titles.lower import draws_above_bmp, text_matrix, title_fonts


def _font(family: str, characters: str) -> FontFacts:
    points = frozenset(map(ord, characters))
    return FontFacts(
        file=Path(f"{family}.ttf"), fingerprint=family, name=family, line_height=Fraction(1), characters=points
    )


LATIN, HEBREW, SIGNS = _font("Latin", "abc 12"), _font("Hebrew", "שלום "), _font("Signs", "♠♣ 12")
FONTS = (LATIN, HEBREW, SIGNS)


def test_the_built_in_font_is_noto_sans_regular() -> None:
    font = read_font(builtin_fonts()[0], by_family=True)
    assert font.name == "Noto Sans"
    assert read_font(builtin_fonts()[0]).name == "Noto Sans Regular"
    assert set(map(ord, "Añß Ωж")) <= font.characters
    assert font == builtin_facts()[0]


def test_no_two_built_in_fonts_share_a_name() -> None:
    families = [font.name for font in builtin_facts()]
    assert len(set(families)) == len(families)
    assert families[-1] == "Noto Emoji"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.ttf", b"not a font at all", "broken.ttf is not a font that can be read"),
        ("empty.otf", b"", "empty.otf is not a font that can be read"),
        ("lfs.ttf", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "a Git LFS pointer"),
        ("notes.txt", b"text", "notes.txt is not a font: .ttf, .otf, .ttc, .otc are"),
        ("gone.ttf", None, "gone.ttf cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_font_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_font(tmp_path / name)


@pytest.mark.parametrize("cut", [100, 1000, 20_000])
def test_a_font_cut_short_is_refused_or_read_but_never_a_crash(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.ttf"
    path.write_bytes(builtin_fonts()[0].read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"cut\.ttf"):
        read_font(path)


def test_runs_follow_the_fonts_and_spaces_stay_with_letters() -> None:
    assert split_runs("ab שלום שלום 12 ♠ c", FONTS) == (
        Run(0, "ab "),
        Run(1, "שלום שלום "),
        Run(0, "12 "),
        Run(2, "♠"),
        Run(0, " c"),
    )


def test_a_mark_is_drawn_with_the_letter_it_stands_on() -> None:
    marked = _font("Marked", "ab\N{COMBINING ACUTE ACCENT}")
    assert split_runs("ba\N{COMBINING ACUTE ACCENT}", (LATIN, marked)) == (
        Run(0, "b"),
        Run(1, "a\N{COMBINING ACUTE ACCENT}"),
    )


def test_only_the_fonts_that_are_used_are_needed() -> None:
    assert fonts_needed("abc", FONTS) == (LATIN,)
    assert fonts_needed("ab\nשלום", FONTS) == (LATIN, HEBREW)


def test_missing_characters_are_named_once_and_invisible_ones_are_not_missed() -> None:
    text = "a\u200d\ufe0f\n漢b漢\t"
    assert missing_characters(text, FONTS, above_bmp=True) == "漢\t"


def test_characters_above_the_bmp_are_missing_where_the_engine_cannot_draw_them() -> None:
    fonts = title_fonts("\N{CLAPPER BOARD}", None)
    assert missing_characters("\N{CLAPPER BOARD}", fonts, above_bmp=draws_above_bmp((9, 0))) == ""
    assert missing_characters("\N{CLAPPER BOARD}", fonts, above_bmp=draws_above_bmp((5, 1))) == "\N{CLAPPER BOARD}"


def test_an_engine_that_does_not_say_its_version_is_taken_for_a_new_one() -> None:
    assert draws_above_bmp((0, 0))
    assert text_matrix((0, 0)) == "bt709"


def test_fonttools_is_loaded_only_when_a_font_is_read() -> None:
    import subprocess

    script = "import montage_recipe.titles.lower, sys; print('fontTools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "False"
