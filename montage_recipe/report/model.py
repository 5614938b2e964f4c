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
    only_upscalings: bool = False  # the rest was left for later, the file too
