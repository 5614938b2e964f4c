"""Facts of media that need not exist, for tests of everything that works from facts alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from montage_recipe.engine import Engine
from montage_recipe.media.facts import AudioFacts, MediaFacts, MediaKind, VideoFacts
from montage_recipe.render.requirements import REQUIREMENTS, Feature, generators_requirements


def _named(feature: Feature) -> frozenset[str]:
    """All that montage-recipe may ask for."""
    known = (*REQUIREMENTS, *generators_requirements())
    return frozenset(name for each in known if each.feature is feature for name in each.names)


# An engine whose build nobody has: keys and commands planned for it are the same on every machine.
ENGINE = Engine(
    path="ffmpeg",
    origin="test",
    version=(9, 0),
    version_text="9.0-test",
    build_id="test",
    filters=_named(Feature.FILTER),
    encoders=_named(Feature.ENCODER),
    decoders=_named(Feature.DECODER),
    transitions=frozenset(),
)


def video_facts(duration: Fraction | int = 10, *, rate: Fraction = Fraction(30), **changes: Any) -> VideoFacts:
    facts = VideoFacts(
        index=0,
        codec="h264",
        decoder=None,
        width=320,
        height=180,
        rotation=0,
        upright=True,
        sar=Fraction(1),
        rate=rate,
        constant_rate=True,
        pixel_format="yuv420p",
        bit_depth=8,
        alpha=False,
        interlaced=False,
        full_range=False,
        primaries="bt709",
        transfer="bt709",
        matrix="bt709",
        start=Fraction(0),
        duration=Fraction(duration),
        frames=int(duration * rate),
        keyframes=(),
        extradata="",
    )
    return replace(facts, **changes)


def audio_facts(duration: Fraction | int = 10, **changes: Any) -> AudioFacts:
    facts = AudioFacts(
        index=1,
        codec="aac",
        sample_rate=48000,
        channels=2,
        layout="stereo",
        start=Fraction(0),
        duration=Fraction(duration),
    )
    return replace(facts, **changes)


def clip_media(
    name: str = "clip.mp4", duration: Fraction | int = 10, *, sound: bool = True, **video: Any
) -> MediaFacts:
    """A video of the canvas's own size and rate; its name stands for its content."""
    return MediaFacts(
        file=f"/footage/{name}",
        fingerprint=f"content of {name}",
        size_bytes=1,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        kind=MediaKind.VIDEO,
        duration=Fraction(duration),
        seekable=True,
        animated=False,
        video=video_facts(duration, **video),
        audio=audio_facts(duration) if sound else None,
    )


def still_media(name: str = "still.jpg") -> MediaFacts:
    return replace(
        clip_media(name, 1, sound=False), kind=MediaKind.IMAGE, duration=None, container="image2", seekable=False
    )


def music_media(name: str = "music.flac", duration: Fraction | int = 60) -> MediaFacts:
    return replace(
        clip_media(name, duration),
        kind=MediaKind.AUDIO,
        video=None,
        container="flac",
        audio=audio_facts(duration, index=0),
    )
