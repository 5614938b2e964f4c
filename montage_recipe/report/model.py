"""What a build did: which jobs ran, how long they took, how much memory they needed, what was left over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.upscale.telling import Computed


class Status(StrEnum):
    OK = "ok"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """One job that ran, its measuring step included."""

    key: str
    kind: str
    label: str
    wall_s: float
    cpu_s: float
    peak_rss_bytes: int  # of its largest process
    computed: tuple[Computed, ...] = ()  # of an upscaling: what hosts did for it


class Cause(StrEnum):
    """Why a job was ended for the sake of memory."""

    LIMIT = "limit"  # all processes together would have passed the memory limit
    SYSTEM = "system"  # the system had no memory left and killed it


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedJob:
    """A job that was ended for the sake of memory, before it was run again or the build gave up."""

    key: str
    label: str
    cause: Cause
    at_s: float  # as the points of MemoryRecord
    rss_bytes: int  # of its processes, at their end
    total_bytes: int | None  # of all processes together; None where it was not us who ended it
    again: bool  # it was run again, alone


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """The memory of all processes while the jobs ran."""

    limit_bytes: int
    points: tuple[tuple[float, int], ...] = ()  # seconds since it began, and bytes; a bounded number, with the peak
    stopped: tuple[StoppedJob, ...] = ()
    longest_gap_s: float = 0.0  # between two looks at the memory; a busy machine may give the watch no turn for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderReport:
    """One output's build. Where `status` is not OK, the file at `output` is what it was before."""

    output: Path
    status: Status
    frames: int
    duration: Fraction  # seconds
    jobs: tuple[JobReport, ...]  # those that ran to their end, in the plan's order
    reused: int  # jobs of the plan that need not run
    warnings: tuple[Diagnostic, ...]
    faults: tuple[Diagnostic, ...]
    wall_s: float
    peak_rss_bytes: int  # this process and all its children at one moment
    peak_child_rss_bytes: int  # the largest ffmpeg
    temp_files: int  # temporary files removed at the end, and those of killed builds before
    temp_bytes: int
    memory: MemoryRecord
    only_upscalings: bool = False  # the rest was left for later, the file too
    store: Path | None = None  # where finished parts are kept
