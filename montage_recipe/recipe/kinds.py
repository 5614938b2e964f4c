"""The kinds of value the recipe's keys hold, and their typed forms."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from montage_recipe.fields import Kind, choice
from montage_recipe.profiles import PRESETS
from montage_recipe.recipe.values import (
    DECIMAL,
    GAIN_TEXT,
    HEX_COLOR,
    ID_TEXT,
    LARGEST,
    RATE_TEXT,
    SHA256_TEXT,
    SIZE_TEXT,
    SMALLEST,
    SPACE,
    SPEED_TEXT,
    TIME_TEXT,
    URL_TEXT,
    matched,
    parse_anchor,
    parse_color,
    parse_duration,
    parse_gain,
    parse_point,
    parse_rate,
    parse_sha256,
    parse_size,
    parse_speed,
    parse_url,
    refuse_controls,
    searched,
    whole,
)
from montage_recipe.recipe.values import Anchor as Anchor
from montage_recipe.recipe.values import Color as Color
from montage_recipe.recipe.values import Gain as Gain
from montage_recipe.recipe.values import Size as Size

# --- time ----------------------------------------------------------------------------------------------------------


_TIME_SCHEMA = {"type": ["string", "number"], "pattern": whole(TIME_TEXT), "minimum": 0}

TIME = Kind(
    name="time",
    doc="a time: `2s`, `500ms`, `1:30.5`, `00:01:30.500` or `45f` (frames); a bare number is seconds",
    examples=("2s", "500ms", "1:30.5", "45f", 2.5),
    schema=_TIME_SCHEMA,
    parse=parse_point,
)
DURATION = Kind(
    name="duration",
    doc="a length of time above zero: `2s`, `500ms`, `1:30.5` or `45f` (frames); a bare number is seconds",
    examples=("2s", "500ms", "1:30.5", "45f", 2.5),
    schema=_TIME_SCHEMA,
    parse=parse_duration,
)
ANCHOR = Kind(
    name="anchor",
    doc="a point on the timeline: a time (`2s`), or counted from a clip or from the montage's end "
    "(`walk.start + 0.5s`, `walk.end - 1s`, `end - 3s`)",
    examples=("2s", "walk.start + 0.5s", "walk.end - 1s", "end"),
    schema={
        "type": ["string", "number"],
        "pattern": whole(rf"{TIME_TEXT}|(?:{ID_TEXT}\.)?(?:start|end)(?:{SPACE}[+-]{SPACE}(?:{TIME_TEXT}))?"),
        "minimum": 0,
    },
    parse=parse_anchor,
)

# --- sound ---------------------------------------------------------------------------------------------------------

GAIN = Kind(
    name="volume",
    doc="a volume with its unit: `-6dB` or `50%` (`0dB` and `100%` leave the sound as it is, `0%` mutes it)",
    examples=("-6dB", "50%", "100%"),
    schema={"type": "string", "pattern": searched(GAIN_TEXT)},
    parse=parse_gain,
)


def level(name: str, unit: str, minimum: int, maximum: int, what: str, example: int) -> Kind:
    """A number with or without its unit; the typed value is an exact Fraction."""
    pattern = re.compile(rf"(?P<number>[+-]?{DECIMAL}){SPACE}(?:{unit})?")

    def parse(value: Any) -> Fraction:
        text = repr(value) if isinstance(value, float) else str(value)
        level = Fraction(matched(pattern, text, f"{what}: write {example}{unit}")["number"])
        if not minimum <= level <= maximum:
            raise ValueError(f"{value} is outside of {minimum}{unit} to {maximum}{unit}")
        return level

    return Kind(
        name=name,
        doc=f"{what}, {minimum}{unit} to {maximum}{unit}; a bare number is {unit}",
        examples=(f"{example}{unit}", example),
        schema={"type": ["string", "number"], "pattern": searched(pattern)},
        parse=parse,
    )


# The limits are those of ffmpeg's loudnorm filter.
LOUDNESS_LUFS = level("integrated-loudness", "LUFS", -70, -5, "a loudness", -14)
LOUDNESS_DBTP = level("true-peak", "dBTP", -9, 0, "a true peak", -1)

# --- picture -------------------------------------------------------------------------------------------------------

SIZE = Kind(
    name="size",
    doc=f"width and height in pixels, `1920x1080`: even numbers from {SMALLEST} to {LARGEST}",
    examples=("1920x1080", "1080x1920", "1280x720"),
    schema={"type": "string", "pattern": searched(SIZE_TEXT)},
    parse=parse_size,
)

RATE = Kind(
    name="frame-rate",
    doc="frames a second, 1 to 120: `30`, `25`, `30000/1001`; `23.976`, `29.97` and `59.94` mean the exact NTSC rates",
    examples=(30, 25, 29.97, "30000/1001"),
    schema={
        "type": ["integer", "number", "string"],
        "pattern": searched(RATE_TEXT),
    },
    parse=parse_rate,
)


def percent(name: str, *, minimum: int, maximum: int, doc: str, examples: tuple[str, ...]) -> Kind:
    """A part of something, written `5%`; the typed value is a Fraction (1/20)."""
    pattern = re.compile(rf"({DECIMAL}){SPACE}%")

    def parse(value: Any) -> Fraction:
        part = Fraction(matched(pattern, value, f"a percentage: write {examples[0]}")[1])
        if not minimum <= part <= maximum:
            raise ValueError(f"{value} is outside of {minimum}% to {maximum}%")
        return part / 100

    schema = {"type": "string", "pattern": searched(pattern)}
    return Kind(name=name, doc=doc, examples=examples, schema=schema, parse=parse)


PERCENT = percent("percent", minimum=0, maximum=100, doc="a percentage: `5%`", examples=("5%", "50%", "100%"))
LINE_HEIGHT = percent(
    "line-height",
    minimum=1,
    maximum=50,
    doc="the height of a line of text, `1%` to `50%` of the canvas height",
    examples=("6%", "10%"),
)

SPEED = Kind(
    name="speed",
    doc="a speed from 0.1 to 100: `2` is twice as fast, `0.5` or `50%` is half as fast",
    examples=(0.5, 2, "50%"),
    schema={"type": ["number", "string"], "pattern": searched(SPEED_TEXT)},
    parse=parse_speed,
)

COLOR = Kind(
    name="color",
    doc='a colour: a name of CSS (`white`, `tomato`) or `"#ff8800"` (in quotes, for # begins a comment in YAML)',
    examples=("white", "tomato", "#ff8800"),
    schema={"type": "string", "pattern": whole(rf"{HEX_COLOR.pattern}|[A-Za-z]+")},
    parse=parse_color,
)

FIT = choice(
    "fit",
    "how the picture fills the canvas: `contain` (whole, with bars), `cover` (full, cropped), `fill` (stretched), "
    "`none` (its own size), `blur` (whole, over its own blurred self)",
    ("contain", "cover", "fill", "none", "blur"),
)
POSITION = choice(
    "position",
    "a place on the canvas: one of the nine, as in `top-left`, `center` or `bottom`, or `lower-third`",
    (
        "center",
        "lower-third",
        "top",
        "bottom",
        "left",
        "right",
        "top-left",
        "top-right",
        "bottom-left",
        "bottom-right",
    ),
)
TITLE_STYLE = choice("title-style", "`plain` (outline and shadow) or `boxed` (on a dark box)", ("plain", "boxed"))
PRESET = choice("preset", "a preset of x264, as in `medium`; slower makes smaller files", PRESETS)
COPY = choice(
    "copy",
    "`auto` copies pictures that need no change and already fit the output; `never` encodes all of them",
    ("auto", "never"),
)
FACTOR = Kind(
    name="factor",
    doc="a whole number of times: `2`, `3` or `4`",
    examples=(2, 4),
    schema={"type": "integer", "minimum": 2, "maximum": 4},
    parse=int,
)
ON_FAILURE = choice(
    "on-failure",
    "`fail` ends the build; `local` has this machine do it, on its CPU where it has no GPU; `lanczos` leaves it to ffmpeg's "
    "scaler, with a warning",
    ("fail", "local", "lanczos"),
)
CRF = Kind(
    name="crf",
    doc="a whole number from `0` (lossless) to `51` (worst), x264's constant rate factor; 18 to 23 are usual",
    examples=(18, 20, 23),
    schema={"type": "integer", "minimum": 0, "maximum": 51},
    parse=int,
)

# --- words, names, files -------------------------------------------------------------------------------------------

_RESERVED_IDS = ("start", "end")


def _id(value: Any) -> str:
    text = str(value)
    if text in _RESERVED_IDS:
        raise ValueError(f"{text!r} is no name for a clip: it means the {text} of the montage")
    return text


ID = Kind(
    name="id",
    doc="a name: a letter, then letters, digits, `-` and `_`",
    examples=("walk", "night-2"),
    schema={"type": "string", "pattern": whole(ID_TEXT)},
    parse=_id,
)


def _text(value: Any) -> str:
    if "\t" in str(value):
        raise ValueError(f"{str(value)!r} holds a tab, which no font can draw: write spaces")
    return refuse_controls(str(value), besides="\n")


TEXT = Kind(
    name="text",
    doc='a text; put quotes around a number (`"2026"`) and around a text with `: ` or ` #` in it',
    examples=("Three days in Lofoten",),
    schema={"type": "string", "minLength": 1},
    parse=_text,
)
LINE = Kind(
    name="line",
    doc="a text on one line; put quotes around a number and around a text with `: ` or ` #` in it",
    examples=("Three days in Lofoten",),
    schema={"type": "string", "minLength": 1},
    parse=lambda value: refuse_controls(str(value)),
)
BOOL = Kind(name="yes-or-no", doc="`true` or `false`", examples=(True, False), schema={"type": "boolean"}, parse=bool)
SCALAR = Kind(
    name="scalar",
    doc="a text, a number, `true` or `false`",
    examples=("Lofoten", 2026, True),
    schema={"type": ["string", "number", "boolean"]},
    parse=lambda value: _text(value) if isinstance(value, str) else value,
)

VERSION = Kind(
    name="version",
    doc="the version of the recipe language: `1`",
    examples=(1,),
    schema={"const": 1},
    parse=int,
)

_FILE_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 4096}


def _file(value: Any) -> str:
    text = str(value)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise ValueError(
            f"{text!r} is an address, not a file: save it beside the recipe, or give it a name with `url` under `media`"
        )
    return refuse_controls(text)


# Where a key is of this kind, the typed value is an absolute Path: the reader knows the folder it counts from.
FILE = Kind(
    name="file",
    doc="a file; a relative path counts from the folder of the recipe it is written in",
    examples=("footage/a.mp4", "brand/font.ttf"),
    schema=_FILE_SCHEMA,
    parse=_file,
)


def refuse_other_endings(text: str) -> str:
    """The name of an output, as it is. Raises ValueError for one that is no MP4."""
    if not text.lower().endswith(".mp4") or text.lower().endswith("/.mp4"):
        raise ValueError(f"{text!r} does not end in .mp4: every profile of this version writes MP4")
    return text


def _output_file(value: Any) -> str:
    return refuse_other_endings(_file(value))


OUTPUT_FILE = Kind(
    name="output-file",
    doc="a file name that ends in `.mp4`; a relative path counts from the recipe's folder",
    examples=("dist/trip.mp4",),
    schema=_FILE_SCHEMA,
    parse=_output_file,
)
SRC = Kind(
    name="source",
    doc="a name of `media:`, or a file",
    examples=("hike", "footage/b.mov"),
    schema=_FILE_SCHEMA,
    parse=_file,
)

URL = Kind(
    name="url",
    doc="an address of the web that begins with `https://`",
    examples=("https://media.example.org/walk.mp4",),
    schema={"type": "string", "pattern": searched(URL_TEXT), "maxLength": 2048},
    parse=parse_url,
)
SHA256 = Kind(
    name="sha256",
    doc="the SHA-256 of a file, 64 digits and letters, as `sha256sum FILE` says it",
    examples=("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    schema={"type": "string", "pattern": searched(SHA256_TEXT)},
    parse=parse_sha256,
)

ALL_KINDS: tuple[Kind, ...] = (
    TIME,
    DURATION,
    ANCHOR,
    GAIN,
    LOUDNESS_LUFS,
    LOUDNESS_DBTP,
    SIZE,
    RATE,
    PERCENT,
    LINE_HEIGHT,
    SPEED,
    COLOR,
    FIT,
    POSITION,
    TITLE_STYLE,
    PRESET,
    COPY,
    CRF,
    FACTOR,
    ON_FAILURE,
    ID,
    TEXT,
    LINE,
    BOOL,
    SCALAR,
    VERSION,
    FILE,
    OUTPUT_FILE,
    SRC,
    URL,
    SHA256,
)
