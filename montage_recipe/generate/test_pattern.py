"""A picture to measure by: a moving chart, the frame number in black and white blocks, and a flash every second."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.generate.lavfi import finished_picture, rate_text
from montage_recipe.generate.spec import Generator, Produces, Shot

BITS = 16  # blocks of the frame number, most significant first
STRIP_SHARE = 12  # the strip of blocks is this part of the picture's height, at the bottom
FLASH_SHARE = 6  # the flashing block is this part of both sides, in the top right corner


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPattern:
    __test__ = False  # not a test class, though its name looks like one to pytest


def _lower(params: TestPattern, shot: Shot) -> str:
    width, height, rate = shot.size.width, shot.size.height, rate_text(shot.rate)
    strip, block = max(2, height // STRIP_SHARE), (max(2, width // FLASH_SHARE), max(2, height // FLASH_SHARE))
    # The first frame of each second: one on which more seconds are complete than on the frame before.
    seconds = f"*{shot.rate.denominator}/{shot.rate.numerator}+1e-9"
    flash = f"255*gt(floor(N{seconds}),floor((N-1){seconds}))"
    graph = (
        f"testsrc2=s={width}x{height}:r={rate},format=gbrp[chart];"
        f"nullsrc=s={BITS}x1:r={rate},format=gray,geq=lum='255*mod(floor(N/pow(2,{BITS - 1}-X)),2)',"
        f"scale={width}:{strip}:flags=neighbor,format=gbrp[number];"
        f"nullsrc=s=1x1:r={rate},format=gray,geq=lum='{flash}',scale={block[0]}:{block[1]}:flags=neighbor,"
        "format=gbrp[flash];"
        f"[chart][number]overlay=y=H-h:format=gbrp[numbered];[numbered][flash]overlay=x=W-w:format=gbrp"
    )
    return finished_picture(graph, shot)


GENERATOR = Generator(
    name="test-pattern",
    doc="A moving test chart with its frame number in blocks and a flash on every full second.",
    params=TestPattern,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=({"generate": "test-pattern", "duration": "2s"},),
)
