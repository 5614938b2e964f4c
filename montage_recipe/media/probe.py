"""The only reader of media: headers and packets by PyAV; of the pictures at most one is decoded.

One picture must be: the turn by the display matrix or by a photo's EXIF, and for some codecs interlacing and the pixel
format, are told nowhere else. Frames, times and rates come from the packets, as headers lie (a fragmented MP4 of one
second promised 40 hours).
"""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import importlib.metadata
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from montage_recipe.media import colour
from montage_recipe.media.bounds import Bounds, bounds_of, refuse_excess, stated_size
from montage_recipe.media.capture import capture_time
from montage_recipe.media.containers import ANIMATIONS, DURATION_IS_STATED, HEIF_BRANDS, SEEKABLE, is_still
from montage_recipe.media.decoders import DECODERS
from montage_recipe.media.demuxing import add_picture, open_media, origin_of, time_base
from montage_recipe.media.exif import HEAD_BYTES, exif_times
from montage_recipe.media.facts import AudioFacts, MediaFacts, MediaKind, VideoFacts
from montage_recipe.media.fingerprint import fingerprint
from montage_recipe.media.record import from_json, to_json
from montage_recipe.media.source import open_regular, refusal
from montage_recipe.media.timestamps import PictureTimes, SoundTimes, cadence, closed_keyframes
from montage_recipe.memo import Memo
from montage_recipe.stopping import Stop, heed, never
from montage_recipe.timecode import format_seconds
from montage_recipe.untrusted import Confinement

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

FACTS_VERSION = 3  # of what is remembered; goes up with any change of what a fact means
_KEYFRAMES_TO_TRY = 3
_CONVERT = "convert it to MP4, WebM, PNG or JPEG, or to WAV or FLAC for sound"
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # ffmpeg's own decoders of both drop the transparency
_PROGRESSIVE = 1  # AV_FIELD_PROGRESSIVE; 0 is unknown, above are the orders of fields


def probe(file: Path, *, memo: Memo | None = None, stop: Stop = never, within: Confinement | None = None) -> MediaFacts:
    """What `file` is. `within` holds it to what somebody else's recipe may name. Raises RecipeError, or Interrupted."""
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 # `absolute` keeps "..", `resolve` follows links
    identity = fingerprint(absolute, memo=memo, stop=stop, within=within)
    key = f"facts:{FACTS_VERSION}:{importlib.metadata.version('av')}:{identity}"
    known = memo.get(key) if memo is not None else None
    if known and (facts := _recalled(known)):
        if within:
            refuse_excess(facts)
        return dataclasses.replace(facts, file=str(absolute))
    facts = _read(absolute, identity, stop, within)
    if memo is not None:
        memo.put(key, json.dumps(to_json(facts)))
    return facts


def _recalled(text: str) -> MediaFacts | None:
    """None for a memory that is damaged: the file is read again."""
    try:
        return from_json(json.loads(text))
    except (KeyError, TypeError, ValueError):
        return None


def _read(file: Path, identity: str, stop: Stop, within: Confinement | None) -> MediaFacts:
    import av  # 0.1 s; a build whose facts are all remembered does without

    bounds = bounds_of(within)
    with open_regular(file, within) as stream:
        size = os.fstat(stream.fileno()).st_size
        head = stream.read(HEAD_BYTES)
        bounds.refuse_pixels(file, *stated_size(head))  # ffmpeg decodes a picture to find out about it
        stream.seek(0)
        try:
            with open_media(stream, most_pixels=bounds.pixels) as container:
                facts = _Reading(file, head, container, stop, bounds).facts(identity, size)
        except (av.FFmpegError, ValueError) as error:
            raise refusal(
                "media-unreadable", f"{file} is not media of a kind that is read here, or it is damaged", _CONVERT
            ) from error
        finally:
            # PyAV's containers and streams refer to each other, so their decoders, of 3 MB at 1080p, wait for the collector:
            # 120 MB of them after 50 files.
            gc.collect(1)
    if within:
        refuse_excess(facts)
    return facts


@dataclass(slots=True)
class _Reading:
    """One pass over one file."""

    file: Path
    head: bytes  # the file's beginning
    container: InputContainer
    stop: Stop
    bounds: Bounds
    picture: VideoStream | None = None
    sound: AudioStream | None = None
    pictures: PictureTimes = field(default_factory=PictureTimes)
    sounds: SoundTimes | None = None
    keyframes: list[Packet[Any]] = field(default_factory=list)
    damaged: bool = False

    def facts(self, identity: str, size: int) -> MediaFacts:
        self._choose_streams()
        self._count_packets()
        video = self._video()
        audio = self._audio()
        if video is None and audio is None:
            raise refusal("media-no-streams", f"{self.file} holds neither pictures nor sound", _CONVERT)
        name = self.container.format.name
        kind = MediaKind.AUDIO if video is None else MediaKind.VIDEO
        if video and (is_still(name) or (name in ANIMATIONS and video.frames == 1)):
            kind = MediaKind.IMAGE
        if video and kind is MediaKind.IMAGE:
            video = dataclasses.replace(video, duration=Fraction(0))
        spans = [part.start + part.duration for part in (video, audio) if part]
        duration = None if kind is MediaKind.IMAGE else max(spans)
        return MediaFacts(
            file=str(self.file),
            fingerprint=identity,
            size_bytes=size,
            container=name,
            kind=kind,
            duration=duration,
            # With a negative start ffmpeg seeks past the end and gives no frame at all.
            seekable=SEEKABLE.get(name, False) and (self.container.start_time or 0) >= 0,
            animated=kind is MediaKind.VIDEO and name in ANIMATIONS,
            video=video,
            audio=audio,
            captured=self._captured(),
            warnings=self._warnings(duration),
        )

    def _choose_streams(self) -> None:
        if self.container.metadata.get("major_brand", "").strip() in HEIF_BRANDS:
            raise refusal(
                "media-unreadable",
                f"{self.file} is a HEIF or AVIF photo, of which ffmpeg reads only parts",
                "save it as JPEG or PNG; iPhones do so under Settings, Camera, Formats, Most Compatible",
            )
        self.picture = max(filter(_is_footage, self.container.streams.video), key=_by_area, default=None)
        self.sound = max(filter(_is_decodable, self.container.streams.audio), key=_by_channels, default=None)
        for stream in (self.picture, self.sound):
            if stream and stream.codec_context.codec.name not in DECODERS:
                name = stream.codec_context.codec.canonical_name
                raise refusal("media-codec", f"{self.file} is of the codec {name}, which is not decoded here", _CONVERT)
        if self.picture:
            context = self.picture.codec_context
            self.bounds.refuse_pixels(self.file, context.width, context.height)
            context.options = {"max_pixels": str(self.bounds.pixels)}  # pictures may be larger than the header says

    def _count_packets(self) -> None:
        from av import FFmpegError

        chosen = [stream for stream in (self.picture, self.sound) if stream is not None]
        if self.sound:
            self.sounds = SoundTimes(time_base(self.sound), self.sound.codec_context.sample_rate)
        if not chosen:
            return
        try:
            for packet in self.container.demux(*chosen):
                heed(self.stop)
                if packet.size == 0:  # ends a stream
                    continue
                if packet.is_corrupt:
                    self.damaged = True
                elif self.picture and packet.stream_index == self.picture.index:
                    self._add_picture(packet, self.picture)
                    self.bounds.refuse_pictures(self.file, self.container.format.name, len(self.pictures.shown))
                elif self.sounds:
                    _add_sound(packet, self.sounds)
        except FFmpegError:
            self.damaged = True

    def _add_picture(self, packet: Packet[Any], stream: VideoStream) -> None:
        if packet.is_keyframe and len(self.keyframes) < _KEYFRAMES_TO_TRY:
            self.keyframes.append(packet)
        add_picture(self.pictures, packet, stream)

    def _video(self) -> VideoFacts | None:
        stream, times = self.picture, self.pictures
        if stream is None or not times.shown:
            return None
        frame = self._first_frame(stream)
        base, shown = time_base(stream), sorted(times.shown)
        rhythm = cadence(shown, base, (stream.base_rate, stream.average_rate))
        step = 1 / rhythm.rate if rhythm.rate else Fraction(0)
        last = step if rhythm.constant else times.last_step * base or step
        context = stream.codec_context
        pixels = frame.format
        codec = context.codec.canonical_name
        see_through = stream.metadata.get("alpha_mode") == "1" and codec in _ALPHA_DECODERS
        extradata = context.extradata
        return VideoFacts(
            index=stream.index,
            codec=codec,
            decoder=_ALPHA_DECODERS[codec] if see_through else None,
            width=frame.width,
            height=frame.height,
            rotation=round(-frame.rotation / 90) * 90 % 360,
            upright=_is_upright(frame),
            sar=stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1),
            rate=rhythm.rate,
            constant_rate=rhythm.constant,
            pixel_format="yuva420p" if see_through else pixels.name,
            bit_depth=max((component.bits for component in pixels.components), default=8),
            # Of a palette PyAV does not say whether it is see-through; over the background, one that is not stays as it is.
            alpha=see_through or pixels.name == "pal8" or any(component.is_alpha for component in pixels.components),
            interlaced=context.field_order > _PROGRESSIVE or frame.interlaced_frame,
            full_range=colour.FULL_RANGE in (context.color_range, frame.color_range) or pixels.name.startswith("yuvj"),
            primaries=_named(colour.PRIMARIES, context.color_primaries, frame.color_primaries),
            transfer=_named(colour.TRANSFERS, context.color_trc, frame.color_trc),
            matrix=_named(colour.MATRICES, context.colorspace, frame.colorspace),
            start=max(0, shown[0] - origin_of(self.container, base)) * base,
            duration=(shown[-1] - shown[0]) * base + last,
            frames=len(shown),
            keyframes=closed_keyframes(times) if rhythm.even else (),
            extradata=hashlib.sha256(extradata).hexdigest() if extradata else "",
        )

    def _first_frame(self, stream: VideoStream) -> VideoFrame:
        """One decoded picture, the first keyframe's, on one thread (more would wait for more packets)."""
        from av import FFmpegError
        from av import Packet as NewPacket

        context = stream.codec_context
        context.thread_count = 1
        for packet in self.keyframes:
            try:
                # A copy, as the decoder keeps back the picture of a packet that an edit list cuts off.
                frames = context.decode(NewPacket(bytes(packet)) if packet.is_discard else packet)
                frames += context.decode(None)
            except FFmpegError:
                frames = []
            if frames:
                return frames[0]
            context.flush_buffers()
        raise refusal("media-unreadable", f"no picture of {self.file} can be decoded", _CONVERT)

    def _audio(self) -> AudioFacts | None:
        if self.sound is None or self.sounds is None:
            return None
        span = self.sounds.span(origin_of(self.container, time_base(self.sound)))
        if span is None:
            return None
        context = self.sound.codec_context
        channels = context.layout.nb_channels
        layout = context.layout.name
        return AudioFacts(
            index=self.sound.index,
            codec=context.codec.canonical_name,
            sample_rate=context.sample_rate,
            channels=channels,
            # Plain PCM names no layout; ffmpeg takes these two for granted.
            layout={1: "mono", 2: "stereo"}.get(channels, layout) if layout.endswith(" channels") else layout,
            start=span[0],
            duration=span[1],
        )

    def _captured(self) -> str | None:
        tags = [self.container.metadata, exif_times(self.head) if self.container.format.name == "jpeg_pipe" else {}]
        return capture_time(*tags, self.picture.metadata if self.picture else {})

    def _warnings(self, duration: Fraction | None) -> tuple[str, ...]:
        warnings = []
        promised = Fraction(self.container.duration or 0, 1_000_000)
        stated = self.container.format.name in DURATION_IS_STATED
        if stated and duration is not None and promised - duration > max(Fraction(1, 2), duration / 50):
            warnings.append(
                f"the header promises {format_seconds(promised)}, the file holds {format_seconds(duration)}"
            )
        if self.damaged:
            warnings.append("the file has damaged packets or an unreadable end; it may have been cut off")
        if self.picture and not self.pictures.shown:
            warnings.append("the picture it promises has no frames")
        if self.sounds and self.sounds.span(0) is None:
            warnings.append("the sound it promises is empty")
        return tuple(warnings)


def _is_decodable(stream: Stream) -> bool:
    """False for data that looks like a stream but has no decoder (PyAV gives those no codec context)."""
    return getattr(stream, "codec_context", None) is not None


def _is_footage(stream: VideoStream) -> bool:
    """Neither a cover nor a chapter's thumbnail."""
    import av

    kinds = av.stream.Disposition
    return _is_decodable(stream) and not stream.disposition & (kinds.attached_pic | kinds.timed_thumbnails)


def _is_upright(frame: VideoFrame) -> bool:
    """Whether there is no display matrix (3x3 numbers of 32 bits, row by row), or one that only scales."""
    try:
        # PyAV's annotation knows only the motion vectors among side data.
        matrix = bytes(cast("Mapping[str, bytes]", frame.side_data)["DISPLAYMATRIX"])
    except KeyError:
        return True
    except ValueError:  # PyAV has no names for the newer sorts of side data, EXIF among them, and then gives none
        return False
    across_x, across_y, _, down_x, down_y, *_ = struct.unpack_from("=9i", matrix)
    return bool(across_x > 0 and down_y > 0 and across_y == down_x == 0)


def _by_area(stream: VideoStream) -> tuple[bool, int, int]:
    context = stream.codec_context
    return _is_default(stream), context.width * context.height, -stream.index


def _by_channels(stream: AudioStream) -> tuple[bool, int, int]:
    return _is_default(stream), stream.codec_context.layout.nb_channels, -stream.index


def _is_default(stream: Stream) -> bool:
    import av

    return bool(stream.disposition & av.stream.Disposition.default)


def _add_sound(packet: Packet[Any], sounds: SoundTimes) -> None:
    time = packet.pts if packet.pts is not None else packet.dts
    if time is None:
        return
    skip = discard = 0
    if packet.has_sidedata("skip_samples"):
        data = bytes(packet.get_sidedata("skip_samples"))
        skip, discard = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")
    sounds.add(time, packet.duration or 0, trimmed=packet.is_discard, skip=skip, discard=discard)


def _named(names: Mapping[int, str], *values: int) -> str | None:
    return next((names[value] for value in values if value in names), None)
