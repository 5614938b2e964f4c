"""What was measured in a finished film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from montage_recipe.diagnostics import RecipePath

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLACK_LEVEL = 38  # of 255: a pixel below a tenth of the limited range is black
STEP_S = Fraction(1, 100)  # of the sound's levels


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureStream:
    codec: str
    profile: str  # of the codec, as ffmpeg names it
    width: int
    height: int
    pixel_format: str
    sar: Fraction  # of a pixel
    rotation: int  # clockwise degrees that players turn the picture by
    full_range: bool
    primaries: str | None
    transfer: str | None
    matrix: str | None
    rate: Fraction  # the frames a second that most steps between frames stand for
    frames: int
    start: Fraction  # seconds
    end: Fraction
    uneven: int | None  # the number of the first frame that does not come one step after the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundStream:
    codec: str
    sample_rate: int
    channels: int
    start: Fraction  # seconds
    end: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file's header and its packets say."""

    size_bytes: int
    container: str  # as ffmpeg's demuxer is called: "matroska,webm"
    pictures: int  # streams of each kind
    sounds: int
    others: int
    picture: PictureStream | None
    sound: SoundStream | None

    @property
    def seconds(self) -> Fraction:
        return max((stream.end for stream in (self.picture, self.sound) if stream), default=Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureStatistics:
    """Of every frame, at 320 pixels wide."""

    times: NDArray[np.float64]  # [frames + 1], seconds at which each is shown, and at which the last one ends
    change: NDArray[np.float32]  # [frames], mean difference of luma from the frame before, of 255
    black: NDArray[np.bool_]  # [frames], whether 98 % of it is darker than a tenth of the range
    bars: NDArray[np.float32]  # [frames, 4], what is black at its left, right, top and bottom, as a part of its size


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundStatistics:
    """Of every hundredth of a second, and of the whole. Levels are in dB of full scale; silence is -inf."""

    rms: NDArray[np.float32]  # [steps, 2], left and right
    peak: NDArray[np.float32]  # [steps, 2]
    flat: NDArray[np.bool_]  # [steps], whether samples stay at full scale one after the other
    integrated: float  # LUFS; -70 is silence
    true_peak: float  # dBTP; -inf is silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where a title's letters are, in pixels of the canvas: the first and the last column and row that have some."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A comparison of frames. `score` is of the measure that was asked for."""

    score: float
    worst: float
    worst_frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    header: Header
    errors: tuple[str, ...] = ()  # what ffmpeg said while it decoded
    picture: PictureStatistics | None = None
    sound: SoundStatistics | None = None
    tiles: NDArray[np.uint8] | None = None  # [frames, 18, 32, 3]
    letters: Mapping[RecipePath, Box] = field(
        default_factory=dict
    )  # by the title's place; those that draw nothing lack
    likenesses: Mapping[RecipePath, Likeness] = field(default_factory=dict)  # by the check's place
    goldens: Mapping[RecipePath, Any] = field(default_factory=dict)  # what lies beside the recipe, by the check's place
