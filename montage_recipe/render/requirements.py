"""What an ffmpeg must be able to do, why, and what is lost where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from montage_recipe.engine import Engine
from montage_recipe.generate import ALL_GENERATORS
from montage_recipe.generate.spec import Shot, filters_in
from montage_recipe.graph.emit import ALLOWED_FILTERS
from montage_recipe.recipe.kinds import Size
from montage_recipe.wording import either

LOWEST_VERSION = (5, 1)  # the first with -fps_mode; older ones also miss options of xfade and tpad


class Feature(StrEnum):
    """The lists an ffmpeg gives of itself."""

    FILTER = "filter"
    ENCODER = "encoder"
    DECODER = "decoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    feature: Feature
    names: tuple[str, ...]  # any one of them will do
    why: str
    lost: str  # what cannot be made without it
    required: bool

    def met_by(self, engine: Engine) -> bool:
        offered = {
            Feature.FILTER: engine.filters,
            Feature.ENCODER: engine.encoders,
            Feature.DECODER: engine.decoders,
        }[self.feature]
        return any(name in offered for name in self.names)

    def __str__(self) -> str:
        return f"{self.feature} {' or '.join(self.names)}"


def _needs(feature: Feature, *names: str, why: str) -> tuple[Requirement, ...]:
    """Requirements without which nothing can be built."""
    return tuple(
        Requirement(feature=feature, names=(name,), why=why, lost="no montage can be built", required=True)
        for name in names
    )


def _wants(feature: Feature, *names: str, why: str, lost: str) -> Requirement:
    return Requirement(feature=feature, names=names, why=why, lost=lost, required=False)


# Used besides those of graphs: sources of bars and of silence, what ffmpeg itself puts in for footage that is turned, and
# the limiter that stands in the place of a gain once the loudness is known.
_BESIDES_GRAPHS = ("color", "anullsrc", "transpose", "alimiter")
_LOUDNESS = ("loudness is measured and levelled", "`loudness`")
# Filters that most montages do without: why they are wanted, and what is lost.
OPTIONAL_FILTERS: Mapping[str, tuple[str, str]] = {
    "subtitles": ("titles are drawn by libass", "titles"),
    "ebur128": _LOUDNESS,
    "alimiter": _LOUDNESS,
    "atempo": ("sound keeps its pitch at another speed", "sound of clips with `speed`"),
    "gblur": ("the blurred surroundings of a fitted picture", "`fit: blur`"),
    "bwdif": ("two fields become one picture", "interlaced footage"),
    "zscale": ("colours are converted in linear light", "HDR (PQ, HLG) and wide-gamut footage"),
    "tonemap": ("high dynamic range is brought to SDR", "HDR footage (PQ, HLG)"),
    "bilateral": ("an effect is made with it", "the effect `denoise`"),
    "boxblur": ("an effect is made with it", "the effect `blur`"),
    "colortemperature": ("an effect is made with it", "the effect `color` with `temperature`"),
    "eq": ("an effect is made with it", "the effect `color`"),
    "hue": ("an effect is made with it", "the effect `grayscale`"),
    "unsharp": ("an effect is made with it", "the effect `sharpen`"),
    "vignette": ("an effect is made with it", "the effect `vignette`"),
}
REQUIRED_FILTERS = tuple(sorted({*ALLOWED_FILTERS, *_BESIDES_GRAPHS} - OPTIONAL_FILTERS.keys()))

REQUIREMENTS: tuple[Requirement, ...] = (
    *_needs(Feature.FILTER, *REQUIRED_FILTERS, why="pictures and sound are cut and joined with it"),
    *_needs(Feature.ENCODER, "libx264", why="the finished picture is H.264"),
    *_needs(Feature.ENCODER, "aac", why="the finished sound is AAC"),
    *_needs(Feature.ENCODER, "pcm_f32le", why="sound is kept as samples until the end"),
    *_needs(Feature.DECODER, "pcm_f32le", why="sound is kept as samples until the end"),
    *_needs(Feature.DECODER, "h264", "aac", "mjpeg", "png", "mp3", why="the usual footage, photos and music"),
    *(_wants(Feature.FILTER, name, why=why, lost=lost) for name, (why, lost) in OPTIONAL_FILTERS.items()),
    _wants(Feature.ENCODER, "pcm_s16le", why="what is only measured is written as this to nowhere", lost="`loudness`"),
    _wants(Feature.DECODER, "hevc", why="footage of newer phones", lost="H.265 footage"),
    _wants(Feature.DECODER, "libdav1d", "libaom-av1", "av1", why="AV1 footage", lost="AV1 footage"),
    _wants(Feature.DECODER, "vp9", why="WebM footage", lost="VP9 footage"),
    _wants(Feature.DECODER, "libvpx-vp9", why="ffmpeg's own decoder drops it", lost="transparency of WebM (VP9)"),
    _wants(Feature.DECODER, "libvpx", why="ffmpeg's own decoder drops it", lost="transparency of WebM (VP8)"),
    _wants(Feature.DECODER, "opus", "libopus", why="sound of WebM", lost="Opus sound"),
    _wants(Feature.DECODER, "flac", why="lossless music", lost="FLAC music"),
    _wants(Feature.DECODER, "gif", why="animations", lost="GIF animations"),
    _wants(Feature.DECODER, "webp", why="photos from the web", lost="WebP photos"),
)


def generators_requirements() -> tuple[Requirement, ...]:
    """The filters that only `generate:` uses."""
    shot = Shot(size=Size(64, 36), rate=Fraction(10), frames=1)
    users: dict[str, list[str]] = {}
    for generator in ALL_GENERATORS:
        for name in sorted(filters_in(generator.lower(generator.params(), shot)) - {*REQUIRED_FILTERS}):
            users.setdefault(name, []).append(f"`{generator.name}`")
    return tuple(
        _wants(
            Feature.FILTER,
            name,
            why="footage and music are generated with it",
            lost=f"generated {either(who, last='and')}",
        )
        for name, who in sorted(users.items())
        if name not in OPTIONAL_FILTERS
    )


def missing_from(engine: Engine) -> tuple[Requirement, ...]:
    """What `engine` lacks, what cannot be done without first."""
    known = (*REQUIREMENTS, *generators_requirements())
    lacking = [requirement for requirement in known if not requirement.met_by(engine)]
    return tuple(sorted(lacking, key=lambda requirement: not requirement.required))
