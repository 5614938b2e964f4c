"""Clips, titles and sounds as they are compared: what is seen and heard, without where in the recipe it is written."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diff.model import Film, TimeSpan
from montage_recipe.effects import EFFECTS
from montage_recipe.effects.spec import EffectUse, Stage
from montage_recipe.media.facts import MediaFacts, MediaKind
from montage_recipe.recipe.kinds import Anchor
from montage_recipe.recipe.model import GeneratedMedia, MediaSource
from montage_recipe.timecode import Time
from montage_recipe.timeline.sources import media_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipView:
    number: int  # from 1
    id: str | None
    source: str  # the same for the same content
    file: str  # what people call it
    still: bool
    in_: Fraction  # seconds in the source
    out: Fraction  # seconds in the source; where the frame after the last one would be
    speed: Fraction
    frames: int
    shows: TimeSpan
    fit: str
    effects: tuple[tuple[str, object], ...]  # name and parameters, in the order in which they work
    volume: float
    upscale: tuple[int, str] | None
    transition: str
    transition_s: Fraction

    @property
    def takes(self) -> Hashable:
        """What of which source, at which speed."""
        return (self.source, self.in_, self.speed)

    @property
    def look(self) -> Hashable:
        return (self.fit, self.effects, self.volume, self.upscale)

    @property
    def label(self) -> str:
        return self.id or self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleView:
    number: int
    text: str
    shows: TimeSpan
    start: Anchor  # as written
    end: Anchor | None
    duration: Time | None
    style: tuple[tuple[str, str], ...]  # what it looks like: position, size, …
    font: str | None  # what people call it
    font_content: str | None
    fade_s: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundView:
    number: int
    source: str
    file: str
    start: Anchor  # as written
    shows: TimeSpan
    in_: Fraction
    out: Fraction | None  # None: the end of the source
    loop: bool
    volume: float
    fade_in_s: Fraction
    fade_out_s: Fraction


def clips_of(film: Film) -> tuple[ClipView, ...]:
    rate = film.timeline.canvas.fps
    return tuple(
        ClipView(
            number=number,
            id=clip.id,
            source=_content(written.src, clip.media),
            file=_called(written.src, film),
            still=clip.media.kind is MediaKind.IMAGE,
            in_=clip.in_,
            out=clip.in_ + clip.shows.length * clip.speed / rate,
            speed=clip.speed,
            frames=clip.shows.length,
            shows=TimeSpan.of(clip.shows, rate),
            fit=clip.fit,
            effects=_in_force(clip.effects),
            volume=clip.volume,
            upscale=(clip.upscale.factor, clip.upscale.model) if clip.upscale else None,
            transition=clip.transition.type if clip.transition.frames else "none",
            transition_s=clip.transition.frames / rate,
        )
        for number, (written, clip) in enumerate(zip(film.recipe.clips, film.timeline.clips, strict=True), start=1)
    )


def titles_of(film: Film) -> tuple[TitleView, ...]:
    rate = film.timeline.canvas.fps
    return tuple(
        TitleView(
            number=number,
            text=title.text,
            shows=TimeSpan.of(title.shows, rate),
            start=written.start,
            end=written.end,
            duration=written.duration,
            style=(
                ("position", title.position),
                ("size", percent(title.size)),
                ("color", str(title.color)),
                ("style", title.style),
            ),
            font=film.name_of(title.font) if title.font else None,
            font_content=film.contents.get(title.font) if title.font else None,
            fade_s=title.fade_frames / rate,
        )
        for number, (written, title) in enumerate(zip(film.recipe.titles, film.timeline.titles, strict=True), start=1)
    )


def sounds_of(film: Film) -> tuple[SoundView, ...]:
    rate = film.timeline.canvas.fps
    return tuple(
        SoundView(
            number=number,
            source=_content(written.src, sound.media),
            file=_called(written.src, film),
            start=written.start,
            shows=TimeSpan.of(sound.shows, rate),
            in_=sound.in_,
            out=written.out.at(rate) if written.out else None,
            loop=sound.loop,
            volume=sound.volume,
            fade_in_s=sound.fade_in_frames / rate,
            fade_out_s=sound.fade_out_frames / rate,
        )
        for number, (written, sound) in enumerate(zip(film.recipe.audio, film.timeline.sounds, strict=True), start=1)
    )


def _content(source: MediaSource, media: MediaFacts) -> str:
    """The fingerprint of a file. That of a generated medium is a job's key, which changes with the canvas too; what the
    author wrote decides there."""
    return media_id(source) if isinstance(source, GeneratedMedia) else media.fingerprint


def _called(source: MediaSource, film: Film) -> str:
    if isinstance(source, GeneratedMedia):
        return f"generated {source.generator}"
    return film.name_of(str(source.file))


def _in_force(uses: tuple[EffectUse, ...]) -> tuple[tuple[str, object], ...]:
    """Effects on the source's picture come first, wherever they are written."""
    ordered = sorted(uses, key=lambda use: EFFECTS[use.name].stage is not Stage.SOURCE)
    return tuple((use.name, use.params) for use in ordered)


# --- values in words -------------------------------------------------------------------------------------------------


def seconds(value: Fraction) -> str:
    """A length, or a point in a source.

    >>> seconds(Fraction(31, 2)), seconds(Fraction(1, 3)), seconds(Fraction(2))
    ('15.5 s', '0.333 s', '2 s')
    """
    return f"{float(value):.3f}".rstrip("0").rstrip(".") + " s"


def percent(value: Fraction) -> str:
    return f"{float(100 * value):g}%"


def decibels(factor: float) -> str:
    """
    >>> decibels(1.0), decibels(0.5), decibels(0.0)
    ('0 dB', '-6.02 dB', 'silent')
    """
    if not factor:
        return "silent"
    return f"{round(20 * math.log10(factor), 2) or 0.0:g} dB"
