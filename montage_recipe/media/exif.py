"""When a photo was taken, from its EXIF block (JEITA CP-3451): ffmpeg's libraries no longer hand it out as tags."""

from __future__ import annotations

import struct
from collections.abc import Iterator

HEAD_BYTES = 1 << 17  # the block is at a JPEG's beginning and at most 64 KiB long

_MARKER = b"Exif\0\0"
_EXIF_IFD = 0x8769
_ASCII = 2
_NAMES = {0x0132: "DateTime", 0x9003: "DateTimeOriginal"}


def exif_times(head: bytes) -> dict[str, str]:
    """`DateTimeOriginal` and `DateTime`, where the first bytes of a JPEG hold them; nothing for a damaged block."""
    at = head.find(_MARKER)
    if at < 0:
        return {}
    tiff = head[at + len(_MARKER) :]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return {}
    try:
        return dict(_times(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0], nested=True))
    except struct.error:  # an offset points beyond the block
        return {}


def _times(tiff: bytes, order: str, ifd: int, *, nested: bool) -> Iterator[tuple[str, str]]:
    """The times of one directory, and of the EXIF directory it points to."""
    (count,) = struct.unpack_from(f"{order}H", tiff, ifd)
    for number in range(count):
        tag, kind, length, value = struct.unpack_from(f"{order}HHII", tiff, ifd + 2 + 12 * number)
        if tag == _EXIF_IFD and nested:
            yield from _times(tiff, order, value, nested=False)
        elif tag in _NAMES and kind == _ASCII:
            yield _NAMES[tag], tiff[value : value + length].split(b"\0")[0].decode("ascii", "replace")
