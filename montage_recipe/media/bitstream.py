"""The little of compressed pictures that containers do not tell: read from a packet's bytes, nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator

_H264_IDR = 5
_HEVC_IRAP = range(16, 22)  # IDR, BLA and CRA pictures


def begins_anew(codec: str, extradata: bytes, packet: bytes) -> bool:
    """Whether no later picture can refer to one before this keyframe.

    An H.264 keyframe may be a mere recovery point, after which pictures still use older ones; only IDR pictures end
    that. In H.265 the pictures that may do so are shown before the keyframe, which their times tell.
    """
    if codec == "h264":
        return any(nal[0] & 0x1F == _H264_IDR for nal in _nal_units(extradata, packet, length_byte=4))
    if codec == "hevc":
        return any(nal[0] >> 1 & 0x3F in _HEVC_IRAP for nal in _nal_units(extradata, packet, length_byte=21))
    return True


def is_shown(codec: str, packet: bytes) -> bool:
    """False for VP8's hidden reference pictures, the only packets of a picture of their own that show nothing."""
    return codec != "vp8" or not packet or bool(packet[0] & 0x10)


def _nal_units(extradata: bytes, packet: bytes, *, length_byte: int) -> Iterator[bytes]:
    """The first two bytes of each unit; with lengths before them (MP4, Matroska) or start codes (streams)."""
    if extradata[:1] == b"\x01" and len(extradata) > length_byte:  # avcC or hvcC
        size = (extradata[length_byte] & 3) + 1
        at = 0
        while at + size < len(packet):
            length = int.from_bytes(packet[at : at + size], "big")
            yield packet[at + size : at + size + 2]
            at += size + length
        return
    at = packet.find(b"\x00\x00\x01")
    while 0 <= at < len(packet) - 3:
        yield packet[at + 3 : at + 5]
        at = packet.find(b"\x00\x00\x01", at + 3)
