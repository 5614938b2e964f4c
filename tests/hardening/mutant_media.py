"""The folder in which mutants live: real footage, hostile files beside it, parts to include, and a canary outside."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

from montage_recipe.titles.fonts import builtin_fonts
from tests.endtoend.footage import ffmpeg, pattern, photo, tone
from tests.hardening.drafts import ROOT

CANARY = "canary"  # a folder beside the mutants', which nothing may open


def make_place(folder: Path, *, port: int = 9) -> Path:
    """Fills `folder` with a canary and a place for mutants, which is returned; `port` is that of a canary that listens."""
    place, canary = folder / "place", folder / CANARY
    footage = place / "footage"
    footage.mkdir(parents=True)
    canary.mkdir()
    for name in ("secret.mp4", "secret.ts", "secret.png"):
        (canary / name).write_bytes(b"secret\n")
    pattern(footage / "a.mp4", seconds=3)
    pattern(footage / "b.mov", seconds=2, rate="25", sound=False)
    tone(footage / "tone.wav", seconds=4)
    ffmpeg("-i", footage / "tone.wav", footage / "theme.flac")
    photo(footage / "photo.png")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x36:r=10:d=1", footage / "animation.gif")
    _make_hostile(footage, canary, port)
    for file in (ROOT / "recipes").rglob("*.yaml"):
        target = place / file.relative_to(ROOT / "recipes")
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, target)
    for file in (ROOT / "tests" / "golden" / "bad_recipes").glob("*.yaml"):
        shutil.copyfile(file, place / file.name)
    return place


def _make_hostile(footage: Path, canary: Path, port: int) -> None:
    whole = (footage / "a.mp4").read_bytes()
    secret = canary / "secret.ts"
    address = f"http://127.0.0.1:{port}/a.ts"
    for name, content in {
        "cut-off.mp4": whole[: len(whole) // 2],
        "empty.mp4": b"",
        "text.mp4": b"a text\n" * 100,
        "noise.mp4": whole[:64] + bytes(n * 7919 % 251 for n in range(20_000)),
        "playlist.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n".encode(),
        "network.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n".encode(),
        "concat.mp4": f"ffconcat version 1.0\nfile {secret}\nfile {address}\n".encode(),
        "secret.mp4": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n".encode(),
        "still.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{canary}/secret.png"/></svg>'.encode(),
        "odd.ttf": b"\0\1\0\0" + bytes(n * 31 % 256 for n in range(4000)),
        "big.png": _large_png(30_000),
    }.items():
        (footage / name).write_bytes(content)
    photo(footage / "z001.png")
    shutil.copyfile(footage / "photo.png", footage / "z%03d.png")
    shutil.copyfile(footage / "a.mp4", footage / "ünï 'q' \"d\" $x.mp4")
    shutil.copyfile(builtin_fonts()[0], footage / "font.ttf")
    os.mkfifo(footage / "pipe.mp4")
    (footage / "loop.mp4").symlink_to("loop.mp4")
    (footage / "dangling.mp4").symlink_to("nowhere.mp4")
    (footage / "folder.mp4").mkdir()


def _large_png(side: int) -> bytes:
    """Some 100 kB that would be `side` times `side` pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    pixels = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 1)
    packed = b"".join(pixels.compress(row) for _ in range(side)) + pixels.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
