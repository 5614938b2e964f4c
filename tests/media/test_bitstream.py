from __future__ import annotations

import pytest

from montage_recipe.media.bitstream import begins_anew, is_shown

AVCC = bytes([1, 66, 0, 30, 0xFF, 0xE1])  # lengths of 4 bytes
HVCC = bytes([1]) + bytes(20) + b"\x03" + bytes(4)
IDR, RECOVERY, SEI = b"\x65\x88", b"\x41\x9a", b"\x06\x05"


def with_lengths(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def with_start_codes(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


@pytest.mark.parametrize(("extradata", "pack"), [(AVCC, with_lengths), (b"", with_start_codes)])
def test_only_an_idr_picture_of_h264_begins_anew(extradata: bytes, pack: object) -> None:
    assert callable(pack)
    assert begins_anew("h264", extradata, pack(SEI, IDR))
    assert not begins_anew("h264", extradata, pack(SEI, RECOVERY))


@pytest.mark.parametrize(("kind", "anew"), [(19, True), (20, True), (21, True), (1, False)])
def test_random_access_pictures_of_h265_begin_anew(kind: int, anew: bool) -> None:
    assert begins_anew("hevc", HVCC, with_lengths(bytes([kind << 1, 1]))) is anew


def test_a_packet_with_a_length_beyond_its_end_is_read_to_its_end() -> None:
    assert not begins_anew("h264", AVCC, b"\xff\xff\xff\xff\x41")


def test_a_hidden_picture_of_vp8_is_not_shown() -> None:
    assert is_shown("vp8", b"\x11") and not is_shown("vp8", b"\x01")
    assert is_shown("vp9", b"\x01")
