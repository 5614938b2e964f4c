"""What a generator is: footage or sound that ffmpeg makes by itself, from a name and a few parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from montage_recipe.recipe.kinds import Size
from montage_recipe.timecode import sample_at

_NO_NAMES = re.compile(r"'[^']*'|\\.|\[[^\]]*\]")  # quoted values, escaped characters, labels of links


def filters_in(graph: str) -> frozenset[str]:
    """The names of the filters of a graph's description.

    >>> sorted(filters_in("nullsrc=s=2x2,geq='max(X,Y)'[a];[a]format=gray"))
    ['format', 'geq', 'nullsrc']
    """
    return frozenset(
        re.split("[=@]", filter_text)[0].strip() for filter_text in re.split("[,;]", _NO_NAMES.sub("", graph))
    )


class Produces(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is wanted: exactly `frames` pictures of `size` at `rate`, or exactly `samples` of stereo at 48 kHz."""

    size: Size
    rate: Fraction
    frames: int

    @property
    def samples(self) -> int:
        return sample_at(self.frames, self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """One entry of ALL_GENERATORS: `media: {NAME: {generate: sea, duration: 6s, light: moonlight}}`.

    `params` is a frozen dataclass of `fields.key`s, all with defaults. `lower` gives the description of a lavfi
    source (for `-f lavfi -i`) with one output: limited-range BT.709 yuv420p of square pixels, or float stereo at
    48 kHz. The same shot and params give the same text, and the same ffmpeg makes the same frames of it.
    """

    name: str
    doc: str
    params: type
    produces: Produces
    lower: Callable[[Any, Shot], str]
    examples: tuple[Mapping[str, Any], ...]  # as written in a recipe: {"generate": "sea", "duration": "6s"}
    moves: bool = True  # of a picture: whether every frame is another one; of a sound: whether it is always heard
