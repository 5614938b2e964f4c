"""What is asked of an upscaling, and what it works with."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from montage_recipe.stopping import Stop
from montage_recipe.upscale.attempt import Patience
from montage_recipe.upscale.packets import ChunkLimits
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.request import UpscaleRequest
from montage_recipe.upscale.retry import Policy
from montage_recipe.upscale.telling import Tell


class Shelf(Protocol):
    """Where finished chunks are kept: the build's store."""

    def find(self, key: str) -> Path | None: ...

    def publish(self, key: str, file: Path) -> Path: ...

    def remember(self, key: str, text: str) -> None:
        """At once: this process may be killed in the next moment."""
        ...

    def recall(self, key: str) -> str | None: ...

    def hold(self, key: str, stop: Stop, *, waits: Callable[[], None] = ...) -> AbstractContextManager[object]:
        """Held by one build at a time; another one that wants it calls `waits`, and waits. Raises Interrupted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One upscaling, and what it works with."""

    request: UpscaleRequest
    source: Path
    scratch: Path  # a folder of its own
    pool: Pool
    shelf: Shelf
    tell: Tell
    stop: Stop
    keep_log: Callable[[str, str], Path | None]  # name and text -> where it is kept
    limits: ChunkLimits = ChunkLimits()
    policy: Policy = Policy()
    patience: Patience = Patience()
    unchanged: Callable[[], bool] = lambda: True  # whether the source is still what the request says
    may_start: bool = True  # False only fetches what runs, or is done, on a host already
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
