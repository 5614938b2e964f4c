"""What a finished film's header and its packets say: streams, sizes, colours, and when each frame is shown. Decodes one."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from montage_recipe.checks.measured import Header, PictureStream, SoundStream
from montage_recipe.diagnostics import Diagnostic, RenderError
from montage_recipe.media.bitstream import begins_anew
from montage_recipe.media.colour import FULL_RANGE, MATRICES, PRIMARIES, TRANSFERS
from montage_recipe.media.containers import is_still
from montage_recipe.media.demuxing import open_media, time_base
from montage_recipe.media.timestamps import cadence
from montage_recipe.stopping import Stop, heed
from montage_recipe.timecode import nearest

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_HEED_EVERY = 4096  # packets


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFilm:
    header: Header
    keyframes: tuple[int, ...]  # numbers of frames at which decoding may begin, in order; empty where steps are uneven


# When a packet is shown, in ticks of its stream: from, until, and whether decoding may begin there.
_Shown = tuple[int, int, bool]


def read_header(file: Path, *, stop: Stop) -> ReadFilm:
    """Raises RenderError where the file is no film that can be read, or Interrupted."""
    import av  # 0.1 s that --help need not pay

    try:
        size = file.stat().st_size
        with file.open("rb") as stream, open_media(stream) as container:
            if is_still(container.format.name):
                raise RenderError([_no_film(file)])
            return _read(container, size, stop)
    except (av.FFmpegError, OSError, ValueError) as error:
        message = f"{file} cannot be read as a film ({getattr(error, 'strerror', None) or error})"
        hint = "build it again: `montage-recipe build RECIPE`"
        raise RenderError([Diagnostic(code="render-unusable", message=message, hint=hint)]) from error
    finally:
        gc.collect(1)  # see media.probe


def _no_film(file: Path) -> Diagnostic:
    message = f"{file} is a photo or another still picture, and no film"
    return Diagnostic(code="render-unusable", message=message, hint="name a film, or a recipe that makes one")


def _read(container: InputContainer, size: int, stop: Stop) -> ReadFilm:
    videos, audios = container.streams.video, container.streams.audio
    wanted = [*videos[:1], *audios[:1]]
    shown: dict[int, list[_Shown]] = {stream.index: [] for stream in wanted}
    if wanted:
        for number, packet in enumerate(container.demux(wanted)):
            if not number % _HEED_EVERY:
                heed(stop)
            if packet.pts is not None and packet.size and not packet.is_discard:
                until = packet.pts + (packet.duration or 0)
                shown[packet.stream_index].append((packet.pts, until, _may_begin(packet)))
    turned = _rotation(container, videos[0]) if videos else 0
    picture, keyframes = _picture(videos[0], shown[videos[0].index], turned) if videos else (None, ())
    header = Header(
        size_bytes=size,
        container=container.format.name,
        pictures=len(videos),
        sounds=len(audios),
        others=len(container.streams) - len(videos) - len(audios),
        picture=picture,
        sound=_sound(audios[0], shown[audios[0].index]) if audios else None,
    )
    return ReadFilm(header=header, keyframes=keyframes)


def _rotation(container: InputContainer, stream: VideoStream) -> int:
    """Clockwise degrees that players turn the picture by, which only a decoded picture tells."""
    import av

    stream.codec_context.thread_count = 1
    try:
        container.seek(0)
        frame = next(container.decode(stream), None)
    except av.FFmpegError:
        return 0  # that it cannot be decoded is told by who decodes all of it
    return round(-frame.rotation / 90) * 90 % 360 if frame else 0


def _may_begin(packet: Packet[Any]) -> bool:
    stream = packet.stream
    if stream.type != "video" or not packet.is_keyframe:
        return False
    context = stream.codec_context
    return begins_anew(context.codec.canonical_name, context.extradata or b"", bytes(packet))


def _picture(
    stream: VideoStream, shown: Sequence[_Shown], rotation: int
) -> tuple[PictureStream | None, tuple[int, ...]]:
    frames = sorted(shown)
    if not frames:
        return None, ()
    tick = time_base(stream)
    context = stream.codec_context
    # The clock of Matroska counts milliseconds: even steps are 33 and 34 of them by turns.
    rhythm = cadence([since for since, _, _ in frames], tick, (stream.base_rate, stream.average_rate))
    uneven = None if rhythm.constant or len(frames) < 2 else _first_uneven(frames)
    rate = _usual_rate(frames, tick) if uneven else rhythm.rate or Fraction(stream.average_rate or 1)
    picture = PictureStream(
        codec=context.codec.canonical_name,
        profile=context.profile or "",
        width=context.width,
        height=context.height,
        pixel_format=context.pix_fmt or "",
        sar=stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1),
        rotation=rotation,
        full_range=int(context.color_range) == FULL_RANGE,
        primaries=PRIMARIES.get(int(context.color_primaries)),
        transfer=TRANSFERS.get(int(context.color_trc)),
        matrix=MATRICES.get(int(context.colorspace)),
        rate=rate,
        frames=len(frames),
        start=frames[0][0] * tick,
        end=max(until for _, until, _ in frames) * tick,
        uneven=uneven,
    )
    clean = tuple(number for number, (_, _, begins) in enumerate(frames) if begins)
    exact = rhythm.even and frames[0][0] == 0 and (1 / (rate * tick)).denominator == 1
    return picture, clean if exact else ()


def _usual_step(frames: Sequence[_Shown]) -> int:
    return Counter(later[0] - earlier[0] for earlier, later in pairwise(frames)).most_common(1)[0][0]


def _first_uneven(frames: Sequence[_Shown]) -> int:
    step = _usual_step(frames)
    return next((n for n in range(1, len(frames)) if abs(frames[n][0] - frames[n - 1][0] - step) > 1), len(frames) - 1)


def _usual_rate(frames: Sequence[_Shown], tick: Fraction) -> Fraction:
    """That of most steps, whatever the few others are."""
    step = _usual_step(frames) * tick
    return 1 / step if step else Fraction(1)


def _sound(stream: AudioStream, shown: Sequence[_Shown]) -> SoundStream | None:
    if not shown:
        return None
    tick = time_base(stream)
    context = stream.codec_context
    # What is before 0 is the encoder's priming, which players leave out.
    start = max(min(since for since, _, _ in shown), 0)
    return SoundStream(
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        channels=context.channels,
        start=nearest(start * tick * 1_000_000) / Fraction(1_000_000),
        end=max(until for _, until, _ in shown) * tick,
    )
