"""Makes edges crisper."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.decimals import decimal
from montage_recipe.effects.spec import Effect, FilterCall, Stage, call
from montage_recipe.fields import key, number

AMOUNT = number(minimum=0, maximum=5, doc="A number from 0 (nothing) to 5.", examples=(0.5, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpen:
    amount: float = key(AMOUNT, "How much contrast is added along edges; above 1.5 it shows.", default=0.8)


def _lower(params: Sharpen) -> tuple[FilterCall, ...]:
    # Luma only: sharpened colour planes make coloured fringes.
    return (call("unsharp", luma_msize_x=5, luma_msize_y=5, luma_amount=decimal(params.amount), chroma_amount=0),)


EFFECT = Effect(
    name="sharpen",
    doc="Makes edges crisper (unsharp mask on the luma).",
    params=Sharpen,
    shorthand="amount",
    stage=Stage.CANVAS,
    lower=_lower,
    examples=({"sharpen": 0.6}, {"sharpen": {"amount": 1.5}}),
)
