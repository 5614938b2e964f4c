"""A film's measured numbers, without any film: those of one without fault, and how they are changed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from montage_recipe.checks import CHECKS
from montage_recipe.checks.film import Film, Format, Scene, ShownTitle
from montage_recipe.checks.measured import (
    Box,
    Header,
    Measured,
    PictureStatistics,
    PictureStream,
    SoundStatistics,
    SoundStream,
)
from montage_recipe.checks.spec import CheckUse, Judgement
from montage_recipe.diagnostics import RecipePath
from montage_recipe.media.containers import MP4

RATE, FRAMES = Fraction(30), 300
STEPS = 1000
FILM = Film(
    name="film",
    rate=RATE,
    frames=FRAMES,
    format=Format(
        container=MP4,
        width=1920,
        height=1080,
        rate=RATE,
        picture_codec="h264",
        codec_profiles=("High", "Main"),
        pixel_format="yuv420p",
        sound_codec="aac",
        sample_rate=48000,
        channels=2,
    ),
    integrated=Fraction(-14),
    true_peak=Fraction(-1),
    scenes=(
        Scene(at=("clips", 0), name="clip 1 (walk)", frames=(0, 150)),
        Scene(at=("clips", 1), name="clip 2", frames=(150, 300)),
    ),
    titles=(ShownTitle(at=("titles", 0), text="Hello", frames=(30, 90)),),
)
HEADER = Header(
    size_bytes=10_000_000,
    container=MP4,
    pictures=1,
    sounds=1,
    others=0,
    picture=PictureStream(
        codec="h264",
        width=1920,
        height=1080,
        pixel_format="yuv420p",
        sar=Fraction(1),
        rotation=0,
        full_range=False,
        profile="High",
        primaries="bt709",
        transfer="bt709",
        matrix="bt709",
        rate=RATE,
        frames=FRAMES,
        start=Fraction(0),
        end=Fraction(10),
        uneven=None,
    ),
    sound=SoundStream(codec="aac", sample_rate=48000, channels=2, start=Fraction(0), end=Fraction(10)),
)


def measured(**changes: Any) -> Measured:
    """A film without fault, changed."""
    sound = SoundStatistics(
        rms=np.full((STEPS, 2), -20, np.float32),
        peak=np.full((STEPS, 2), -12, np.float32),
        flat=np.zeros(STEPS, bool),
        integrated=-14.1,
        true_peak=-1.2,
    )
    picture = PictureStatistics(
        times=np.arange(FRAMES + 1) / 30,
        change=np.full(FRAMES, 2, np.float32),
        black=np.zeros(FRAMES, bool),
        bars=np.zeros((FRAMES, 4), np.float32),
    )
    letters: dict[RecipePath, Box] = {("titles", 0): Box(left=200, right=1700, top=500, bottom=580)}
    return replace(Measured(header=HEADER, picture=picture, sound=sound, letters=letters), **changes)


def judged(name: str, found: Measured, film: Film = FILM, **params: Any) -> Judgement:
    use = CheckUse(at=("checks", 0), name=name, params=CHECKS[name].params(**params))
    return CHECKS[name].judge(use, film, found)


def codes(name: str, found: Measured, film: Film = FILM, **params: Any) -> list[str]:
    return [finding.code for finding in judged(name, found, film, **params).findings]


def header(**changes: Any) -> Measured:
    return measured(header=replace(HEADER, **changes))


def with_picture(**changes: Any) -> Measured:
    assert HEADER.picture
    return header(picture=replace(HEADER.picture, **changes))


def with_sound_stream(**changes: Any) -> Measured:
    assert HEADER.sound
    return header(sound=replace(HEADER.sound, **changes))


def with_sound(**changes: Any) -> Measured:
    sound = measured().sound
    assert sound
    return measured(sound=replace(sound, **changes))


def with_statistics(**changes: Any) -> Measured:
    picture = measured().picture
    assert picture
    return measured(picture=replace(picture, **changes))


def marked(count: int, first: int, last: int) -> Any:
    marks = np.zeros(count, bool)
    marks[first:last] = True
    return marks
