"""How long a montage may last."""

from __future__ import annotations

from collections.abc import Iterator

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.timecode import format_seconds
from montage_recipe.timeline.model import Timeline
from montage_recipe.untrusted import LONGEST_OUTPUT_S

# Of one's own recipe: a longer one is a slip of the pen, `100:00:00` for `1:00:00`, and each hour of it is 180 jobs to plan.
LONGEST_S = 12 * 3600


def lasts_too_long(timeline: Timeline, *, trusted: bool) -> Iterator[Diagnostic]:
    """A fault for the montage, and for each generated medium in it, that lasts longer than anybody would wait for."""
    limit = LONGEST_S if trusted else LONGEST_OUTPUT_S
    most = f"{limit // 3600} hours are the most" + ("" if trusted else " for somebody else's recipe")
    hint = "make it shorter" + ("" if trusted else "; or, where the recipe is your own or you have read it, --trusted")
    lasts = timeline.length / timeline.canvas.fps
    if lasts > limit:
        message = f"the montage lasts {format_seconds(lasts)}; {most}"
        yield Diagnostic(code="output-too-long", message=message, hint=hint, path=_longest(timeline))
    used = [(part.media, part.at) for part in timeline.clips] + [(part.media, part.at) for part in timeline.sounds]
    for media, at in used:
        generated = not media.size_bytes
        if generated and media.duration is not None and media.duration > limit:
            message = f"the generated medium lasts {format_seconds(media.duration)}; {most}"
            yield Diagnostic(code="output-too-long", message=message, hint=hint, path=(*at, "src"))


def _longest(timeline: Timeline) -> tuple[str | int, ...]:
    """The clip that alone is most of it, else all of them."""
    longest = max(timeline.clips, key=lambda clip: clip.shows.length)
    return longest.at if 2 * longest.shows.length > timeline.length else ("clips",)
