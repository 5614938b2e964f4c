"""What an ffmpeg must be able to do, why, and what is lost where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from montage_recipe.engine import Engine

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


_PICTURE = ("fps", "tpad", "trim", "setpts", "settb", "scale", "setsar", "format", "pad", "crop", "split", "null")
_SOUND = ("aresample", "aformat", "apad", "atrim", "asetpts", "adelay", "amix", "concat", "volume", "afade", "anullsrc")

REQUIREMENTS: tuple[Requirement, ...] = (
    *_needs(Feature.FILTER, *_PICTURE, why="every clip's picture is brought to the canvas"),
    *_needs(Feature.FILTER, *_SOUND, why="the sound of the clips and the music is cut and mixed"),
    *_needs(Feature.FILTER, "xfade", "color", "overlay", why="transitions, bars around pictures and layers"),
    *_needs(Feature.ENCODER, "libx264", why="the finished picture is H.264"),
    *_needs(Feature.ENCODER, "aac", why="the finished sound is AAC"),
    *_needs(Feature.ENCODER, "pcm_s16le", why="sound is kept as samples until the end"),
    *_needs(Feature.DECODER, "h264", "aac", "mjpeg", "png", "mp3", why="the usual footage, photos and music"),
    _wants(Feature.FILTER, "ass", why="titles are drawn by libass", lost="titles"),
    _wants(Feature.FILTER, "loudnorm", why="loudness is measured and levelled", lost="`loudness`"),
    _wants(Feature.FILTER, "atempo", why="sound keeps its pitch at another speed", lost="sound of clips with `speed`"),
    _wants(Feature.FILTER, "gblur", "boxblur", why="the blurred surroundings of a fitted picture", lost="`fit: blur`"),
    _wants(Feature.FILTER, "bwdif", "yadif", why="interlaced footage", lost="smooth pictures from interlaced footage"),
    _wants(
        Feature.FILTER,
        "zscale",
        why="high dynamic range is converted in linear light",
        lost="HDR footage (PQ, HLG) in its right brightness and colours",
    ),
    _wants(Feature.FILTER, "tonemap", why="high dynamic range is brought to SDR", lost="HDR footage (PQ, HLG)"),
    _wants(Feature.FILTER, "vidstabtransform", why="shaky footage is steadied", lost="`stabilize`"),
    _wants(Feature.FILTER, "libvmaf", why="quality is measured", lost="VMAF scores in checks"),
    _wants(Feature.DECODER, "hevc", why="footage of newer phones", lost="H.265 footage"),
    _wants(Feature.DECODER, "libdav1d", "libaom-av1", "av1", why="AV1 footage", lost="AV1 footage"),
    _wants(Feature.DECODER, "vp9", why="WebM footage", lost="VP9 footage"),
    _wants(Feature.DECODER, "libvpx-vp9", why="ffmpeg's own decoder drops transparency", lost="transparency of WebM"),
    _wants(Feature.DECODER, "opus", "libopus", why="sound of WebM", lost="Opus sound"),
    _wants(Feature.DECODER, "flac", why="lossless music", lost="FLAC music"),
    _wants(Feature.DECODER, "webp", why="photos from the web", lost="WebP photos"),
)


def missing_from(engine: Engine) -> tuple[Requirement, ...]:
    """What `engine` lacks, what cannot be done without first."""
    lacking = [requirement for requirement in REQUIREMENTS if not requirement.met_by(engine)]
    return tuple(sorted(lacking, key=lambda requirement: not requirement.required))
