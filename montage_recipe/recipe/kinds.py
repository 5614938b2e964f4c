"""The kinds of value the recipe's keys hold, and their typed forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from montage_recipe.fields import Kind, choice
from montage_recipe.timecode import Time, parse_time

# TODO(front end): every kind below gets its schema, examples and parse function.


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A point on the timeline: an offset from zero, from a clip's `start` or `end`, or from the montage's `end`.

    `clip` is a clip's id; `edge` is "start" or "end"; both None means the timeline's zero; `clip` None with edge
    "end" means the end of the montage. `sign` is -1 for `walk.end - 1s`.
    """

    clip: str | None = None
    edge: str | None = None
    offset: Time = Time()
    sign: int = 1


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

    def ffmpeg(self) -> str:
        return f"0x{self.red:02x}{self.green:02x}{self.blue:02x}"
