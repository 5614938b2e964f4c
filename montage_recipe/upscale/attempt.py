"""What one try at a chunk on a host needs, and what it sees there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from montage_recipe.stopping import Stop
from montage_recipe.upscale.telling import MemoryAt, Phase

_LONG_WAIT_S = 3.0
_LONGEST_LOOK_S = 30.0  # counts of the time between two looks: in between, the host may have slept
_WAITS = "waits for its turn: another job computes there"
_PHASES = {  # of a job, as it tells them
    "waiting": Phase.WAITING,
    "preparing": Phase.INSTALLING,
    "loading": Phase.LOADING,
    "running": Phase.COMPUTING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a job may show no sign of life, and none of progress, in seconds."""

    silent_s: float = 90.0  # its heart beats every 2 s once it runs
    stuck_s: float = 900.0  # no tile of a frame, while it runs
    preparing_s: float = 1800.0  # installing packages, loading a model
    answer_s: float = 60.0  # to say how it is


class Sign(NamedTuple):
    """What a job shows, and for how many seconds it has shown nothing else."""

    shown: object
    quiet_s: float


@dataclass(kw_only=True)
class Past:
    """What the tries at a chunk have come to on one host."""

    best: Counter[str] = field(default_factory=Counter)  # how far the best of them has got, in anything
    sent: bool = False  # whether the whole chunk was
    heard: set[str] = field(default_factory=set)  # what was noted
    signs: dict[str, Sign] = field(default_factory=dict)  # of life
    looked: float | None = None  # when that was


@dataclass(kw_only=True)
class Attempt:
    """What one try at a chunk needs. `advanced` becomes true when it has got further than those before it."""

    key: str  # names its folder on the host
    scripts: Mapping[str, str]  # name -> text
    source: Callable[[], Path]  # makes the chunk's file, when it is needed
    scratch: Path  # a folder here, for files on their way
    result_bytes: int  # about, to see whether it has room
    tell: Callable[[int, float | None], None]  # frames done, frames a second
    note: Callable[[str], None]  # what people want to read
    enter: Callable[[Phase], None]  # what the host is at from now on
    answered: Callable[[], None]  # called when it has said how the job is: from now on something of it may be there
    stop: Stop
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    patience: Patience = field(default_factory=Patience)
    may_start: bool = True  # False only attaches to what runs there already
    past: Past = field(default_factory=Past)
    advanced: bool = False
    alive: bool = False  # whether the job was found running: it has outlived what ended the try before
    log: str = ""  # of a run that failed
    memory: list[MemoryAt] = field(default_factory=list)  # as the job has told it

    def reached(self, what: str, amount: int) -> None:
        if amount > self.past.best[what]:
            self.past.best[what], self.advanced = amount, True


class Watch:
    """Sees whether a job lives and gets further."""

    def __init__(self, attempt: Attempt) -> None:
        self.offset = 0  # in the job's events
        self._attempt = attempt
        self._phase = ""
        self._running_since: tuple[int, float] | None = None  # frames that were done, and when that was

    def see(self, seen: Mapping[str, Any]) -> None:
        now = self._attempt.clock()
        state = seen["state"] or {}
        self.offset = seen["offset"]
        if self._phase != (phase := state.get("phase", "")) and phase in _PHASES:
            self._attempt.enter(_PHASES[phase])
        self._phase = phase
        past = self._attempt.past
        since_s = 0.0 if past.looked is None else min(now - past.looked, _LONGEST_LOOK_S)
        past.looked = now
        for name, shown in (  # each phase has a process of its own, and begins to count anew
            ("beat", (phase, state.get("beat"))),
            ("work", (phase, state.get("done"), state.get("tiles"))),
            ("phase", phase),
        ):
            before = past.signs.get(name, Sign(object(), 0.0))
            past.signs[name] = Sign(shown, before.quiet_s + since_s if before.shown == shown else 0.0)
        if phase == "waiting" and past.signs["phase"].quiet_s > _LONG_WAIT_S and _WAITS not in past.heard:
            past.heard.add(_WAITS)
            self._attempt.note(_WAITS)
        if phase == "running":
            self._count(int(state.get("done", 0)), now)

    def _count(self, done: int, now: float) -> None:
        self._attempt.reached("frames", done)
        first, since = self._running_since = self._running_since or (done, now)
        self._attempt.tell(done, (done - first) / (now - since) if done > first else None)

    def fault(self) -> str:
        """ "" while there is no reason to worry."""
        patience = self._attempt.patience
        quiet = {name: sign.quiet_s for name, sign in self._attempt.past.signs.items()}
        if self._phase in ("loading", "running") and quiet["beat"] > patience.silent_s:
            return f"it gave no sign of life for {quiet['beat']:.0f} s"
        if self._phase == "running" and quiet["work"] > patience.stuck_s:
            return f"it finished no tile for {quiet['work']:.0f} s"
        if self._phase not in ("waiting", "running") and quiet["phase"] > patience.preparing_s:
            return f"it did not begin within {quiet['phase']:.0f} s"
        return ""
