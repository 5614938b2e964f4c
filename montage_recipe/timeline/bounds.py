"""How long a montage of somebody else's recipe may last."""

from __future__ import annotations

from collections.abc import Iterator

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.timecode import format_seconds
from montage_recipe.timeline.model import Timeline
from montage_recipe.untrusted import LONGEST_OUTPUT_S


def lasts_too_long(timeline: Timeline) -> Iterator[Diagnostic]:
    """A fault for the montage, and for each generated medium in it, that lasts longer than anybody would wait for."""
    most = f"{LONGEST_OUTPUT_S // 3600} hours are the most for somebody else's recipe"
    hint = "make it shorter; or, where the recipe is your own or you have read it, --trusted"
    lasts = timeline.length / timeline.canvas.fps
    if lasts > LONGEST_OUTPUT_S:
        message = f"the montage lasts {format_seconds(lasts)}; {most}"
        yield Diagnostic(code="output-too-long", message=message, hint=hint, path=("clips",))
    used = [(part.media, part.at) for part in timeline.clips] + [(part.media, part.at) for part in timeline.sounds]
    for media, at in used:
        generated = not media.size_bytes
        if generated and media.duration is not None and media.duration > LONGEST_OUTPUT_S:
            message = f"the generated medium lasts {format_seconds(media.duration)}; {most}"
            yield Diagnostic(code="output-too-long", message=message, hint=hint, path=(*at, "src"))
