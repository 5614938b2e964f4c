"""What is asked of an upscaler: a part of a source, enlarged, frame by frame, with all its times kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from fractions import Fraction

from montage_recipe.models import weights_for

_VERSION = 2  # of how frames are made; raise it when the same request would give other pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is known of a source's pictures, so that nothing has to be guessed where they are decoded."""

    index: int  # the stream's, in its file
    decoder: str | None  # None is the usual one
    width: int  # as shown: turned upright, in the samples that are stored
    height: int
    sar: Fraction  # of the upright picture
    rate: Fraction  # average frames a second; only for the encoder's rate control and for progress
    deep: bool  # more than 8 bits a sample
    interlaced: bool
    full_range: bool
    matrix: str | None  # vf_scale's name of its colour matrix; None for RGB
    tags: tuple[str, str, str]  # ffmpeg's names of primaries, transfer and matrix of the result; "" says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleRequest:
    """The frames of [start, end) of a source, and the one that is seen at `start`, `factor` times as wide and high."""

    fingerprint: str  # sha256 of the source's content
    start: Fraction  # seconds from the container's start
    end: Fraction
    factor: int
    model: str
    picture: Picture

    @property
    def width(self) -> int:
        return self.picture.width * self.factor

    @property
    def height(self) -> int:
        return self.picture.height * self.factor

    @property
    def key(self) -> str:
        """sha256 in hex of what decides the result: neither the host that makes it nor the library that runs the model,
        between which pictures differ by roundings only, nor how it is cut into chunks."""
        return hashlib.sha256(f"{self.material} {self.start} {self.end}".encode()).hexdigest()

    @property
    def material(self) -> str:
        """The same of all but the times: for a part of the part, which another request may share."""
        weights = weights_for(self.model, self.factor)
        content = {
            "version": _VERSION,
            "weights": sorted(file.sha256 for each in weights for file in each.files),
            **{name: value for name, value in asdict(self).items() if name not in ("start", "end")},
        }
        return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()
