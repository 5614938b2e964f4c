"""Opened by PyAV: a file's container, and what the packets of its pictures say of their times."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

from montage_recipe.media.bitstream import begins_anew, is_shown
from montage_recipe.media.containers import SEEKABLE
from montage_recipe.media.decoders import DECODERS, MOST_PIXELS
from montage_recipe.media.source import Nameless
from montage_recipe.media.timestamps import PictureTimes
from montage_recipe.timecode import nearest

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

_BUFFER_BYTES = 1 << 20


def open_media(stream: BinaryIO, *, most_pixels: int = MOST_PIXELS) -> InputContainer:
    """A container of a kind that is read here; nothing that it names is opened. Raises what PyAV raises."""
    import av  # 0.1 s; a build whose facts are all remembered does without

    return av.open(
        Nameless(stream),
        mode="r",
        options={
            "format_whitelist": ",".join(SEEKABLE),
            "codec_whitelist": ",".join(DECODERS),
            "protocol_whitelist": "",
            "max_streams": "64",
            "max_pixels": str(most_pixels),
        },
        metadata_errors="replace",
        buffer_size=_BUFFER_BYTES,
    )


def time_base(stream: Stream) -> Fraction:
    return stream.time_base or Fraction(1, 1_000_000)


def origin_of(container: InputContainer, base: Fraction) -> int:
    """The container's start in ticks of `base`, rounded as ffmpeg does, whose `-start_at_zero` subtracts it."""
    return nearest(Fraction(container.start_time or 0, 1_000_000) / base)


def add_picture(times: PictureTimes, packet: Packet[Any], stream: VideoStream) -> bool:
    """Notes when a packet's picture is shown. False for a packet that gives no picture at all (VP8 has such)."""
    time = packet.pts if packet.pts is not None else packet.dts
    codec = stream.codec_context.codec.canonical_name
    gives_picture = codec != "vp8" or is_shown(codec, bytes(packet))
    clean = packet.is_keyframe and begins_anew(codec, stream.codec_context.extradata or b"", bytes(packet))
    times.add(time, packet.duration or 0, shown=gives_picture and not packet.is_discard, clean=clean)
    return gives_picture
