"""What an upscaling tells while it goes on, and in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from montage_recipe.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """Frames that are done, of all chunks together."""

    done: int
    frames: int
    frames_per_s: float | None  # of what computes at the moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that people want to read: which host, which fault, what is done about it."""

    host: str
    text: str


class Phase(StrEnum):
    """What a host is at with a chunk, from the first to the last."""

    HELD = "held"  # another build has this chunk in hand, and what it makes is taken
    CONNECTING = "connecting"
    SENDING = "sending"
    WAITING = "waiting"  # for another job that computes there
    INSTALLING = "installing"  # looking which packages it lacks, and fetching them
    LOADING = "loading"  # the model
    COMPUTING = "computing"
    FETCHING = "fetching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A phase of one chunk begins; chunks count from 1."""

    host: str  # "" where another build has not come to one yet
    phase: Phase
    chunk: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """The last resort works on a chunk, because of these faults of all other hosts."""

    host: str
    faults: tuple[Diagnostic, ...]


Note = Advanced | Noted | Entered | TakenOver
Tell = Callable[[Note], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAt:
    """Bytes of the GPU's memory at one moment of a job; of its process's where no GPU computes."""

    when: str
    used: int
    free: int | None  # None of a process
    peak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a host said of one chunk."""

    host: str
    device: str
    frames: int
    seconds: float  # of computing, without transfers and waiting
    peak_bytes: int  # the GPU's memory, or the process's where no GPU computed
    tile: int  # what it came down to
    batch: int
    memory: tuple[MemoryAt, ...] = ()
