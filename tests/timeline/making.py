"""Timelines from recipes in the language, with facts in place of footage."""

from __future__ import annotations

from collections.abc import Mapping

from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.media.facts import MediaFacts
from montage_recipe.timeline.arrange import arrange
from montage_recipe.timeline.model import Timeline
from montage_recipe.timeline.sources import media_id, sources_of
from tests.facts import clip_media, music_media, still_media
from tests.recipe.making import recipe_of

HEAD = "recipe: 1\ncanvas: {size: 320x180, fps: 30}\n"


def facts_by_name(name: str) -> MediaFacts:
    """Ten seconds of video, a minute of music, or a still, by the ending of the name."""
    if name.endswith(".flac"):
        return music_media(name)
    return still_media(name) if name.endswith(".jpg") else clip_media(name)


def timeline_of(text: str, *, facts: Mapping[str, MediaFacts] | None = None, head: str = HEAD) -> Timeline:
    """`facts` replaces what is assumed of a file, by its name."""
    recipe = recipe_of(head + text)
    names = {media_id(source): media_id(source).rpartition("/")[2] for source in sources_of(recipe)}
    return arrange(recipe, {key: (facts or {}).get(name) or facts_by_name(name) for key, name in names.items()})


def arrange_faults(text: str, *, facts: Mapping[str, MediaFacts] | None = None) -> tuple[Diagnostic, ...]:
    """The faults of a recipe that arrange refuses, or the warnings of one that it takes."""
    try:
        return timeline_of(text, facts=facts).warnings
    except RecipeError as error:
        return error.diagnostics
