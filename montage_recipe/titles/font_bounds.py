"""Looks at a font's lists before fontTools unfolds them: some bytes can stand for billions of characters."""

from __future__ import annotations

import struct

_PLAIN = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf")  # not WOFF, whose tables may grow without end
_MOST_CHARACTERS = 4 * 0x110000  # in all lists of a font together; Unicode has 0x110000
_MOST_LISTS = 64
# Lists of Unicode, by platform and encoding: fontTools' getBestCmap unfolds one of these, and each that is named twice.
_UNICODE = frozenset({(3, 10), (3, 1), *((0, encoding) for encoding in (0, 1, 2, 3, 4, 6))})
_COUNTED = (
    0,
    4,
    6,
    8,
    10,
    12,
    13,
)  # formats that `_characters` counts, or that hold no ranges and are no longer than the file
_MOST_NAME_BYTES = 8 << 20  # of all names together; each may be the same bytes once more


def refuse_unbounded(content: bytes) -> None:
    """Raises ValueError, with a sentence, for what is no plain font or lists more characters than there are; struct.error
    where it ends too early."""
    if content[:4] not in _PLAIN:
        raise ValueError("it does not begin like a TrueType or OpenType font")
    begin = struct.unpack_from(">L", content, 12)[0] if content[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", content, begin + 4)
    for number in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", content, begin + 12 + 16 * number)
        if tag == b"cmap":
            _refuse_long(content, offset)
        elif tag == b"name":
            _refuse_many_names(content, offset)


def _refuse_long(content: bytes, cmap: int) -> None:
    (lists,) = struct.unpack_from(">H", content, cmap + 2)
    if lists > _MOST_LISTS:
        raise ValueError(f"it has {lists} lists of characters")
    records = [struct.unpack_from(">HHL", content, cmap + 4 + 8 * number) for number in range(lists)]
    places = [place for _, _, place in records]
    for platform, encoding, place in records:
        (form,) = struct.unpack_from(">H", content, cmap + place)
        if form not in _COUNTED and ((platform, encoding) in _UNICODE or places.count(place) > 1):
            raise ValueError(f"it has a list of characters of format {form} in an unusual place")
    if sum(_characters(content, cmap + place) for place in set(places)) > _MOST_CHARACTERS:
        raise ValueError("it claims to have more characters than there are")


def _refuse_many_names(content: bytes, name: int) -> None:
    (records,) = struct.unpack_from(">H", content, name + 2)
    lengths = (struct.unpack_from(">H", content, name + 6 + 12 * number + 8)[0] for number in range(records))
    if sum(lengths) > _MOST_NAME_BYTES:
        raise ValueError("its names are too long")


def _characters(content: bytes, begin: int) -> int:
    """How many characters one list unfolds to; only these formats write ranges."""
    (form,) = struct.unpack_from(">H", content, begin)
    if form == 4:
        (twice,) = struct.unpack_from(">H", content, begin + 6)
        if twice % 2:  # readers disagree on where the starts are then
            raise ValueError("its list of characters is damaged")
        ends = struct.unpack_from(f">{twice // 2}H", content, begin + 14)
        starts = struct.unpack_from(f">{twice // 2}H", content, begin + 16 + twice)
        return sum(max(0, end - start + 1) for start, end in zip(starts, ends, strict=True))
    if form in (8, 12, 13):
        counts = begin + (12 if form != 8 else 12 + 8192)
        (groups,) = struct.unpack_from(">L", content, counts)
        spans = struct.iter_unpack(">LLL", content[counts + 4 : counts + 4 + 12 * groups])
        return sum(max(0, end - start + 1) for start, end, _ in spans)
    return 0
