"""The typed values of the recipe's keys, and the functions that read them from what the author wrote."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from montage_recipe.recipe.colors import CSS_COLORS
from montage_recipe.timecode import Time, parse_time


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


_NO_TIME = Time()


@dataclass(frozen=True, slots=True)
class Anchor:
    """A point on the timeline: an offset from zero, from a clip's `start` or `end`, or from the montage's `end`.

    `clip` is a clip's id; `edge` is "start" or "end"; both None means the timeline's zero; `clip` None with edge
    "end" means the end of the montage. `sign` is -1 for `walk.end - 1s`.
    """

    clip: str | None = None
    edge: str | None = None
    offset: Time = _NO_TIME
    sign: int = 1

    def __str__(self) -> str:
        if self.edge is None:
            return str(self.offset)
        place = f"{self.clip}.{self.edge}" if self.clip else self.edge
        return place if self.offset == Time() else f"{place} {'-' if self.sign < 0 else '+'} {self.offset}"


@dataclass(frozen=True, slots=True)
class Gain:
    """A factor on amplitude: 1.0 leaves the sound as it is. `text` is what the author wrote."""

    factor: float
    text: str


@dataclass(frozen=True, slots=True)
class Color:
    """sRGB, 0 to 255 each."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def ffmpeg(self) -> str:
        return f"0x{self.red:02x}{self.green:02x}{self.blue:02x}"


# --- patterns ------------------------------------------------------------------------------------------------------

# A schema's `pattern` is a search, and Python's `$` also matches before a final newline: hence the guard behind it.
_WHOLE = "^(?:{})$(?!\\n)"
_CONTROLS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]"
)  # C0, C1, and halves of a character, which no file can hold
DECIMAL = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
SPACE = "[ ]*"
TIME_TEXT = rf"{DECIMAL}{SPACE}(?:ms|s|m|h|f)?|(?:[0-9]+:)?[0-9]{{1,2}}:[0-9]{{1,2}}(?:\.[0-9]+)?"
ID_TEXT = "[A-Za-z][A-Za-z0-9_-]*"

LONGEST = 100 * 3600  # seconds; a longer time is a slip of the pen


def whole(pattern: str) -> str:
    """`pattern` as a schema's `pattern` that the whole text must match."""
    return _WHOLE.format(pattern)


def searched(pattern: re.Pattern[str]) -> str:
    """A compiled pattern as a schema's `pattern`; the regular expressions of JSON Schema know no `?P<name>`."""
    return whole(re.sub(r"\?P<\w+>", "?:", pattern.pattern))


def matched(pattern: re.Pattern[str], value: object, what: str) -> re.Match[str]:
    match = pattern.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{str(value)!r} is not {what}")
    return match


def refuse_controls(text: str, *, besides: str = "") -> str:
    """The text itself. Raises ValueError where it holds a control character that is not among `besides`."""
    for match in _CONTROLS.finditer(text):
        if match[0] not in besides:
            raise ValueError(f"{text!r} holds the control character U+{ord(match[0]):04X}")
    return text


def exact(value: str | int | float) -> Fraction:
    """Exactly the number as written: 0.1 is a tenth."""
    return Fraction(repr(value) if isinstance(value, float) else str(value))


def parse_point(value: Any) -> Time:
    time = parse_time(value)
    if time.seconds > LONGEST or time.frames > LONGEST * 120:
        raise ValueError(f"{value} is longer than {LONGEST // 3600} hours")
    return time


def parse_duration(value: Any) -> Time:
    time = parse_point(value)
    if time == Time():
        raise ValueError(f"{value} is no length: a duration is longer than nothing")
    return time


_ANCHOR = re.compile(
    rf"(?:(?:(?P<clip>{ID_TEXT})\.)?(?P<edge>start|end))(?:{SPACE}(?P<sign>[+-]){SPACE}(?P<offset>{TIME_TEXT}))?"
)


def parse_anchor(value: Any) -> Anchor:
    """Reads `2s`, `end`, `end - 1s`, `walk.start + 0.5s`. Raises ValueError with a sentence for the author.

    >>> parse_anchor("walk.end - 1s")
    Anchor(clip='walk', edge='end', offset=Time(seconds=Fraction(1, 1), frames=0), sign=-1)
    """
    match = _ANCHOR.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return Anchor(offset=parse_point(value))
    offset = parse_point(match["offset"]) if match["offset"] else Time()
    sign = -1 if match["sign"] == "-" else 1
    if match["clip"] is None and match["edge"] == "start":
        if sign < 0:
            raise ValueError(f"{value!r} lies before the montage begins")
        return Anchor(offset=offset)
    return Anchor(clip=match["clip"], edge=match["edge"], offset=offset, sign=sign)


GAIN_TEXT = re.compile(rf"(?:(?P<db>[+-]?{DECIMAL}){SPACE}dB|(?P<percent>{DECIMAL}){SPACE}%)")
LOUDEST_DB = 24  # dB; more is a slip of the pen and clips everything


def parse_gain(value: Any) -> Gain:
    """Reads `-6dB` and `50%`. Raises ValueError with a sentence for the author.

    >>> parse_gain("50%").factor
    0.5
    """
    text = str(value)
    match = matched(GAIN_TEXT, text, "a volume: write -6dB or 50%")
    if match["db"] is not None:
        decibel = float(match["db"])
        if not -120 <= decibel <= LOUDEST_DB:
            raise ValueError(f"{text} is outside of -120dB to {LOUDEST_DB}dB")
        return Gain(factor=10 ** (decibel / 20), text=text)
    factor = float(match["percent"]) / 100
    if factor > 16:
        raise ValueError(f"{text} is louder than 1600%")
    return Gain(factor=factor, text=text)


SIZE_TEXT = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
SMALLEST, LARGEST = 16, 8192  # pixels; H.264 level 6.2 ends at 8192


def parse_size(value: Any) -> Size:
    """Reads `1920x1080`. Raises ValueError with a sentence for the author."""
    match = matched(SIZE_TEXT, value, "a size: write width x height, as in 1920x1080")
    size = Size(int(match[1]), int(match[2]))
    for what, pixels in (("width", size.width), ("height", size.height)):
        if not SMALLEST <= pixels <= LARGEST:
            raise ValueError(f"{size}: a {what} is {SMALLEST} to {LARGEST} pixels")
        if pixels % 2:
            raise ValueError(f"{size}: the {what} is odd; video needs even numbers, such as {pixels + 1}")
    return size


# The rates of NTSC are 1000/1001 of a whole number, and people and programs write them with any number of decimals.
_NTSC = tuple(Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 120))
_AS_NTSC = Fraction(5, 1000)  # 23.976 and 23.98 are the same rate
RATE_TEXT = re.compile(rf"(?P<number>{DECIMAL})(?:/(?P<divisor>[0-9]+))?")


def parse_rate(value: Any) -> Fraction:
    """Reads `30`, `29.97` (as 30000/1001), `30000/1001`. Raises ValueError with a sentence for the author.

    >>> parse_rate(29.97)
    Fraction(30000, 1001)
    """
    text = repr(value) if isinstance(value, float) else str(value)
    match = matched(RATE_TEXT, text, "a frame rate: write 30, 29.97 or 30000/1001")
    if match["divisor"] is not None and ("." in match["number"] or int(match["divisor"]) == 0):
        raise ValueError(f"{text!r} is not a frame rate: a fraction is of whole numbers, as in 30000/1001")
    rate = Fraction(match["number"]) / int(match["divisor"] or 1)
    if "." in text:
        rate = next((ntsc for ntsc in _NTSC if abs(rate - ntsc) < _AS_NTSC), rate)
    if rate.numerator > 120_000:  # of 120000/1001; MP4 counts time in these, in 32 bits
        raise ValueError(f"{text} has too many decimals: write 30, 29.97 or 30000/1001")
    if not 1 <= rate <= 120:
        raise ValueError(f"{text} is outside of 1 to 120 frames a second")
    return rate


SPEED_TEXT = re.compile(rf"({DECIMAL}){SPACE}%")


def parse_speed(value: Any) -> Fraction:
    """Reads `0.5`, `2`, `50%`. Raises ValueError with a sentence for the author."""
    if isinstance(value, str):
        speed = Fraction(matched(SPEED_TEXT, value, "a speed: write 0.5 or 50%")[1]) / 100
    else:
        speed = exact(value)
    if not Fraction(1, 10) <= speed <= 100:
        raise ValueError(f"{value} is outside of 0.1 to 100 times")
    return speed


HEX_COLOR = re.compile(r"#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")


def parse_color(value: Any) -> Color:
    """Reads `#rrggbb`, `#rgb` and the names of CSS. Raises ValueError with a sentence for the author."""
    text = str(value)
    if match := HEX_COLOR.fullmatch(text):
        digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
    elif text.lower() in CSS_COLORS:
        digits = CSS_COLORS[text.lower()]
    else:
        raise ValueError(f"{text!r} is not a colour")
    return Color(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))


URL_TEXT = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[!-~]+")  # printable ASCII without spaces, as addresses are on the wire
SHA256_TEXT = re.compile(r"[0-9A-Fa-f]{64}")


def parse_url(value: Any) -> str:
    """An address of a file on the web, as written. Raises ValueError with a sentence for the author."""
    text = matched(URL_TEXT, value, "an address of the web: write https://…, other characters as %20 and the like")[0]
    try:
        parts = urllib.parse.urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is not an address: {error}") from None
    if not host:
        raise ValueError(f"{text!r} names no host")
    if "@" in parts.netloc:
        raise ValueError("the address holds a user name or a password, which has no place in a recipe")
    if parts.fragment:
        raise ValueError(f"{text!r} has a part after #, which is never sent")
    return text


def parse_sha256(value: Any) -> str:
    """A SHA-256 in small letters. Raises ValueError with a sentence for the author."""
    return matched(SHA256_TEXT, value, "a SHA-256: it has 64 digits and letters from a to f")[0].lower()
