"""Footage as a hand-held camera takes it: the program's own scenes, filmed with a hand that is never still, and grain."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from montage_recipe.decimals import decimal
from montage_recipe.engine import Engine
from montage_recipe.generate import GENERATORS
from montage_recipe.generate.spec import Shot
from montage_recipe.recipe.kinds import Size

_VISIBLE = 0.8  # of a scene's width and height: the rest is room for the hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A scene of `generate:` as one camera saw and heard it; the seed decides the hand, the grain and the sound."""

    scene: str
    seed: int
    options: Mapping[str, str] = field(default_factory=dict)


TAKES = (
    Take(scene="hills", seed=1, options={"light": "dawn"}),
    Take(scene="sea", seed=2),
    Take(scene="clouds", seed=3),
    Take(scene="bokeh", seed=4, options={"palette": "cool"}),
    Take(scene="hills", seed=5, options={"light": "dusk"}),
)


def film_take(engine: Engine, take: Take, file: Path, *, frames: int, drawn: Size, size: Size, rate: int) -> None:
    """H.264 that is nearly unharmed, and AAC. `drawn` is the size of the whole scene, `size` that of the footage."""
    part = file.with_suffix(".part")
    shot = Shot(size=drawn, rate=Fraction(rate), frames=frames)
    argv = (
        *(engine.path, "-v", "error", "-nostdin", "-y"),
        *(
            "-f",
            "lavfi",
            "-i",
            _seen(take, shot, size),
            "-f",
            "lavfi",
            "-i",
            _heard(take.seed),
            "-t",
            decimal(frames / rate),
        ),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-pix_fmt", "yuv420p", "-color_range", "tv"),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:a", "aac", "-b:a", "192k", "-f", "mp4", str(part)),
    )
    subprocess.run(argv, check=True)
    part.replace(file)


def _seen(take: Take, shot: Shot, size: Size) -> str:
    generator = GENERATORS[take.scene]
    scene = generator.lower(generator.params(**take.options), shot)
    # A slow pan and the shake of a hand: one to three pixels a frame, never twice the same way.
    across = f"(iw-ow)*(0.5+0.32*sin(0.7*t+{take.seed})+0.1*sin(2.9*t+{2 * take.seed})+0.02*sin(11*t))"
    down = f"(ih-oh)*(0.5+0.25*sin(0.5*t+{3 * take.seed})+0.12*sin(3.7*t+{take.seed})+0.03*sin(13*t))"
    camera = f"crop=w=iw*{_VISIBLE}:h=ih*{_VISIBLE}:x='{across}':y='{down}'"
    return f"{scene},{camera},scale={size.width}:{size.height}:flags=bicubic,noise=alls=4:allf=t:all_seed={take.seed}"


def _heard(seed: int) -> str:
    """Wind that swells on both sides in its own way, and steps to the left of the camera."""
    sides = "".join(
        f"anoisesrc=c=pink:r=48000:a=0.3:seed={10 * seed + side},lowpass=f={500 + 300 * side},"
        f"volume='0.4+0.3*sin({1.3 + 0.4 * side:.1f}*t+{seed + 2 * side})':eval=frame[side{side}];"
        for side in (0, 1)
    )
    since = f"mod(t+{0.1 * seed:.1f},0.56)"
    step = f"exp(-30*{since})*sin(2*PI*{150 + 10 * seed}*{since})"
    return (
        f"{sides}[side0][side1]join=inputs=2:channel_layout=stereo[wind];"
        f"aevalsrc='0.5*{step}|0.2*{step}':s=48000:c=stereo[steps];[wind][steps]amix=inputs=2:normalize=0"
    )
