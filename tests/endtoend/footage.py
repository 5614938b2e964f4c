"""Synthesised footage: small, and made so that what is seen and heard of it can be told exactly."""

from __future__ import annotations

import subprocess
from pathlib import Path

from montage_recipe.engine import Engine
from tests.engines import ENGINES

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p")
BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
LOSSLESS = (*X264, "-qp", "0")

# The flash and the beep of `metronome`, both this long and beginning on every full second.
BEAT_S = 0.1


def ffmpeg(*arguments: str | Path, engine: Engine = ENGINES[0]) -> None:
    """Runs ffmpeg, which must succeed."""
    argv = (engine.path, "-hide_banner", "-nostdin", "-loglevel", "error", "-y", *(str(a) for a in arguments))
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=120)


def pattern(file: Path, *, seconds: float, rate: str = "30", size: str = "160x90", sound: bool = True) -> Path:
    """A moving test picture, no two frames alike, with a tone."""
    heard = ("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}", "-c:a", "aac") if sound else ()
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}", *heard, *X264, "-g", "15", file)
    return file


def raw(file: Path, *, seconds: float, rate: str = "30", size: str = "64x36") -> Path:
    """A moving test picture with a tone, nothing compressed: the same bytes from every ffmpeg and on every machine."""
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"),
        *("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}"),
        *("-c:v", "rawvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-fflags", "+bitexact", file),
    )
    return file


def flat(file: Path, color: str, *, seconds: float = 1, rate: str = "30", size: str = "160x90") -> Path:
    """One colour, BT.709, without sound."""
    ffmpeg("-f", "lavfi", "-i", f"color={color}:s={size}:r={rate}:d={seconds}", *_BT709_FROM_RGB, *X264, file)
    return file


_BT709_FROM_RGB = ("-vf", "scale=out_color_matrix=bt709:out_range=tv", *BT709)


def metronome(file: Path, *, seconds: int, rate: str = "30", sample_rate: int = 44100, uneven: bool = False) -> Path:
    """Black and silent, but for a white flash and a beep on every full second; mono. `uneven` leaves out every fifth
    frame, never one on which a flash begins."""
    flash = f"geq=lum='if(lt(mod(T+0.001,1),{BEAT_S}),235,16)':cb=128:cr=128"
    thinned = ",select='mod(n,5)-3'" if uneven else ""
    beep = f"if(lt(mod(t,1),{BEAT_S}),0.7*sin(2*PI*1000*t),0)"
    ffmpeg(
        *("-f", "lavfi", "-i", f"color=black:s=64x36:r={rate}:d={seconds},{flash}{thinned}"),
        *("-f", "lavfi", "-i", f"aevalsrc='{beep}':s={sample_rate}:d={seconds}"),
        *(*X264, "-g", "30", "-fps_mode", "vfr", "-c:a", "aac", "-b:a", "128k", file),
    )
    return file


def tone(file: Path, *, seconds: float, frequency: int = 480, amplitude: float = 0.5) -> Path:
    """A sine at 48 kHz, stereo, that begins with phase 0."""
    wave = f"{amplitude}*sin(2*PI*{frequency}*t)"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{wave}|{wave}':s=48000:d={seconds}", "-c:a", "pcm_s24le", file)
    return file


def photo(file: Path, *, size: str = "160x90") -> Path:
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:d=1", "-frames:v", "1", "-update", "1", file)
    return file
