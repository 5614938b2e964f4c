"""What a transition is: a name for people and ffmpeg's own name for the same thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One entry of ALL_TRANSITIONS; `xfade` is the value of the xfade filter's `transition` option.

    `mixes` where each pixel is a weighted mean of the two at its place: the new picture is then laid over the old one
    with a growing opacity. That costs a fifth of xfade's time, which works in 4:4:4, and leaves the chroma its samples.
    """

    name: str  # crossfade, dip-to-black, wipe-left
    xfade: str
    doc: str
    needs: str  # the first ffmpeg that has it: "5.1", "7.0", "8.0"
    mixes: bool = False
