"""What a job's process is expected to need at its peak. An estimate for admission, checked against measurements in
`benchmarks/`; the memory that is really used is watched while the job runs."""

from __future__ import annotations

from collections.abc import Iterable

from montage_recipe.media.facts import MediaFacts, MediaKind
from montage_recipe.recipe.kinds import Size

_MIB = 1 << 20
_BASE = 70 * _MIB  # the program itself, its tables, its muxer
_SOUND_INPUT = 6 * _MIB
# Decoded pictures that one open input holds: the decoder's references and reordering, the filters' queues.
_FRAMES_OF_AN_INPUT = 12
# Pictures the encoder holds: x264's lookahead and references, by preset (x264's own tables), at 1.5 times a picture.
_LOOKAHEAD = {
    "ultrafast": 4,
    "superfast": 6,
    "veryfast": 16,
    "faster": 26,
    "fast": 36,
    "medium": 46,
    "slow": 56,
    "slower": 68,
    "veryslow": 80,
}


def picture_memory(media: Iterable[MediaFacts], canvas: Size, preset: str) -> int:
    """Bytes, for a segment that opens `media` and encodes pictures of the canvas's size."""
    return _BASE + sum(_input_bytes(m) for m in media) + _encoder_bytes(canvas, preset)


def sound_memory(inputs: int) -> int:
    """Bytes, for a job that reads `inputs` sounds and no picture."""
    return _BASE + inputs * _SOUND_INPUT


def copy_memory() -> int:
    """Bytes, for a job that only copies packets."""
    return _BASE


def _input_bytes(media: MediaFacts) -> int:
    video = media.video
    if video is None:
        return _SOUND_INPUT
    picture = video.width * video.height * (3 if video.bit_depth > 8 else 1.5)
    return int(picture * (4 if media.kind is MediaKind.IMAGE else _FRAMES_OF_AN_INPUT)) + _SOUND_INPUT


def _encoder_bytes(canvas: Size, preset: str) -> int:
    picture = canvas.width * canvas.height * 1.5
    return int(picture * 1.5 * _LOOKAHEAD[preset])
