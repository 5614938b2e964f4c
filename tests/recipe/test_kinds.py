"""The kinds of value: what they take, and that schema and parser agree."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from montage_recipe.fields import Kind
from montage_recipe.recipe import kinds
from montage_recipe.recipe.kinds import ALL_KINDS, Anchor, Color, Gain, Size
from montage_recipe.timecode import Time


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (kinds.TIME, "1:30.5", Time(Fraction(181, 2))),
        (kinds.TIME, 0, Time()),
        (kinds.TIME, 0.1, Time(Fraction(1, 10))),
        (kinds.TIME, "45f", Time(frames=45)),
        (kinds.ANCHOR, "walk.start + 0.5s", Anchor("walk", "start", Time(Fraction(1, 2)))),
        (kinds.ANCHOR, "a-b_2.end-1s", Anchor("a-b_2", "end", Time(Fraction(1)), -1)),
        (kinds.ANCHOR, "end", Anchor(None, "end")),
        (kinds.ANCHOR, "end - 45f", Anchor(None, "end", Time(frames=45), -1)),
        (kinds.ANCHOR, "start + 2s", Anchor(offset=Time(Fraction(2)))),
        (kinds.ANCHOR, 2, Anchor(offset=Time(Fraction(2)))),
        (kinds.GAIN, "50%", Gain(0.5, "50%")),
        (kinds.GAIN, "0dB", Gain(1.0, "0dB")),
        (kinds.SIZE, "1920x1080", Size(1920, 1080)),
        (kinds.RATE, 30, Fraction(30)),
        (kinds.RATE, 29.97, Fraction(30000, 1001)),
        (kinds.RATE, "29.97002997", Fraction(30000, 1001)),
        (kinds.RATE, 23.98, Fraction(24000, 1001)),
        (kinds.RATE, 12.5, Fraction(25, 2)),
        (kinds.RATE, 23.976, Fraction(24000, 1001)),
        (kinds.RATE, "59.94", Fraction(60000, 1001)),
        (kinds.RATE, "30000/1001", Fraction(30000, 1001)),
        (kinds.RATE, 12.5, Fraction(25, 2)),
        (kinds.PERCENT, "5%", Fraction(1, 20)),
        (kinds.SPEED, "50%", Fraction(1, 2)),
        (kinds.SPEED, 0.1, Fraction(1, 10)),
        (kinds.COLOR, "Tomato", Color(255, 99, 71)),
        (kinds.COLOR, "#F80", Color(255, 136, 0)),
        (kinds.LOUDNESS_LUFS, "-14 LUFS", Fraction(-14)),
        (kinds.LOUDNESS_DBTP, -1.5, Fraction(-3, 2)),
    ],
)
def test_a_value_becomes_its_typed_form(kind: Kind, written: Any, value: object) -> None:
    assert satisfies(kind, written)
    assert kind.parse(written) == value


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (kinds.DURATION, "0s"),
        (kinds.TIME, "101h"),
        (kinds.TIME, "1:60"),
        (kinds.SIZE, "1921x1080"),
        (kinds.SIZE, "8x8"),
        (kinds.SIZE, "9000x9000"),
        (kinds.RATE, 0),
        (kinds.RATE, 121),
        (kinds.RATE, "30/0"),
        (kinds.RATE, 24.123456789),
        (kinds.TEXT, "a\tb"),
        (kinds.GAIN, "25dB"),
        (kinds.SPEED, 0.05),
        (kinds.SPEED, "20000%"),
        (kinds.COLOR, "blakc"),
        (kinds.ANCHOR, "start - 1s"),
        (kinds.ID, "end"),
        (kinds.PERCENT, "101%"),
        (kinds.LOUDNESS_LUFS, -71),
        (kinds.LOUDNESS_DBTP, "1dBTP"),
        (kinds.TEXT, "a\0b"),
        (kinds.TEXT, "a\x9bb"),
        (kinds.TEXT, "half a letter: \ud83d"),
        (kinds.LINE, "two\nlines"),
        (kinds.SCALAR, "a\x1b[2J"),
        (kinds.FILE, "a\x85.mp4"),
        (kinds.FILE, "https://example.org/a.mp4"),
        (kinds.OUTPUT_FILE, "a.mov"),
    ],
)
def test_what_a_schema_cannot_refuse_the_parser_does_in_a_sentence(kind: Kind, written: Any) -> None:
    assert satisfies(kind, written)
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        kind.parse(written)


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.name)
def test_every_example_of_a_kind_is_of_that_kind(kind: Kind) -> None:
    for example in kind.examples:
        assert satisfies(kind, example)
        kind.parse(example)


@pytest.mark.parametrize("kind", [k for k in ALL_KINDS if "pattern" in k.schema], ids=lambda kind: kind.name)
def test_a_pattern_takes_the_whole_text(kind: Kind) -> None:
    example = next(e for e in kind.examples if isinstance(e, str))
    for text in (f"{example}\n", f"x {example}", f"{example} x", f"\n{example}"):
        assert not satisfies(kind, text), text


@pytest.mark.parametrize("kind", [k for k in ALL_KINDS if "pattern" in k.schema], ids=lambda kind: kind.name)
def test_a_pattern_is_one_that_editors_understand_too(kind: Kind) -> None:
    assert not re.search(r"\?P|\(\?<[=!]|\\[dAZz]", kind.schema["pattern"])


@given(st.text(max_size=12) | st.from_regex(r"[0-9.:]{0,8}[a-z]{0,2}", fullmatch=True))
def test_any_text_is_a_time_or_a_sentence(text: str) -> None:
    try:
        time = kinds.TIME.parse(text)
    except ValueError as error:
        assert str(error)
    else:
        assert time.seconds >= 0 and time.frames >= 0


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59_999))
def test_a_clock_time_is_the_sum_of_its_parts(hours: int, minutes: int, milliseconds: int) -> None:
    text = f"{hours}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    assert satisfies(kinds.TIME, text)
    assert kinds.TIME.parse(text).seconds == 3600 * hours + 60 * minutes + Fraction(milliseconds, 1000)


@given(st.floats(-120, 24).map(lambda level: round(level, 3)))
def test_decibels_and_factor_are_one_volume(level: float) -> None:
    text = f"{level:.3f}dB"
    assert satisfies(kinds.GAIN, text)
    assert math.isclose(20 * math.log10(kinds.GAIN.parse(text).factor), level, abs_tol=1e-9)


_IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)
_TIMES = st.builds(Time, st.fractions(0, 1000, max_denominator=1000).map(lambda f: Fraction(round(f * 1000), 1000)))
_FRAMES = st.builds(Time, frames=st.integers(1, 10_000))


@given(
    st.builds(Anchor, offset=_TIMES | _FRAMES)
    | st.builds(Anchor, _IDS, st.sampled_from(["start", "end"]), _TIMES | _FRAMES, st.sampled_from([1, -1]))
    | st.builds(Anchor, st.none(), st.just("end"), _TIMES | _FRAMES, st.sampled_from([1, -1]))
)
def test_an_anchor_reads_back_as_it_is_written(anchor: Anchor) -> None:
    text = str(anchor)
    assert satisfies(kinds.ANCHOR, text)
    read = kinds.ANCHOR.parse(text)
    assert read == anchor or anchor.offset == Time()  # nothing has no sign


@given(st.text(max_size=20))
def test_any_text_is_an_anchor_or_a_sentence(text: str) -> None:
    try:
        kinds.ANCHOR.parse(text)
    except ValueError as error:
        assert str(error)


def satisfies(kind: Kind, value: object) -> bool:
    """Whether a value fulfils the schema of a kind."""
    import jsonschema

    return bool(jsonschema.Draft7Validator(dict(kind.schema)).is_valid(value))
