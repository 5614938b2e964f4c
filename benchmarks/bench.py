"""What a run of the benchmarks is made with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from montage_recipe.engine import Engine
from montage_recipe.recipe.kinds import Size

FPS = 30
CLIP_FRAMES = 60  # 2 s
FADE_FRAMES = 15  # 0.5 s
MEGABYTE = 1_000_000
PROMISED_CLIPS = 50  # the number of clips that most promises are about


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large everything is; `FULL` is what the promises are about."""

    size: Size
    takes: int  # different pictures and sounds; clips show them in turn
    counts: tuple[int, ...]  # clips, against the single process
    scaling: tuple[int, ...]  # clips, this program alone; the others are compared with the first
    copied_cuts: int
    footage_clips: int  # of 2 s each, in the file that the cuts are taken from; at least five
    many_clips: int  # of the recipes that are only read and planned
    rebuilt_clips: int  # of the recipe that is built again
    transfer_bytes: int  # of the file that is sent to a host and fetched from it
    scene_s: int  # each of the scenes that checked films are made of
    checked: tuple[int, ...]  # how many times a checked film shows all scenes; the first is compared with the last


FULL = Scale(
    size=Size(1920, 1080),
    takes=12,
    counts=(5, 20, 50, 100, 200),
    scaling=(50, 200, 1000),
    copied_cuts=6,
    footage_clips=40,
    many_clips=1000,
    rebuilt_clips=100,
    transfer_bytes=200 * MEGABYTE,
    scene_s=6,
    checked=(4, 20),
)
QUICK = Scale(
    size=Size(320, 180),
    takes=3,
    counts=(3, 6),
    scaling=(4, 8),
    copied_cuts=2,
    footage_clips=6,
    many_clips=12,
    rebuilt_clips=8,
    transfer_bytes=2 * MEGABYTE,
    scene_s=2,
    checked=(1, 2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    scale: Scale
    engine: Engine
    program: tuple[str, ...]  # how montage-recipe is started
    work: Path  # sources are kept here from one run to the next
    memory_limit: str  # for `build --memory-limit`
    memory_cap_bytes: int  # a run whose processes take more together is ended: it does not fit
    time_limit_s: float  # a run that takes longer is ended


def montage_frames(clips: int, *, fade_frames: int) -> int:
    """
    >>> montage_frames(5, fade_frames=15)
    240
    """
    return clips * CLIP_FRAMES - (clips - 1) * fade_frames
