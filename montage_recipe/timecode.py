"""Exact time: seconds as `Fraction`, frames and samples as `int`. Floats never enter.

Everything is quantised to output frames first; samples follow from frames. A position is rounded once, from the
absolute frame number, so that no rounding error adds up along a timeline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

SAMPLE_RATE = 48_000  # Hz, of every sound inside the program

_UNIT = re.compile(r"(?P<value>\d+(?:\.\d+)?|\.\d+)\s*(?P<unit>ms|s|m|h|f)?")
_CLOCK = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d{1,2}):(?P<s>\d{1,2}(?:\.\d+)?)")
_UNIT_SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}


@dataclass(frozen=True, slots=True)
class Time:
    """A length or a point in time as the author wrote it: seconds, or frames of the canvas."""

    seconds: Fraction = Fraction(0)
    frames: int = 0

    def at(self, rate: Fraction) -> Fraction:
        """In seconds, for a canvas of `rate` frames a second."""
        return self.seconds + self.frames / rate

    def __str__(self) -> str:
        return f"{self.frames}f" if self.frames else format_seconds(self.seconds)


def parse_time(value: str | int | float) -> Time:
    """Reads `2s`, `500ms`, `1:30.5`, `00:01:30.500`, `45f`; a bare number is seconds.

    Raises ValueError with a sentence for the author.

    >>> parse_time("1:30.5").seconds
    Fraction(181, 2)
    >>> parse_time("45f").frames
    45
    """
    if isinstance(value, bool):
        raise ValueError(f"{value} is not a time")
    text = (repr(value) if isinstance(value, float) else str(value)).strip()
    if clock := _CLOCK.fullmatch(text):
        minutes, seconds = int(clock["m"]), Fraction(clock["s"])
        if seconds >= 60 or (clock["h"] and minutes >= 60):
            raise ValueError(f"{text!r} is not a time: minutes and seconds go up to 59")
        return Time(seconds=3600 * int(clock["h"] or 0) + 60 * minutes + seconds)
    match = _UNIT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a time: write 2s, 500ms, 1:30.5, 00:01:30.500 or 45f")
    if match["unit"] == "f":
        if "." in match["value"]:
            raise ValueError(f"{text!r}: frames are whole numbers")
        return Time(frames=int(match["value"]))
    return Time(seconds=Fraction(match["value"]) * _UNIT_SECONDS[match["unit"] or "s"])


def nearest(value: Fraction) -> int:
    """The nearest whole number, halves up (`round` would send halves to even numbers)."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def frames_in(seconds: Fraction, rate: Fraction) -> int:
    """The number of frames nearest to `seconds` at `rate` frames a second."""
    return nearest(seconds * rate)


def sample_at(frame: int, rate: Fraction) -> int:
    """The sample, at SAMPLE_RATE, on which frame number `frame` begins.

    >>> [sample_at(n, Fraction(30000, 1001)) for n in range(6)]
    [0, 1602, 3203, 4805, 6406, 8008]
    """
    return nearest(frame * SAMPLE_RATE / rate)


def format_seconds(seconds: Fraction) -> str:
    """For people and for ffmpeg options alike: at most 6 decimals, no trailing zeros.

    >>> format_seconds(Fraction(1, 3)), format_seconds(Fraction(5))
    ('0.333333s', '5s')
    """
    return f"{seconds_text(seconds)}s"


def seconds_text(seconds: Fraction) -> str:
    """`seconds` as a decimal number rounded to microseconds, ffmpeg's own unit of time.

    >>> seconds_text(Fraction(-1, 3))
    '-0.333333'
    """
    micro = nearest(seconds * 1_000_000)
    sign, micro = ("-", -micro) if micro < 0 else ("", micro)
    text = f"{micro // 1_000_000}.{micro % 1_000_000:06d}".rstrip("0").rstrip(".")
    return sign + text


def seconds_data(seconds: Fraction | None) -> float | None:
    """As JSON has it: to microseconds, or null.

    >>> seconds_data(Fraction(1, 3)), seconds_data(None)
    (0.333333, None)
    """
    return None if seconds is None else round(float(seconds), 6)


def clock(moment: Fraction) -> str:
    """A point of a film, in hours where it has any, minutes, seconds and hundredths.

    >>> clock(Fraction(1, 3)), clock(Fraction(75)), clock(Fraction(7325, 2))
    ('0:00.33', '1:15.00', '1:01:02.50')
    """
    hundredths = nearest(moment * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{rest // 100:02}.{rest % 100:02}"
