"""A folder as a stranger may hand it in: footage, fonts, links and pipes that are not what their names say.

Beside it lies a secret, whose words must never be seen.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.engine import Engine
from tests.conftest import GOLDEN

CANARY = "CANARY-7f3a91"
ATTACKS = GOLDEN / "attacks"
NAMES = sorted(file.stem for file in ATTACKS.glob("*.yaml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    folder: Path  # what was handed in
    outside: Path  # around it, with secret.mp4, secret.txt and secret.ttf

    def foreign(self) -> set[str]:
        """What lies outside."""
        return {entry.name for entry in self.outside.iterdir()}


def hostile(place: Path, engine: Engine) -> Hostile:
    folder = place / "recipe"
    folder.mkdir(parents=True)
    (folder / "sub").mkdir()
    made = Hostile(folder=folder, outside=place)
    for name in ("secret.txt", "secret.ttf"):
        (place / name).write_text(f"recipe: 1\ntitle: {CANARY}\nclips: [{CANARY}, &a\n")
    for file in ATTACKS.glob("*.yaml"):
        shutil.copyfile(file, folder / file.name)
    _footage(folder, place, engine)
    _links(folder, place)
    _texts(folder, place)
    _pictures(folder)
    _fonts(folder)
    _recipes(folder)
    return made


def _ffmpeg(engine: Engine, *arguments: str | Path) -> None:
    argv = (engine.path, "-nostdin", "-v", "error", "-y", *map(str, arguments))
    subprocess.run(argv, check=True, timeout=60)


def _footage(folder: Path, outside: Path, engine: Engine) -> None:
    moving = ("-f", "lavfi", "-i", "testsrc2=s=64x36:d=1:r=10")
    _ffmpeg(engine, *moving, "-f", "lavfi", "-i", "sine=d=1", "-shortest", folder / "good.mp4")
    _ffmpeg(engine, *moving, "-metadata", f"title={CANARY}", outside / "secret.mp4")
    _ffmpeg(engine, *moving, "-frames:v", "1", folder / "good.png")
    _ffmpeg(engine, *moving, "-c:v", "magicyuv", folder / "magicyuv.avi")
    _ffmpeg(engine, *moving, "-c:v", "snow", "-strict", "-2", folder / "snow.avi")
    a_day_each = ("-vf", "setpts=N*86400/TB", "-frames:v", "3", "-fps_mode", "passthrough")
    _ffmpeg(engine, *moving, *a_day_each, folder / "days.mkv")
    (folder / "billion.mkv").write_bytes(b"YUV4MPEG2 W40000 H40000 F25:1 C420jpeg\nFRAME\n" + bytes(4096))
    with (folder / "huge.mp4").open("wb") as stream:
        stream.write((folder / "good.mp4").read_bytes())
        stream.truncate(17 << 30)  # holes take no room


def _links(folder: Path, outside: Path) -> None:
    (folder / ".kept").mkdir()
    for name, target in (
        ("link.mp4", "../secret.mp4"),
        ("link.ttf", "../secret.ttf"),
        ("link.yaml.part", "../secret.txt"),
        ("linked", ".."),
        ("shown", ".kept"),
        ("first-link.mp4", "sub/second-link.mp4"),
        ("sub/second-link.mp4", "../../secret.mp4"),
        ("environment.mp4", "/proc/self/environ"),
        ("zero.mp4", "/dev/zero"),
        ("loop.mp4", "loop.mp4"),
    ):
        (folder / name).symlink_to(target)
    (folder / "hard.mp4").hardlink_to(outside / "secret.mp4")
    (folder / "hard.yaml.part").hardlink_to(outside / "secret.txt")
    os.mkfifo(folder / "pipe.mp4")
    os.mkfifo(folder / "pipe.ttf")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path must be short
        try:
            listening.bind("socket.mp4")
        finally:
            os.chdir(here)


def _texts(folder: Path, outside: Path) -> None:
    secret = outside / "secret.mp4"
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
    for name, text in (
        ("hls.mp4", playlist.format(f"file://{secret}")),
        ("hls-net.mp4", playlist.format("http://127.0.0.1:9/secret.ts")),
        ("ffconcat.mp4", f"ffconcat version 1.0\nfile '{secret}'\n"),
        (
            "dash.mp4",
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
            f'<Representation id="0"><BaseURL>file://{secret}</BaseURL></Representation></AdaptationSet></Period></MPD>',
        ),
        ("sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
        ("svg.png", f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{secret}"/></svg>'),
        ("subtitles.mp4", "1\n00:00:00,000 --> 00:00:01,000\nhello\n"),
        ("inner-outside.yaml.part", "include: ../secret.txt\n"),
    ):
        (folder / name).write_text(text)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png_header(width: int, height: int) -> bytes:
    """The beginning of a grey PNG."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0))


def _pictures(folder: Path) -> None:
    (folder / "billion.png").write_bytes(png_header(32_000, 32_000) + chunk(b"IDAT", zlib.compress(bytes(1000))))
    rows = zlib.compressobj(1)
    packed = b"".join(rows.compress(bytes(14_001)) for _ in range(14_000)) + rows.flush()
    (folder / "grows.png").write_bytes(png_header(14_000, 14_000) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    bmp = struct.pack("<2sLHHLLllHHLLllLL", b"BM", 54, 0, 0, 54, 40, 32_000, 32_000, 1, 24, 0, 0, 0, 0, 0, 0)
    (folder / "billion.bmp").write_bytes(bmp + bytes(1000))
    picture = b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
    picture += b"\x02\x02\x44\x01\x00"
    colours = b"\x00\x00\x00\xff\xff\xff"
    (folder / "many.gif").write_bytes(b"GIF89a\x01\x00\x01\x00\x80\x00\x00" + colours + picture * 20_010 + b"\x3b")
    (folder / "many.png").write_bytes(_apng(20_010))


def _apng(pictures: int) -> bytes:
    pixels, number = zlib.compress(b"\0\0"), 0
    parts = [png_header(1, 1), chunk(b"acTL", struct.pack(">LL", pictures, 0))]
    for picture in range(pictures):
        parts.append(chunk(b"fcTL", struct.pack(">LLLLLHHBB", number, 1, 1, 0, 0, 1, 100, 0, 0)))
        number += 1
        if picture == 0:
            parts.append(chunk(b"IDAT", pixels))
        else:
            parts.append(chunk(b"fdAT", struct.pack(">L", number) + pixels))
            number += 1
    return b"".join((*parts, chunk(b"IEND", b"")))


def _fonts(folder: Path) -> None:
    (folder / "none.ttf").write_text("this is no font\n")
    (folder / "woff.ttf").write_bytes(b"wOFF" + bytes(40) + zlib.compress(bytes(1 << 20)))
    group = struct.pack(">HHLLLLLL", 12, 0, 28, 0, 1, 0, 0xFFFFFFFE, 0)
    cmap = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + group
    table = struct.pack(">4sLLL", b"cmap", 0, 28, len(cmap))
    (folder / "endless.ttf").write_bytes(struct.pack(">LHHHH", 0x10000, 1, 16, 0, 0) + table + cmap)
    with (folder / "large.ttf").open("wb") as stream:
        stream.write(b"\0\1\0\0")
        stream.truncate((64 << 20) + 2)


def _recipes(folder: Path) -> None:
    """The parts that are too long to be kept as files."""
    clips = "".join("  - {src: good.mp4}\n" for _ in range(10_000))
    (folder / "clips.yaml.part").write_text(f"clips:\n{clips}")
