"""Points on the timeline that are written relative to clips."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from montage_recipe.recipe.kinds import Anchor
from montage_recipe.timecode import frames_in
from montage_recipe.timeline.model import FrameSpan


def frame_of(anchor: Anchor, *, clips: Mapping[str, FrameSpan], length: int, rate: Fraction) -> int:
    """The frame an anchor stands for; may lie outside the montage, the caller judges that.

    `clips` holds the place of every clip that has an id; an anchor to an unknown id is a KeyError, which validation
    has already ruled out.
    """
    offset = anchor.sign * frames_in(anchor.offset.at(rate), rate)
    if anchor.clip is not None:
        span = clips[anchor.clip]
        return (span.start if anchor.edge == "start" else span.end) + offset
    return (length if anchor.edge == "end" else 0) + offset
