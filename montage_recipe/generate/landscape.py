"""What several scenes have in common: stars, and hills cut out against the sky."""

from __future__ import annotations

from montage_recipe.decimals import decimal
from montage_recipe.generate.lavfi import enlarged, grain, held, shaded
from montage_recipe.generate.spec import Shot


def with_stars(shot: Shot, brightness: float) -> str:
    """What follows a chain whose picture (gbrp) gets stars, fewer and fainter towards its middle."""
    # Drawn at half the size: a star of one pixel would vanish in 4:2:0 and in the encoder.
    width, height = max(2, shot.size.width // 2), max(2, shot.size.height // 2)
    strewn = f"gt({grain('X', 'Y', 3)},0.9985)*pow({grain('X', 'Y', 8)},2)*clip(1-1.6*Y/H,0,1)"
    points = enlarged(held(shaded(shot, width, height, f"{decimal(brightness)}*{strewn}")), shot)
    return f"[dark];{points},format=gbrp[points];[dark][points]blend=all_mode=addition"


def ridge_mask(name: str, shot: Shot, ridge: str) -> str:
    """Chains that make [NAME], a grey mask that is white below a ridge; `ridge` is its height at X, from the top (0)
    to the bottom (1). Only one row of pixels is computed for each frame."""
    draw = f"scale={shot.size.width}:{shot.size.height}:flags=neighbor"
    depth = f"{shaded(shot, 2, shot.size.height, 'Y/H')},{draw}"
    return (
        f"{held(depth)}[{name}depth];"
        f"{shaded(shot, shot.size.width, 1, ridge)},{draw}[{name}height];"
        # How far below its ridge a pixel lies, sharpened to an edge one pixel soft. In 16 bits: left to itself, ffmpeg
        # would choose 8 for lut's input, and the edge would be a staircase.
        f"[{name}depth][{name}height]blend=all_mode=subtract,"
        f"format=gray16le,lut=y='clip(val*{decimal(shot.size.height / 2)},0,65535)',format=gray[{name}];"
    )
