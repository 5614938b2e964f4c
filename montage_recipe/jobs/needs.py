"""What a timeline needs that an old ffmpeg may lack; said before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.engine import Engine
from montage_recipe.timeline.model import Timeline
from montage_recipe.transitions import TRANSITIONS


def lacking(timeline: Timeline, engine: Engine) -> Iterator[Diagnostic]:
    """One fault for each clip whose transition the engine does not know."""
    for clip in timeline.clips:
        if not clip.transition.frames:
            continue
        transition = TRANSITIONS[clip.transition.type]
        if transition.xfade not in engine.transitions:
            yield Diagnostic(
                code="engine-lacks-feature",
                path=clip.transition.at,
                message=f"ffmpeg {engine.version_text} has no {transition.name}; it came with ffmpeg {transition.needs}",
                hint="choose another transition, or leave MONTAGE_FFMPEG unset to use the ffmpeg that is installed along",
            )
