"""The name of a source: what facts are filed under."""

from __future__ import annotations

from collections.abc import Iterator

from montage_recipe.recipe.model import FileMedia, MediaSource, Recipe


def media_id(source: MediaSource) -> str:
    """The absolute path of a file; for a generated medium, everything that decides what it is."""
    if isinstance(source, FileMedia):
        return str(source.file)
    return f"generate:{source.generator}:{source.duration}:{source.params!r}"


def sources_of(recipe: Recipe) -> Iterator[MediaSource]:
    """Every source that a recipe really uses, each once, in order of first use."""
    seen: set[str] = set()
    for source in (*(clip.src for clip in recipe.clips), *(sound.src for sound in recipe.audio)):
        if media_id(source) not in seen:
            seen.add(media_id(source))
            yield source
