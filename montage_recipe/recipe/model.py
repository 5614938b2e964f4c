"""What the author asked, typed, with every default filled in. One `Recipe` is one output."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from montage_recipe.checks.spec import CheckUse
from montage_recipe.diagnostics import RecipePath
from montage_recipe.effects.spec import EffectUse
from montage_recipe.recipe.kinds import Anchor, Color, Gain, Size
from montage_recipe.timecode import Time

# `at`, on each record that an author can write more than once, is its place in the recipe: ("clips", 3).


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    size: Size
    fps: Fraction
    background: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedMedia:
    """`generate:`; footage made by ffmpeg itself."""

    at: RecipePath
    generator: str  # a name of generate.ALL_GENERATORS
    duration: Time
    params: object  # that generator's parameter record


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMedia:
    at: RecipePath
    file: Path  # absolute, normalised, not resolved through symlinks
    url: str = ""  # where `fetch` gets it from
    sha256: str = ""  # what its content must be; "" is anything


MediaSource = GeneratedMedia | FileMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionUse:
    at: RecipePath
    type: str  # a name of transitions.ALL_TRANSITIONS, or "none"
    duration: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleUse:
    at: RecipePath
    factor: int
    model: str  # a name of models.ALL_MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    at: RecipePath
    id: str | None
    src: MediaSource
    in_: Time  # in the source, default 0
    out: Time | None  # in the source, exclusive
    duration: Time | None  # length of the part taken from the source (for a still: how long it shows)
    fit: str  # cover, contain, fill, none, blur
    speed: Fraction  # 2 is twice as fast
    volume: Gain
    effects: tuple[EffectUse, ...]
    transition: TransitionUse  # from the clip before, or from the background for the first
    upscale: UpscaleUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    at: RecipePath
    text: str
    start: Anchor
    end: Anchor | None  # exactly one of end and duration is set
    duration: Time | None
    position: str  # one of the nine named places, or lower-third
    size: Fraction  # height of a line of text, as a part of the canvas height (5% is 1/20)
    color: Color
    font: Path | None  # a font file; None is the built-in font
    style: str  # plain (outline and shadow), boxed
    fade: Time  # fade in and fade out, each


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One entry of `audio:`; music or a sound under the clips."""

    at: RecipePath
    src: MediaSource
    start: Anchor
    end: Anchor | None  # None: where the montage or (without loop) the sound ends, whichever is first
    in_: Time
    out: Time | None
    loop: bool
    volume: Gain
    fade_in: Time
    fade_out: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    integrated: Fraction  # LUFS
    true_peak: Fraction  # dBTP


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    at: RecipePath
    name: str  # `--output NAME`: the file's stem, or `name:`
    file: Path  # absolute
    profile: str  # a name of jobs.profiles.ALL_PROFILES
    preset: str | None  # the encoder's preset; None is the profile's
    crf: int | None  # None is the profile's
    copy: str  # auto or never


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    hosts: tuple[str, ...]  # names of the user's hosts; empty is all of them
    on_failure: str  # fail, local, lanczos


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    file: Path
    title: str
    canvas: Canvas
    clips: tuple[Clip, ...]
    titles: tuple[Title, ...]
    audio: tuple[Sound, ...]
    loudness: Loudness | None
    output: Output
    gpu: Gpu = Gpu(hosts=(), on_failure="fail")
    checks: tuple[CheckUse, ...] = ()
