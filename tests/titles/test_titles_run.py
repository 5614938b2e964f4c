"""What titles look like, measured in the frames a real ffmpeg draws."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from montage_recipe.engine import Engine
from montage_recipe.recipe.kinds import Color
from montage_recipe.titles.document import ALIGNMENTS
from montage_recipe.titles.fonts import builtin_facts, builtin_fonts, read_font
from montage_recipe.titles.lower import draws_above_bmp
from tests.engines import ENGINE_IDS, ENGINES
from tests.titles.drawing import draw, ink, title

SIZE = (320, 180)

pytestmark = [pytest.mark.ffmpeg, pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)]


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "30", "50", "60000/1001", "60", "120"])
def test_a_title_is_seen_on_exactly_its_frames(engine: Engine, rate: str, tmp_path: Path) -> None:
    frames = draw(
        engine, tmp_path, [title("x", frames=(1007, 1012))], rate=Fraction(rate), frames=20, shift_frames=1000
    )
    assert [number for number, frame in enumerate(frames) if ink(frame)] == [7, 8, 9, 10, 11]


def test_a_segment_that_begins_in_a_title_draws_the_same_frames(engine: Engine, tmp_path: Path) -> None:
    shown = title("fading", frames=(2, 14), fade_frames=5)
    whole = draw(engine, tmp_path, [shown], frames=16)
    rest = draw(engine, tmp_path, [shown], frames=9, shift_frames=7)
    assert rest == whole[7:]


def test_a_fade_rises_and_falls_evenly(engine: Engine, tmp_path: Path) -> None:
    frames = draw(engine, tmp_path, [title("M", frames=(0, 20), fade_frames=8)], frames=20)
    brightness = [max(frame[: SIZE[0] * SIZE[1]]) for frame in frames]
    assert all(before < after for before, after in pairwise(brightness[:8]))
    assert all(before > after for before, after in pairwise(brightness[12:]))
    assert len(set(brightness[8:12])) == 1


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("{\\b1}", ["{", "\\", "b", "1", "}"]),
        ("a\\Nb", ["a", "\\", "N", "b"]),
        ("a\\hb", ["a", "\\", "h", "b"]),
        ("\\{x\\}", ["\\", "{", "x", "\\", "}"]),
        ("':%,;[]", ["'", ":", "%", ",", ";", "[", "]"]),
        ("end\\", ["e", "n", "d", "\\"]),
    ],
)
def test_what_ass_would_act_on_is_drawn_as_it_is_written(
    engine: Engine, text: str, same_as: list[str], tmp_path: Path
) -> None:
    # Each character alone has a width; the text must be about as wide as all of them together, on one line.
    def extent(drawn: str) -> tuple[int, int]:
        box = ink(draw(engine, tmp_path, [title(f"|{drawn}|")])[0])
        assert box
        return box[2] - box[0], box[3] - box[1]

    frame_only = extent("")[0]
    widths = [extent(character)[0] - frame_only for character in same_as]
    width, height = extent(text)
    assert abs(width - frame_only - sum(widths)) <= 2 + len(widths)
    assert height == extent("|")[1]


def test_a_backslash_before_n_looks_like_two_letters_not_like_a_new_line(engine: Engine, tmp_path: Path) -> None:
    one, two = (ink(draw(engine, tmp_path, [title(text)])[0]) for text in ("a\\Nb", "a\nb"))
    assert one and two
    assert two[3] - two[1] > 1.5 * (one[3] - one[1])


def test_spaces_at_both_ends_keep_their_room(engine: Engine, tmp_path: Path) -> None:
    bare, led, followed = (
        ink(draw(engine, tmp_path, [title(text, position=position)])[0])
        for text, position in (("x", "left"), ("  x", "left"), ("x  ", "right"))
    )
    right = ink(draw(engine, tmp_path, [title("x", position="right")])[0])
    assert bare and led and followed and right
    assert led[0] > bare[0] + 8
    assert followed[2] < right[2] - 8


def test_an_empty_line_is_as_high_as_a_full_one(engine: Engine, tmp_path: Path) -> None:
    size = Fraction(1, 8)
    full, empty = (ink(draw(engine, tmp_path, [title(text, size=size)])[0]) for text in ("x\nx\nx", "x\n\nx"))
    assert full and empty
    assert full[1::2] == empty[1::2]


@pytest.mark.parametrize("position", ALIGNMENTS)
@pytest.mark.parametrize("style", ["plain", "boxed"])
def test_every_place_keeps_inside_the_safe_area(engine: Engine, position: str, style: str, tmp_path: Path) -> None:
    shown = title("Àg", position=position, style=style, size=Fraction(1, 8))
    box = ink(draw(engine, tmp_path, [shown])[0])
    assert box
    left, top, right, bottom = box
    assert left >= 14 and right <= SIZE[0] - 14 and top >= 7 and bottom <= SIZE[1] - 7
    middle, level = (left + right) / 2 / SIZE[0], (top + bottom) / 2 / SIZE[1]
    sides = {0: middle > 0.7, 1: middle < 0.3, 2: 0.45 < middle < 0.55}
    assert sides[ALIGNMENTS[position] % 3]
    if position == "lower-third":
        assert 0.6 < level < 0.85
    else:
        assert (level > 0.7, 0.4 < level < 0.6, level < 0.3)[(ALIGNMENTS[position] - 1) // 3]


def test_long_text_is_broken_inside_the_safe_area(engine: Engine, tmp_path: Path) -> None:
    box = ink(draw(engine, tmp_path, [title("many words that need more than one line", size=Fraction(1, 8))])[0])
    assert box
    assert box[0] >= 14 and box[2] <= SIZE[0] - 14
    assert box[3] - box[1] > 180 / 8, "it is on one line"


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        (Color(255, 255, 255), (235, 128, 128)),
        (Color(0, 0, 0), (16, 128, 128)),
        (Color(128, 128, 128), (126, 128, 128)),
        (Color(60, 90, 200), (95, 179, 110)),
    ],
)
def test_colours_are_those_of_a_bt709_canvas(
    engine: Engine, color: Color, expected: tuple[int, int, int], tmp_path: Path
) -> None:
    # The letter is high enough for its stem to cover whole chroma samples.
    frame = draw(engine, tmp_path, [title("I", color=color, size=Fraction(9, 10))], background="gray")[0]
    column, row = SIZE[0] // 2, SIZE[1] // 2
    luma = SIZE[0] * SIZE[1]
    at = luma + row // 2 * SIZE[0] // 2 + column // 2
    seen = frame[row * SIZE[0] + column], frame[at], frame[at + luma // 4]
    assert all(abs(value - wanted) <= 2 for value, wanted in zip(seen, expected, strict=True)), seen


@pytest.mark.parametrize(
    "text", ["Grüße", "Привет", "Ελλάδα", "שלום", "مرحبا", "नमस्ते", "สวัสดี", "ქართული", "Հայերեն", "தமிழ்"]
)
def test_every_script_is_drawn_by_the_fonts_that_are_installed(engine: Engine, text: str, tmp_path: Path) -> None:
    drawn = draw(engine, tmp_path, [title(text)])[0]
    boxes = draw(engine, tmp_path, [title(text, fonts=title("\N{ETHIOPIC SYLLABLE HA}").fonts[1:])])[0]
    assert ink(drawn)
    assert drawn != boxes, "what was drawn are the empty boxes of a font without these letters"


def test_right_to_left_words_stand_in_their_order_around_other_fonts(engine: Engine, tmp_path: Path) -> None:
    # The first Hebrew word is twice as wide as the last: in a right-to-left line it stands on the right.
    wide, narrow = "ששששששש", "יי"
    line = ink(draw(engine, tmp_path, [title(f"{wide} A {narrow}", size=Fraction(1, 6))])[0])
    frame = draw(engine, tmp_path, [title(f"{wide} A {narrow}", size=Fraction(1, 6))])[0]
    assert line
    left, top, right, bottom = line
    columns = [any(abs(frame[y * SIZE[0] + x] - frame[0]) > 8 for y in range(top, bottom)) for x in range(left, right)]
    middle = len(columns) // 2
    assert sum(columns[middle:]) > sum(columns[:middle])


def test_a_character_above_the_bmp_is_drawn_where_the_engine_can(engine: Engine, tmp_path: Path) -> None:
    film, box = ("\N{CLAPPER BOARD}", "\N{CROCODILE}")
    fonts = title(film).fonts
    same = draw(engine, tmp_path, [title(film, fonts=fonts)]) == draw(engine, tmp_path, [title(box, fonts=fonts)])
    assert same != draws_above_bmp(engine.version)


def test_two_titles_at_one_place_do_not_push_each_other(engine: Engine, tmp_path: Path) -> None:
    alone = draw(engine, tmp_path, [title("one", position="bottom")])[0]
    both = draw(engine, tmp_path, [title("one", position="bottom"), title("one", position="bottom")])[0]
    one, two = ink(alone), ink(both)
    assert one and two
    assert all(abs(a - b) <= 2 for a, b in zip(one, two, strict=True))


def test_the_font_named_by_the_author_is_the_one_that_draws(engine: Engine, tmp_path: Path) -> None:
    other = next(font for font in builtin_facts() if "Georgian" in font.name)
    text = "ა"
    by_choice = draw(engine, tmp_path, [title(text, fonts=(read_font(other.file),))])[0]
    assert read_font(builtin_fonts()[0], by_family=True).name == "Noto Sans"
    assert ink(by_choice)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A regular and a bold font which, as is usual, share the name of their family."""
    folder = tmp_path_factory.mktemp("family")
    files = []
    for style, weight in (("Regular", 400), ("Bold", 700)):
        font = TTFont(builtin_fonts()[0])
        letters = Subsetter()
        letters.populate(text="Hiking")
        letters.subset(font)
        font = instantiateVariableFont(font, {"wght": weight}, inplace=False)
        for name_id, text in ((1, "Trail"), (2, style), (4, f"Trail {style}"), (6, f"Trail-{style}")):
            font["name"].setName(text, name_id, 3, 1, 0x409)
        font["OS/2"].usWeightClass = weight
        files.append(folder / f"Trail-{style}.ttf")
        font.save(files[-1])
    return files[0], files[1]


def test_two_fonts_of_one_family_each_draw_their_own_title(
    engine: Engine, family: tuple[Path, Path], tmp_path: Path
) -> None:
    regular, bold = (
        title("Hiking", fonts=(read_font(file),), position=place)
        for file, place in zip(family, ("top", "bottom"), strict=True)
    )
    default = title("Hiking", position="center")
    alone = [draw(engine, tmp_path / str(number), [each])[0] for number, each in enumerate((regular, bold, default))]
    together = draw(engine, tmp_path / "all", [regular, bold, default])[0]
    assert len({ink(frame) for frame in alone}) == 3
    for frame in alone:
        box = ink(frame)
        assert box
        rows = [slice(y * SIZE[0] + box[0], y * SIZE[0] + box[2]) for y in range(box[1], box[3])]
        assert [together[row] for row in rows] == [frame[row] for row in rows]
    heavy, light = (sum(value > 200 for value in alone[n][: SIZE[0] * SIZE[1]]) for n in (1, 0))
    assert heavy > 1.2 * light
