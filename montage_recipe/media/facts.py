"""What the files are. Made by `probe`, the only reader of media; everything after works from these values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class MediaKind(StrEnum):
    VIDEO = "video"
    IMAGE = "image"  # one frame, no duration of its own
    AUDIO = "audio"  # no picture besides a cover


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    index: int  # the stream's index in the file, for -map 0:INDEX; covers (attached pictures) are never chosen
    codec: str  # ffmpeg's name: h264, hevc, vp9, mjpeg
    decoder: str | None  # a decoder to name before -i where the default one is wrong (VP9 with alpha: libvpx-vp9)
    width: int  # as stored, before rotation and sample aspect ratio
    height: int
    rotation: int  # clockwise degrees a player turns the picture by: 0, 90, 180, 270
    upright: bool  # it is certain that players show it as stored: neither turned nor mirrored
    sar: Fraction  # sample aspect ratio; 1 when unknown
    rate: Fraction | None  # average frames a second, counted from the packets; None for one frame
    constant_rate: bool  # every step between frames equals 1/rate exactly (to the time base's precision)
    pixel_format: str
    bit_depth: int
    alpha: bool
    interlaced: bool
    full_range: bool
    primaries: str | None  # ffmpeg's names: bt709, smpte170m, bt2020; None when not tagged
    transfer: str | None  # bt709, smpte2084, arib-std-b67
    matrix: str | None  # bt709, smpte170m, bt2020nc
    start: Fraction  # seconds of the first frame after the container's start
    duration: Fraction  # seconds from that frame to the end of the last one
    frames: int
    # Frame numbers (presentation order, from 0) of closed-GOP keyframes: no frame decoded after one is shown before it.
    # Only for sources of constant rate; empty otherwise.
    keyframes: tuple[int, ...]
    extradata: str  # sha256 of the codec's parameter sets, "" when there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    start: Fraction  # seconds after the container's start
    duration: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    file: str  # absolute path, for messages and for linking; never part of a job's key
    fingerprint: str  # sha256 of the file's content; of a generated medium: its generating job's key
    size_bytes: int
    container: str  # ffmpeg's format name: mov,mp4,m4a,3gp,3g2,mj2
    kind: MediaKind
    duration: Fraction | None  # seconds from the container's start to the end of its longest stream; None for stills
    # False where `-ss` before `-i` is not reliable (MPEG-TS: 0 frames with status 0); such files are read from their
    # start.
    seekable: bool
    animated: bool  # GIF and the like: has no sound and loops by itself
    video: VideoFacts | None
    audio: AudioFacts | None
    captured: str | None = None  # when it was shot, ISO 8601, as the camera wrote it (UTC or the place's own time)
    warnings: tuple[str, ...] = ()  # e.g. the header promises more than the file holds
