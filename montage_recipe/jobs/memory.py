"""What a job's process is expected to need at its peak. An estimate for admission and for splitting; the memory that is
really used is watched while the job runs.

The figures were measured on ffmpeg 9.0 with 1080p H.264, one thread for each decoder and for the encoder; the canvas's
pictures are 8-bit 4:2:0, 1.5 bytes a pixel, a source's what its pixel format takes.
"""

from __future__ import annotations

from collections.abc import Iterable

from montage_recipe.graph.normalise import is_hdr
from montage_recipe.media.facts import MediaFacts, MediaKind, VideoFacts
from montage_recipe.profiles import LOOKAHEAD
from montage_recipe.recipe.values import Size
from montage_recipe.transitions.spec import Transition

_MIB = 1 << 20
PROCESS_BYTES = 448 * _MIB  # what a segment's process is kept under, where its pictures are no larger than 1080p

_BASE = 38 * _MIB  # the program itself, its tables, its muxer
_SOUND_INPUT = 6 * _MIB
_INPUT_PICTURES = 12  # of a decoder: references, reordering, the queue of 8 towards the filters
_STILL_PICTURES = 5
_XFADE_PICTURES = 21  # its pools, at 4:4:4, and those of the conversions around it
_MIXING_PICTURES = 8
_SAMPLES = (
    ("420", 1.5),
    ("nv12", 1.5),
    ("p01", 1.5),
    ("422", 2.0),
    ("yuyv", 2.0),
    ("444", 3.0),
    ("gbrp", 3.0),
    ("gray", 1.0),
)
_FLAT_PICTURES, _FLAT_BYTES = 8, 4  # of a picture with transparency and of its background, in planar RGB
_FLOAT_PICTURES, _FLOAT_BYTES = 8, 12  # of tone mapping, which works in 32-bit RGB
# x264: the queue of 8 towards it, references, and for each picture of its lookahead the picture and its smaller copies.
_ENCODER_PICTURES = 12
_LOOKAHEAD_PICTURES = 2.9


def picture_memory(
    media: Iterable[MediaFacts], canvas: Size, preset: str, *, transitions: Iterable[Transition] = ()
) -> int:
    """Bytes, for a segment that opens `media` and encodes pictures of the canvas's size."""
    encoder = int(_picture(canvas) * (_ENCODER_PICTURES + _LOOKAHEAD_PICTURES * LOOKAHEAD[preset]))
    inputs = sum(input_memory(m, canvas) for m in media)
    return _BASE + inputs + sum(transition_memory(t, canvas) for t in transitions) + encoder


def input_memory(media: MediaFacts, canvas: Size) -> int:
    """Bytes, for one open source of pictures, with what brings it to the canvas."""
    video = media.video
    if video is None:
        return _SOUND_INPUT
    pictures = _STILL_PICTURES if media.kind is MediaKind.IMAGE else _INPUT_PICTURES
    tone_mapping = _FLOAT_PICTURES * _FLOAT_BYTES * canvas.width * canvas.height if is_hdr(video) else 0
    flattening = _FLAT_PICTURES * _FLAT_BYTES * video.width * video.height if video.alpha else 0
    return int(video.width * video.height * _pixel_bytes(video)) * pictures + tone_mapping + flattening


def _pixel_bytes(video: VideoFacts) -> float:
    """By ffmpeg's names of formats: yuv420p, yuva444p12le, p010le, nv12, gbrp, rgba, gray, pal8."""
    samples = next((samples for mark, samples in _SAMPLES if mark in video.pixel_format), 4.0)
    return (samples + video.pixel_format.startswith("yuva")) * (2 if video.bit_depth > 8 else 1)


def transition_memory(transition: Transition, canvas: Size) -> int:
    """Bytes, for one transition inside a segment."""
    return _picture(canvas) * (_MIXING_PICTURES if transition.mixes else _XFADE_PICTURES)


def sound_memory(inputs: int) -> int:
    """Bytes, for a job that reads `inputs` sounds and no picture."""
    return _BASE + inputs * _SOUND_INPUT


def copy_memory() -> int:
    """Bytes, for a job that only copies packets."""
    return 2 * _BASE


def _picture(size: Size) -> int:
    return size.width * size.height * 3 // 2
