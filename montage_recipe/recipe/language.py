"""The recipe language: every mapping an author writes, as a record of its keys.

The records hold what the author wrote, typed. `None` means that the key is absent and its meaning depends on another
place, as its documentation says; `expand` fills it in. The schema and the reference page are derived from this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from montage_recipe.checks.spec import CheckUse
from montage_recipe.diagnostics import RecipePath
from montage_recipe.effects.spec import EffectUse
from montage_recipe.fields import ListOf, MapOf, choice, key
from montage_recipe.generate import ALL_GENERATORS
from montage_recipe.models import ALL_MODELS, DEFAULT_MODEL
from montage_recipe.profiles import ALL_PROFILES, DEFAULT_PROFILE
from montage_recipe.recipe import kinds
from montage_recipe.recipe.kinds import Anchor, Color, Gain, Size
from montage_recipe.timecode import Time
from montage_recipe.transitions import ALL_TRANSITIONS

VERSIONS = (1,)

TRANSITION = choice(
    "transition-type",
    "the name of a transition, as in `crossfade`, `dip-to-black` or `wipe-left`; `none` cuts",
    (*(transition.name for transition in ALL_TRANSITIONS), "none"),
)
PROFILE = choice(
    "profile",
    "the name of a profile, as in `h264-1080p`",
    tuple(profile.name for profile in ALL_PROFILES),
)
GENERATOR = choice(
    "generator",
    "the name of a generator, as in `sea` or `tune`",
    tuple(generator.name for generator in ALL_GENERATORS),
)
MODEL = choice(
    "model",
    "the name of a model, as in `realesr-animevideov3`",
    tuple(model.name for model in ALL_MODELS),
)


class Special(Enum):
    """Places of the language that are more than one kind or one record."""

    EFFECT = "an effect"  # `grayscale`, `{denoise: light}` or `{color: {saturation: 1.2}}`
    MEDIUM = "a medium"  # a file, {file: …, url: …, sha256: …}, or {generate: …}
    TRANSITION = "a transition"  # a name, or {type: …, duration: …}
    CLIP = "a clip"  # a clip, or {include: …}
    INCLUDE = "an include"  # a file, or a list of files
    CHECK = "a check"  # `{black: 2s}`


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Footage or sound that ffmpeg makes by itself."""

    generate: str = key(GENERATOR, "What ffmpeg is to make.")
    duration: Time = key(kinds.DURATION, "How long it is.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that lives elsewhere; `montage-recipe fetch` brings it. A build takes it only where its content is right."""

    file: Path = key(kinds.FILE, "Where it lies once it is fetched.")
    url: str = key(kinds.URL, "Where it comes from.")
    sha256: str = key(kinds.SHA256, "What its content must be.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedUse:
    """`Generated`, together with the generator's own parameters."""

    at: RecipePath
    generate: str
    duration: Time
    params: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The picture that everything is fitted into."""

    size: Size | None = key(
        kinds.SIZE, "How large it is; as large as the output's profile says if absent.", default=None
    )
    fps: Fraction | None = key(kinds.RATE, "How many pictures a second; 30 if absent.", default=None)
    background: Color | None = key(kinds.COLOR, "What is seen behind the pictures; black if absent.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """How a clip comes in. The clips overlap for its duration."""

    type: str = key(TRANSITION, "Which transition.")
    duration: Time | None = key(
        kinds.TIME,
        "How long both clips are seen; if absent, what `defaults.transition` says, or else 0.5s.",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscale:
    """Has a clip's pictures enlarged by a model, on a GPU host, before they are fitted to the canvas."""

    factor: int = key(kinds.FACTOR, "How many times wider and higher they become.")
    model: str = key(MODEL, "Which model does it.", default=DEFAULT_MODEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """Where clips with `upscale` are worked on. What the names mean is no part of a recipe: `montage-recipe gpu hosts`."""

    hosts: tuple[str, ...] = key(
        ListOf(item=kinds.ID, min_items=1),
        "The hosts that may be used, the preferred one first; all if absent.",
        default=(),
    )
    on_failure: str = key(kinds.ON_FAILURE, "What happens to a clip that no host can enlarge.", default="fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for every clip that does not say otherwise."""

    fit: str = key(kinds.FIT, "How pictures fill the canvas.", default="contain")
    transition: Transition | None = key(
        Special.TRANSITION,
        "How every clip but the first comes in. A cut if absent.",
        default=None,
    )
    volume: Gain = key(kinds.GAIN, "How loud the clips' own sound is.", default=Gain(1.0, "100%"))
    speed: Fraction = key(kinds.SPEED, "How fast the clips are played.", default=Fraction(1))
    effects: tuple[EffectUse, ...] = key(
        ListOf(item=Special.EFFECT), "The effects of every clip that has no `effects` of its own.", default=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One piece of footage, or a still picture, in the order of time."""

    src: str = key(kinds.SRC, "What is shown: a name of `media`, or a file.")
    id: str | None = key(
        kinds.ID, "A name for anchors (`walk.start`); only needed where something refers to it.", default=None
    )
    in_: Time = key(kinds.TIME, "Where the clip begins in its source.", default=Time(), name="in")
    out: Time | None = key(
        kinds.DURATION, "Where the clip ends in its source; the frame at this point is not shown.", default=None
    )
    duration: Time | None = key(
        kinds.DURATION,
        "How much is taken from the source, instead of `out`; for a still picture, how long it is shown.",
        default=None,
    )
    fit: str | None = key(
        kinds.FIT, "How the picture fills the canvas; `defaults.fit` if absent, or else `contain`.", default=None
    )
    speed: Fraction | None = key(
        kinds.SPEED, "How fast it is played; `defaults.speed` if absent, or else 1.", default=None
    )
    volume: Gain | None = key(
        kinds.GAIN, "How loud its own sound is; `defaults.volume` if absent, or else 100%.", default=None
    )
    effects: tuple[EffectUse, ...] | None = key(
        ListOf(item=Special.EFFECT),
        "What is done to its picture, in this order; `defaults.effects` if absent.",
        default=None,
    )
    upscale: Upscale | None = key(Upscale, "Has its pictures enlarged by a model.", default=None)
    transition: Transition | None = key(
        Special.TRANSITION,
        "How it comes in, from the clip before it (the first clip: from the background); `defaults.transition` if "
        "absent, which leaves the first clip alone.",
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """Text over the picture, drawn exactly as written."""

    text: str = key(kinds.TEXT, "What it says; line breaks stay.")
    start: Anchor = key(kinds.ANCHOR, "Where on the timeline it appears.", default=Anchor())
    end: Anchor | None = key(kinds.ANCHOR, "Where on the timeline it is gone; or give `duration`.", default=None)
    duration: Time | None = key(kinds.DURATION, "How long it is seen; or give `end`.", default=None)
    position: str = key(kinds.POSITION, "Where on the canvas it stands.", default="center")
    size: Fraction = key(kinds.LINE_HEIGHT, "How large the letters are.", default=Fraction(6, 100))
    color: Color = key(kinds.COLOR, "What colour the letters have.", default=Color(255, 255, 255))
    font: Path | None = key(kinds.FILE, "A font file; the built-in font if absent.", default=None)
    style: str = key(kinds.TITLE_STYLE, "How it stands out from the picture.", default="plain")
    fade: Time = key(
        kinds.TIME, "How long it fades in, and how long it fades out; `0` does not fade.", default=Time(Fraction(3, 10))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Music, or another sound under the clips."""

    src: str = key(kinds.SRC, "What is heard: a name of `media`, or a file.")
    start: Anchor = key(kinds.ANCHOR, "Where on the timeline it begins.", default=Anchor())
    end: Anchor | None = key(
        kinds.ANCHOR, "Where on the timeline it stops; if absent, where it or the montage ends.", default=None
    )
    in_: Time = key(kinds.TIME, "Where it begins in its source.", default=Time(), name="in")
    out: Time | None = key(kinds.DURATION, "Where it ends in its source; its own end if absent.", default=None)
    loop: bool = key(kinds.BOOL, "Whether it begins anew when it has ended.", default=False)
    volume: Gain = key(kinds.GAIN, "How loud it is.", default=Gain(1.0, "100%"))
    fade_in: Time = key(kinds.TIME, "How long it takes to become as loud as that.", default=Time())
    fade_out: Time = key(kinds.TIME, "How long it takes to become silent at its end.", default=Time())


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """The loudness of the whole montage, in the terms of EBU R128. Without it, the mix is left as it is."""

    integrated: Fraction = key(
        kinds.LOUDNESS_LUFS, "The loudness over the whole length: -14 for the web, -23 for television."
    )
    true_peak: Fraction = key(
        kinds.LOUDNESS_DBTP, "The highest peak between samples that is allowed.", default=Fraction(-1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One finished file."""

    file: str = key(kinds.OUTPUT_FILE, "The file to write.")
    name: str | None = key(
        kinds.ID, "Its name for `build --output NAME`; the file's name without its ending if absent.", default=None
    )
    profile: str = key(PROFILE, "How it is encoded.", default=DEFAULT_PROFILE)
    preset: str | None = key(kinds.PRESET, "How much time x264 takes; the profile's if absent.", default=None)
    crf: int | None = key(kinds.CRF, "How much quality x264 keeps; the profile's if absent.", default=None)
    canvas: Canvas | None = key(Canvas, "What is different about the canvas of this file.", default=None)
    fit: str | None = key(
        kinds.FIT, "Takes the place of `defaults.fit` for this file; a clip's own `fit` stays.", default=None
    )
    vars: dict[str, Any] = key(
        MapOf(value=kinds.SCALAR), "Variables that have another value in this file, as for a language.", default=None
    )
    copy: str = key(kinds.COPY, "Whether pictures that need no change are copied.", default="auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `montage-recipe check` asks of the finished film. The key with a check's name says which check it is; this key goes
    with each of them."""

    output: str | None = key(kinds.ID, "The name of the output that it is for; every one if absent.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A montage: what it is made of, what happens when, and which files come out."""

    recipe: int = key(kinds.VERSION, "Which language the file is written in; the first line of every recipe.")
    title: str = key(kinds.LINE, "What the montage is called; written into the file.", default="")
    include: tuple[str, ...] = key(
        Special.INCLUDE,
        "Files whose keys are laid under this recipe's own. Mappings are merged key by key, and the recipe wins.",
        default=(),
    )
    vars: dict[str, Any] = key(
        MapOf(value=kinds.SCALAR),
        "Variables: `${name}` in any value stands for what is given here. `$${` stands for `${`.",
        default=None,
    )
    canvas: Canvas = key(Canvas, "The picture that everything is fitted into.", default=Canvas())
    media: dict[str, Path | RemoteFile | GeneratedUse] = key(
        MapOf(value=Special.MEDIUM), "Names for the files that clips and sounds use.", default=None
    )
    defaults: Defaults = key(Defaults, "What holds for every clip that does not say otherwise.", default=Defaults())
    clips: tuple[Clip | None, ...] = key(
        ListOf(item=Special.CLIP, min_items=1), "The montage, one clip after the other."
    )
    titles: tuple[Title | None, ...] = key(ListOf(item=Title), "Texts over the picture.", default=())
    audio: tuple[Sound | None, ...] = key(ListOf(item=Sound), "Music and sounds under the clips.", default=())
    loudness: Loudness | None = key(Loudness, "How loud the whole montage is.", default=None)
    outputs: tuple[Output | None, ...] = key(
        ListOf(item=Output, min_items=1),
        "The files to make; if absent, `dist/` and the recipe's own name with `.mp4`.",
        default=(),
    )
    checks: tuple[CheckUse | None, ...] = key(
        ListOf(item=Special.CHECK),
        "What `montage-recipe check` asks of the finished film, in place of its defaults or besides them.",
        default=(),
    )
    gpu: Gpu = key(Gpu, "Where clips with `upscale` are worked on.", default=Gpu())


RECORDS: tuple[type, ...] = (
    Recipe,
    Canvas,
    RemoteFile,
    Generated,
    Defaults,
    Clip,
    Transition,
    Upscale,
    Title,
    Sound,
    Loudness,
    Output,
    Check,
    Gpu,
)

# What people call an entry of the language, with its article.
NAMES: dict[type, str] = {
    Recipe: "a recipe",
    Canvas: "a canvas",
    RemoteFile: "a remote file",
    Generated: "a generated medium",
    Defaults: "defaults",
    Clip: "a clip",
    Transition: "a transition",
    Upscale: "an upscale",
    Title: "a title",
    Sound: "an audio entry",
    Loudness: "a loudness",
    Output: "an output",
    Check: "a check",
    Gpu: "a gpu",
}
