"""The opponent: the same montage as one hand-written ffmpeg process with one filter graph.

Written as well as such a command can be: the footage has the canvas's size already, so nothing is scaled; each clip is put
on the output's grid and cut by counting; x264 has the same settings, but its own threads, and so have the decoders.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from benchmarks.bench import FPS, Bench
from benchmarks.measure import Measured, measure
from benchmarks.recipe_text import Cut, Montage
from montage_recipe.jobs.encoding import aac_options, video_options
from montage_recipe.recipe.model import Output
from montage_recipe.timecode import SAMPLE_RATE

_TAGS = "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
_SAMPLES = SAMPLE_RATE // FPS  # a frame


def build_in_one(bench: Bench, montage: Montage, output: Path) -> Measured:
    inputs = [argument for cut in montage.cuts for argument in ("-i", str(cut.src))]
    argv = (
        *(bench.engine.path, "-v", "error", "-nostdin", "-y", *inputs),
        *("-filter_complex", ";".join(_graph(montage)), "-map", "[v]", "-map", "[a]"),
        *_encoding(montage, output),
        *("-movflags", "+faststart", str(output)),
    )
    return measure(argv, bench)


def _encoding(montage: Montage, file: Path) -> tuple[str, ...]:
    """What montage-recipe tells the encoders, without the number of threads."""
    wanted = Output(
        at=(),
        name="",
        file=file,
        profile="h264-1080p",
        preset=montage.preset,
        crf=montage.crf,
        copy="never",
    )
    video = list(video_options(wanted, Fraction(FPS)))
    at = video.index("-threads")
    del video[at : at + 2]
    return (*video, *aac_options(wanted))


def _graph(montage: Montage) -> Iterator[str]:
    for number, cut in enumerate(montage.cuts):
        yield _picture(number, cut)
        yield _sound(number, cut)
    yield from _faded(montage) if montage.fade_frames else _concatenated(len(montage.cuts))


def _picture(number: int, cut: Cut) -> str:
    end = cut.start + cut.frames
    chain = f"fps={FPS}:start_time=0:round=near,trim=start_frame={cut.start}:end_frame={end},setpts=PTS-STARTPTS"
    return f"[{number}:v]{chain},setsar=1,format=yuv420p,{_TAGS}[v{number}]"


def _sound(number: int, cut: Cut) -> str:
    start, end = cut.start * _SAMPLES, (cut.start + cut.frames) * _SAMPLES
    even = f"aresample={SAMPLE_RATE}:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo"
    return f"[{number}:a]{even},apad,atrim=start_sample={start}:end_sample={end},asetpts=N/SR/TB[a{number}]"


def _concatenated(clips: int) -> Iterator[str]:
    streams = "".join(f"[v{number}][a{number}]" for number in range(clips))
    yield f"{streams}concat=n={clips}:v=1:a=1[v][a]"


def _faded(montage: Montage) -> Iterator[str]:
    fade = montage.fade_frames
    picture, sound, length = "v0", "a0", montage.cuts[0].frames
    for number, cut in enumerate(montage.cuts[1:], start=1):
        offset = (length - fade) / FPS
        yield f"[{picture}][v{number}]xfade=transition=fade:duration={fade / FPS}:offset={offset:.6f}[x{number}]"
        yield f"[{sound}][a{number}]acrossfade=ns={fade * _SAMPLES}:c1=qsin:c2=qsin[y{number}]"
        picture, sound, length = f"x{number}", f"y{number}", length + cut.frames - fade
    # xfade puts out 4:4:4.
    yield f"[{picture}]format=yuv420p,{_TAGS}[v]"
    yield f"[{sound}]anull[a]"
