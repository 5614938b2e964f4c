"""Small sources (2 s or less) of every oddity that footage has, made by ffmpeg, with the facts a probe must find.

`build(source, ffmpeg, folder)` makes one; a test that needs several takes the `odd` fixture of tests/media/conftest.py.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OddSource:
    """`commands(target, scratch)` are ffmpeg's arguments, one process each; `finish` then changes the file's bytes."""

    name: str  # also the file's name
    commands: Callable[[Path, Path], tuple[Argv, ...]] = lambda target, scratch: ()
    finish: Callable[[Path], None] | None = None
    facts: Mapping[str, object] = field(default_factory=dict)  # "video.rotation": 90
    refused: str | None = None  # the diagnostic's code
    warned: bool = False


def build(source: OddSource, ffmpeg: str, folder: Path) -> Path:
    """Makes the file in `folder`; its name is the source's."""
    target, scratch = folder / source.name, folder / f"scratch-{source.name}.mp4"
    for argv in source.commands(target, scratch):
        subprocess.run(
            (ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y", *argv),
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
    scratch.unlink(missing_ok=True)
    if source.finish:
        source.finish(target)
    return target


# --- pictures and sounds ------------------------------------------------------------------------------------------


def picture(seconds: float = 1, *, size: str = "160x90", rate: str = "25") -> Argv:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def sound(seconds: float = 1, *, rate: int = 48000, channels: str = "stereo") -> Argv:
    return ("-f", "lavfi", "-i", f"sine=f=440:r={rate}:d={seconds},aformat=channel_layouts={channels}")


X264: Argv = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1")
X264_B_FRAMES: Argv = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "10", "-pix_fmt", "yuv420p")
X265: Argv = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1")


def _one(*arguments: str) -> Callable[[Path, Path], tuple[Argv, ...]]:
    return lambda target, scratch: ((*arguments, f"file:{target}"),)


def _copied(first: Argv, second: Argv, *, before: Argv = ()) -> Callable[[Path, Path], tuple[Argv, ...]]:
    """Encodes to a scratch file, then copies its streams with other options."""
    return lambda target, scratch: (
        (*first, f"file:{scratch}"),
        (*before, "-i", f"file:{scratch}", "-map", "0", "-c", "copy", *second, f"file:{target}"),
    )


# --- bytes that ffmpeg does not write -----------------------------------------------------------------------------

_IDENTITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_TURNS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
_UPSIDE_DOWN = (1, 0, 0, -1)  # mirrored, not turned


def _shown_by(turn: tuple[int, int, int, int]) -> Callable[[Path], None]:
    """Writes the display matrix of the picture's track: of a phone held upright, which is shown turned clockwise."""

    def write(file: Path) -> None:
        a, b, c, d = (value * 0x10000 for value in turn)
        data = file.read_bytes()
        at = data.index(_IDENTITY, data.index(b"tkhd"))
        matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
        file.write_bytes(data[:at] + matrix + data[at + len(matrix) :])

    return write


def _exif(orientation: int, taken: str) -> Callable[[Path], None]:
    """Puts an EXIF block, with the orientation and the time it was taken, behind a JPEG's first marker."""

    def write(file: Path) -> None:
        entry = struct.Struct(">HHI4s")
        stamp = taken.encode() + b"\0"
        first_ifd = 8
        exif_ifd = first_ifd + 2 + 2 * entry.size + 4
        stamp_at = exif_ifd + 2 + entry.size + 4
        tiff = b"MM\0*" + struct.pack(">I", first_ifd)
        tiff += struct.pack(">H", 2) + entry.pack(0x0112, 3, 1, struct.pack(">HH", orientation, 0))
        tiff += entry.pack(0x8769, 4, 1, struct.pack(">I", exif_ifd)) + bytes(4)
        tiff += struct.pack(">H", 1) + entry.pack(0x9003, 2, len(stamp), struct.pack(">I", stamp_at)) + bytes(4) + stamp
        block = b"Exif\0\0" + tiff
        data = file.read_bytes()
        file.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:])

    return write


def _cut_to(part: float) -> Callable[[Path], None]:
    def cut(file: Path) -> None:
        os.truncate(file, int(file.stat().st_size * part))

    return cut


def _holding(content: bytes) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_bytes(content)

    return write


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.mkdir()


def _nothing(file: Path) -> None:
    """The file is not there."""


_PHONE_TAGS: Argv = ("-metadata", "creation_time=2024-05-06T07:08:09Z")
_BT2020 = "color_primaries=bt2020:colorspace=bt2020nc"
_PLAIN_25 = {"kind": "video", "video.rate": Fraction(25), "video.constant_rate": True, "video.frames": 25}

ODD_SOURCES: tuple[OddSource, ...] = (
    # --- geometry
    *(
        OddSource(
            name=f"rotated-{degrees}.mp4",
            commands=_one(*picture(), *sound(), *X264, "-c:a", "aac", *_PHONE_TAGS),
            finish=_shown_by(_TURNS[degrees]),
            facts=_PLAIN_25
            | {"video.rotation": degrees, "video.width": 160, "video.height": 90, "captured": "2024-05-06T07:08:09Z"}
            | {"video.upright": False},
        )
        for degrees in (90, 180, 270)
    ),
    OddSource(
        name="mirrored.mp4",
        commands=_one(*picture(), *X264),
        finish=_shown_by(_UPSIDE_DOWN),
        facts=_PLAIN_25 | {"video.rotation": 0, "video.upright": False},
    ),
    OddSource(
        name="wide-samples.mp4",
        commands=_one(*picture(), "-vf", "setsar=4/3", *X264),
        facts=_PLAIN_25 | {"video.sar": Fraction(4, 3), "video.width": 160, "video.upright": True},
    ),
    OddSource(
        name="odd-size.mp4",
        commands=_one(
            *picture(), "-vf", "scale=161:121", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p"
        ),
        facts=_PLAIN_25 | {"video.width": 161, "video.height": 121, "video.pixel_format": "yuv444p"},
    ),
    # --- time
    OddSource(
        name="vfr.mp4",
        commands=_one(*picture(rate="30"), "-vf", "select='mod(n\\,5)-3'", "-fps_mode", "vfr", *X264),
        facts={"video.constant_rate": False, "video.frames": 24, "video.keyframes": ()},
    ),
    OddSource(
        name="ntsc.mkv",
        commands=_one(*picture(rate="30000/1001"), *sound(), *X264, "-c:a", "flac"),
        facts={"video.rate": Fraction(30000, 1001), "video.constant_rate": True, "audio.start": Fraction(0)},
    ),
    OddSource(
        name="b-frames.mp4",
        commands=_one(*picture(), *sound(), *X264_B_FRAMES, "-c:a", "aac"),
        facts=_PLAIN_25 | {"video.start": Fraction(0), "video.keyframes": (0, 10, 20), "audio.start": Fraction(0)},
    ),
    OddSource(
        name="open-gop.mp4",
        commands=_one(*picture(), *X264_B_FRAMES, "-x264-params", "open-gop=1:scenecut=0:b-adapt=0"),
        facts=_PLAIN_25 | {"video.keyframes": (0,)},
    ),
    OddSource(
        name="late-sound.mp4",
        commands=_one(*picture(), "-itsoffset", "0.4", *sound(0.5), *X264, "-c:a", "aac"),
        facts=_PLAIN_25 | {"video.start": Fraction(0), "audio.start": Fraction(142, 375)},
    ),
    OddSource(
        name="late-picture.mkv",
        commands=_one(*sound(), "-itsoffset", "0.2", *picture(), *X264, "-c:a", "pcm_s16le"),
        facts=_PLAIN_25 | {"video.start": Fraction(1, 5), "audio.start": Fraction(0), "duration": Fraction(6, 5)},
    ),
    OddSource(
        name="edit-list-shift.mp4",
        commands=_one(*sound(), "-itsoffset", "0.2", *picture(), *X264, "-c:a", "aac"),
        facts=_PLAIN_25 | {"video.start": Fraction(1, 5), "audio.start": Fraction(0)},
    ),
    OddSource(
        name="edit-list-trim.mp4",
        commands=_copied((*picture(2), *sound(2), *X264_B_FRAMES, "-c:a", "aac"), (), before=("-ss", "0.5")),
        facts={"kind": "video", "video.constant_rate": True},
    ),
    OddSource(
        name="negative-start.mkv",
        commands=_copied(
            (*picture(), *sound(), *X264, "-c:a", "flac"),
            ("-output_ts_offset", "-0.2", "-avoid_negative_ts", "disabled"),
        ),
        facts=_PLAIN_25 | {"video.start": Fraction(0), "audio.start": Fraction(0), "seekable": False},
    ),
    OddSource(
        name="fragmented.mp4",
        commands=_one(*picture(), *X264, "-g", "5", "-movflags", "+frag_keyframe+empty_moov"),
        facts=_PLAIN_25 | {"video.duration": Fraction(1), "video.keyframes": (0, 5, 10, 15, 20)},
    ),
    OddSource(
        name="piped.webm",  # a pipe cannot be gone back in, so the header has no duration
        commands=lambda target, scratch: (
            (*picture(), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-f", "webm", "-live", "1", f"file:{target}"),
        ),
        facts=_PLAIN_25 | {"video.codec": "vp9", "video.decoder": None},
    ),
    OddSource(
        name="cut-off.mp4",
        commands=_one(*picture(2), *X264, "-g", "10", "-movflags", "+faststart"),
        finish=_cut_to(0.6),
        facts={"kind": "video", "video.constant_rate": True},
        warned=True,
    ),
    # --- pictures
    OddSource(
        name="interlaced-mpeg2.mpg",
        commands=_one(
            *picture(rate="50", size="176x144"),
            *("-vf", "tinterlace=interleave_top", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-g", "12"),
        ),
        facts={"video.codec": "mpeg2video", "video.interlaced": True, "video.frames": 25, "seekable": False},
    ),
    OddSource(
        name="interlaced-h264.mp4",
        commands=_one(
            *picture(rate="50", size="176x144"),
            *("-vf", "tinterlace=interleave_top,setfield=tff", *X264, "-flags", "+ildct+ilme"),
        ),
        facts=_PLAIN_25 | {"video.interlaced": True},
    ),
    OddSource(
        name="full-range.mp4",
        commands=_one(*picture(), "-vf", "scale=out_range=full", *X264, "-color_range", "pc"),
        facts=_PLAIN_25 | {"video.full_range": True},
    ),
    OddSource(
        name="hdr-pq.mp4",
        commands=_one(*picture(), "-vf", f"setparams=range=tv:{_BT2020}:color_trc=smpte2084", *X265),
        facts=_PLAIN_25
        | {
            "video.transfer": "smpte2084",
            "video.primaries": "bt2020",
            "video.matrix": "bt2020nc",
            "video.bit_depth": 10,
        },
    ),
    OddSource(
        name="hdr-hlg.mov",
        commands=_one(*picture(), "-vf", f"setparams=range=tv:{_BT2020}:color_trc=arib-std-b67", *X265),
        facts=_PLAIN_25 | {"video.transfer": "arib-std-b67", "video.codec": "hevc", "video.full_range": False},
    ),
    OddSource(
        name="alpha-vp9.webm",
        commands=_one(
            *picture(), "-vf", "format=yuva420p,fade=in:0:10:alpha=1", "-c:v", "libvpx-vp9", "-cpu-used", "8"
        ),
        facts=_PLAIN_25 | {"video.alpha": True, "video.decoder": "libvpx-vp9", "video.pixel_format": "yuva420p"},
    ),
    OddSource(
        name="alpha-vp8.webm",
        commands=_one(*picture(), "-vf", "format=yuva420p", "-c:v", "libvpx", "-auto-alt-ref", "0", "-cpu-used", "8"),
        facts=_PLAIN_25 | {"video.alpha": True, "video.decoder": "libvpx"},
    ),
    OddSource(
        name="hidden-frames-vp8.webm",
        commands=_one(*picture(2), *("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "200k")),
        facts={"video.frames": 50, "video.alpha": False, "video.rate": Fraction(25)},
    ),
    OddSource(
        name="prores-alpha.mov",
        commands=_one(*picture(0.2), *("-vf", "format=yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4444")),
        facts={"video.alpha": True, "video.decoder": None, "video.frames": 5},
    ),
    # --- sound
    OddSource(
        name="mono-44100.mp4",
        commands=_one(*picture(), *sound(rate=44100, channels="mono"), *X264, "-c:a", "aac"),
        facts={"audio.sample_rate": 44100, "audio.channels": 1, "audio.layout": "mono"},
    ),
    OddSource(
        name="surround.mp4",
        commands=_one(*picture(), *sound(channels="5.1"), *X264, "-c:a", "ac3"),
        facts={"audio.channels": 6, "audio.layout": "5.1(side)"},
    ),
    OddSource(name="silent.mp4", commands=_one(*picture(), *X264), facts=_PLAIN_25 | {"audio": None}),
    OddSource(
        name="music.wav",
        commands=_one(*sound(rate=22050, channels="mono")),
        facts={"kind": "audio", "video": None, "duration": Fraction(1), "audio.sample_rate": 22050},
    ),
    OddSource(
        name="music.mp3",
        commands=_one(*sound(rate=44100), "-c:a", "libmp3lame"),
        facts={"kind": "audio", "audio.start": Fraction(0), "duration": Fraction(1)},
    ),
    OddSource(
        name="music.m4a",
        commands=_one(*sound(), "-c:a", "aac"),
        facts={"kind": "audio", "audio.start": Fraction(0), "duration": Fraction(1)},
    ),
    OddSource(name="music.ogg", commands=_one(*sound(), "-c:a", "libvorbis"), facts={"kind": "audio"}),
    OddSource(
        name="cover.mp3",
        commands=_one(
            *sound(), *picture(0.04), *("-map", "0", "-map", "1", "-frames:v", "1", "-c:v", "png", "-c:a", "libmp3lame")
        ),
        facts={"kind": "audio", "video": None},
    ),
    OddSource(
        name="cover.mp4",
        commands=_one(
            *picture(0.04, size="640x480"),
            *picture(),
            *("-map", "0", "-map", "1", "-c:v:0", "png", "-disposition:v:0", "attached_pic"),
            *("-c:v:1", "libx264", "-preset", "ultrafast", "-pix_fmt:v:1", "yuv420p"),
        ),
        facts=_PLAIN_25 | {"video.width": 160},
    ),
    # --- containers that cannot be sought in
    OddSource(
        name="camera.ts",
        commands=_one(*sound(1.5), "-itsoffset", "0.3", *picture(), *X264_B_FRAMES, "-c:a", "aac"),
        facts=_PLAIN_25 | {"seekable": False, "video.start": Fraction(128, 375), "audio.start": Fraction(0)},
    ),
    OddSource(
        name="camera.avi",
        commands=_one(*picture(), *sound(), "-c:v", "mjpeg", "-c:a", "pcm_s16le"),
        facts=_PLAIN_25 | {"video.full_range": True, "seekable": False},
    ),
    OddSource(
        name="camera.flv",
        commands=_one(*picture(), *sound(), *X264, "-c:a", "aac"),
        facts=_PLAIN_25 | {"seekable": False},
    ),
    # --- stills and animations
    OddSource(
        name="animated.gif",
        commands=_one(*picture(rate="10")),
        facts={"kind": "video", "animated": True, "video.frames": 10, "video.alpha": True, "seekable": False},
    ),
    OddSource(
        name="still.gif",
        commands=_one(*picture(0.1, rate="10")),
        facts={"kind": "image", "animated": False, "duration": None},
    ),
    OddSource(
        name="animated.apng",
        commands=_one(*picture(rate="10"), "-plays", "0", "-f", "apng"),
        facts={"kind": "video", "animated": True, "video.frames": 10},
    ),
    OddSource(
        name="alpha.png",
        commands=_one(*picture(), "-vf", "format=rgba,colorchannelmixer=aa=0.5", "-frames:v", "1"),
        facts={"kind": "image", "video.alpha": True, "video.rate": None, "duration": None, "video.frames": 1},
    ),
    OddSource(
        name="palette.png",  # an image optimiser's, whose transparency is in its palette
        commands=_one(
            *picture(),
            *("-vf", "format=rgba,geq=r=200:g=0:b=0:a='255*gte(X,80)',palettegen=reserve_transparent=1"),
            *("-frames:v", "1", "-pix_fmt", "pal8"),
        ),
        facts={"kind": "image", "video.alpha": True},
    ),
    OddSource(
        name="upright.jpg",
        commands=_one(*picture(), "-frames:v", "1"),
        finish=_exif(6, "2021:12:24 18:30:00"),
        facts={"kind": "image", "video.rotation": 90, "video.width": 160, "captured": "2021-12-24T18:30:00"},
    ),
    OddSource(
        name="frame-%03d.png",  # the same letters are a pattern of many files to ffmpeg
        commands=lambda target, scratch: (
            (*picture(), "-frames:v", "1", "-update", "1", "-f", "image2", f"file:{target}"),
        ),
        facts={"kind": "image"},
    ),
    OddSource(name="photo.webp", commands=_one(*picture(), "-frames:v", "1"), facts={"kind": "image"}),
    OddSource(name="photo.bmp", commands=_one(*picture(), "-frames:v", "1"), facts={"kind": "image"}),
    OddSource(name="photo.tiff", commands=_one(*picture(), "-frames:v", "1"), facts={"kind": "image"}),
    # --- no media at all
    OddSource(name="empty.mp4", finish=_holding(b""), refused="media-empty"),
    OddSource(name="text.mp4", finish=_holding(b"This is no film.\n" * 40), refused="media-unreadable"),
    OddSource(
        name="pointer.mp4",
        finish=_holding(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
        refused="git-lfs-pointer",
    ),
    OddSource(
        name="playlist.mp4",
        finish=_holding(b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsilent.mp4\n#EXT-X-ENDLIST\n"),
        refused="media-unreadable",
    ),
    OddSource(name="list.mp4", finish=_holding(b"ffconcat version 1.0\nfile silent.mp4\n"), refused="media-unreadable"),
    OddSource(
        name="captions.srt", finish=_holding(b"1\n00:00:00,000 --> 00:00:01,000\nHi\n"), refused="media-unreadable"
    ),
    OddSource(name="folder.mp4", finish=_folder, refused="media-not-a-file"),
    OddSource(name="pipe.mp4", finish=_pipe, refused="media-not-a-file"),
    OddSource(name="absent.mp4", finish=_nothing, refused="missing-media"),
)
