"""What can be done to a clip's picture. To add an effect: one module beside this file, one line in ALL_EFFECTS.

Every effect works on each frame alone: a clip is rendered in pieces by separate processes, and no piece may show
where it began (tests/effects/test_effects_run.py renders each one whole and in two pieces).
"""

from __future__ import annotations

from montage_recipe.effects import blur, color, crop, denoise, grayscale, mirror, sharpen, vignette
from montage_recipe.effects.spec import Effect

ALL_EFFECTS: tuple[Effect, ...] = (
    blur.EFFECT,
    color.EFFECT,
    crop.EFFECT,
    denoise.EFFECT,
    grayscale.EFFECT,
    mirror.EFFECT,
    sharpen.EFFECT,
    vignette.EFFECT,
)
EFFECTS = {effect.name: effect for effect in ALL_EFFECTS}
