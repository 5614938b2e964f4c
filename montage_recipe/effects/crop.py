"""Takes a rectangle out of the source's own picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.decimals import decimal
from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import percent

OFFSET = percent(
    "crop-offset", minimum=0, maximum=99, doc="A percentage of the source picture.", examples=("25%", "0%")
)
EXTENT = percent(
    "crop-extent", minimum=1, maximum=100, doc="A percentage of the source picture.", examples=("50%", "80%")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """Raises ValueError for a rectangle that reaches over the edge (ffmpeg would move it back without a word)."""

    x: Fraction = key(OFFSET, "Where the kept part begins, from the left.", default=Fraction(0))
    y: Fraction = key(OFFSET, "Where the kept part begins, from the top.", default=Fraction(0))
    width: Fraction | None = key(EXTENT, "Width of the kept part; without it, up to the right edge.", default=None)
    height: Fraction | None = key(EXTENT, "Height of the kept part; without it, up to the bottom.", default=None)

    def __post_init__(self) -> None:
        for start, length, names in ((self.x, self.width, "x and width"), (self.y, self.height, "y and height")):
            if length is not None and start + length > 1:
                raise ValueError(f"{names} of the crop add up to {float(start + length):.6g} of the picture")


def _lower(params: Crop) -> tuple[FilterCall, ...]:
    width = 1 - params.x if params.width is None else params.width
    height = 1 - params.y if params.height is None else params.height
    return (
        call(
            "crop",
            w=f"iw*{decimal(width)}",
            h=f"ih*{decimal(height)}",
            x=f"iw*{decimal(params.x)}",
            y=f"ih*{decimal(params.y)}",
        ),
    )


EFFECT = Effect(
    name="crop",
    doc="Keeps a rectangle of the source picture, which then fills the canvas as `fit` says.",
    params=Crop,
    shorthand=None,
    stage=Stage.SOURCE,
    lower=_lower,
    examples=(
        {"crop": {"x": "25%", "y": "25%", "width": "50%", "height": "50%"}},
        {"crop": {"y": "10%", "height": "80%"}},
    ),
)
