"""From what the author wrote to what is meant: defaults filled in, one `Recipe` for each output."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from montage_recipe.diagnostics import RecipePath
from montage_recipe.profiles import DEFAULT_PROFILE, PROFILES
from montage_recipe.recipe import language, model
from montage_recipe.recipe.kinds import Color, Size
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.recipe.values import ID_TEXT
from montage_recipe.timecode import Time

DEFAULT_FPS = Fraction(30)
BLACK = Color(0, 0, 0)
DEFAULT_TRANSITION = Time(Fraction(1, 2))  # how long one is that says no duration

_NAME = re.compile(ID_TEXT)


def default_output(file: Path) -> language.Output:
    """What a recipe without `outputs:` makes."""
    return language.Output(file=f"dist/{file.stem}.mp4")


def canvas_of(recipe: language.Recipe, output: language.Output) -> model.Canvas:
    own = output.canvas or language.Canvas()
    profile = PROFILES.get(output.profile, PROFILES[DEFAULT_PROFILE])
    return model.Canvas(
        size=own.size or recipe.canvas.size or Size(profile.width, profile.height),
        fps=own.fps or recipe.canvas.fps or DEFAULT_FPS,
        background=own.background or recipe.canvas.background or BLACK,
    )


class Media:
    """What every `src` of a recipe means."""

    def __init__(self, recipe: language.Recipe, source: RecipeSource) -> None:
        self._named: Mapping[str, object] = recipe.media or {}
        self._source = source
        self._found: dict[RecipePath, model.MediaSource | None] = {}

    def at(self, path: RecipePath, src: str) -> model.MediaSource | None:
        """What `src`, written at `path`, means: a name of `media`, or a file. None for a name that nothing has."""
        if path not in self._found:
            self._found[path] = _meant(src, path, self._named, self._source)
        return self._found[path]


def _meant(src: str, path: RecipePath, media: Mapping[str, object], source: RecipeSource) -> model.MediaSource | None:
    medium = media.get(src)
    if isinstance(medium, language.GeneratedUse):
        return model.GeneratedMedia(
            at=medium.at, generator=medium.generate, duration=medium.duration, params=medium.params
        )
    if isinstance(medium, language.RemoteFile):
        at = ("media", src, "file")
        return model.FileMedia(at=at, file=medium.file, url=medium.url, sha256=medium.sha256)
    if isinstance(medium, Path):
        return model.FileMedia(at=("media", src), file=medium)
    if _NAME.fullmatch(src):
        return None
    return model.FileMedia(at=path, file=absolute(src, path, source))


def absolute(file: str, path: RecipePath, source: RecipeSource) -> Path:
    """The file that `file`, written at `path`, names; symbolic links are left as they are."""
    return Path(os.path.normpath(source.folder_of(path).absolute() / file))


def expand(
    recipe: language.Recipe, output: language.Output, at: RecipePath, source: RecipeSource, media: Media
) -> model.Recipe:
    """The montage of one output. The recipe has no faults: every list is whole, every `src` names something."""
    clips = [(index, clip) for index, clip in enumerate(recipe.clips) if clip is not None]
    return model.Recipe(
        file=source.file.absolute(),
        title=recipe.title,
        canvas=canvas_of(recipe, output),
        clips=tuple(_clip(clip, index, recipe, output, media) for index, clip in clips),
        titles=tuple(_title(title, ("titles", i)) for i, title in enumerate(recipe.titles) if title is not None),
        audio=tuple(_sound(sound, i, media) for i, sound in enumerate(recipe.audio) if sound is not None),
        loudness=_loudness(recipe.loudness),
        output=output_of(output, at, source),
        gpu=model.Gpu(hosts=recipe.gpu.hosts, on_failure=recipe.gpu.on_failure),
        checks=tuple(use for use in recipe.checks if use and use.output in (None, output_of(output, at, source).name)),
    )


def output_of(output: language.Output, at: RecipePath, source: RecipeSource) -> model.Output:
    return model.Output(
        at=at,
        name=output.name or Path(output.file).stem,
        file=absolute(output.file, (*at, "file"), source),
        profile=output.profile,
        preset=output.preset,
        crf=output.crf,
        copy=output.copy,
    )


def _medium(src: str, path: RecipePath, media: Media) -> model.MediaSource:
    medium = media.at(path, src)
    if medium is None:
        raise AssertionError(f"{src!r} at {path} was not checked")
    return medium


def _clip(
    clip: language.Clip, index: int, recipe: language.Recipe, output: language.Output, media: Media
) -> model.Clip:
    at = ("clips", index)
    defaults = recipe.defaults
    return model.Clip(
        at=at,
        id=clip.id,
        src=_medium(clip.src, (*at, "src"), media),
        in_=clip.in_,
        out=clip.out,
        duration=clip.duration,
        fit=clip.fit or output.fit or defaults.fit,
        speed=clip.speed or defaults.speed,
        volume=clip.volume or defaults.volume,
        effects=defaults.effects if clip.effects is None else clip.effects,
        transition=_transition(clip, index, recipe),
        upscale=model.UpscaleUse(at=(*at, "upscale"), factor=clip.upscale.factor, model=clip.upscale.model)
        if clip.upscale
        else None,
    )


def _transition(clip: language.Clip, index: int, recipe: language.Recipe) -> model.TransitionUse:
    """The clip's own transition, or the default one, which joins two clips and so leaves the first one alone."""
    default = recipe.defaults.transition
    chosen = clip.transition or (default if index > 0 else None) or language.Transition(type="none")
    usual = default.duration if default and default.duration is not None else DEFAULT_TRANSITION
    duration = usual if chosen.duration is None else chosen.duration
    return model.TransitionUse(
        at=("clips", index, "transition"), type=chosen.type, duration=Time() if chosen.type == "none" else duration
    )


def _title(title: language.Title, at: RecipePath) -> model.Title:
    return model.Title(
        at=at,
        text=title.text,
        start=title.start,
        end=title.end,
        duration=title.duration,
        position=title.position,
        size=title.size,
        color=title.color,
        font=title.font,
        style=title.style,
        fade=title.fade,
    )


def _sound(sound: language.Sound, index: int, media: Media) -> model.Sound:
    at = ("audio", index)
    return model.Sound(
        at=at,
        src=_medium(sound.src, (*at, "src"), media),
        start=sound.start,
        end=sound.end,
        in_=sound.in_,
        out=sound.out,
        loop=sound.loop,
        volume=sound.volume,
        fade_in=sound.fade_in,
        fade_out=sound.fade_out,
    )


def _loudness(loudness: language.Loudness | None) -> model.Loudness | None:
    if loudness is None:
        return None
    return model.Loudness(integrated=loudness.integrated, true_peak=loudness.true_peak)
