"""Room on the disk: what a build is expected to write, compared with what is free before it begins and while it runs.

Samples are counted exactly: 8 bytes for each of stereo. AAC is its bit rate. Pictures are guessed from their size, their
number and x264's constant rate factor: 0.2 bits a pixel at CRF 20, twice as much for every 6 less. For two seconds of camera
footage, old film and fire at 640x360 and 1280x720 the guess was between a quarter (CRF 28, `ultrafast`) and 2.7 times of what
was written; for a whole build, samples included, between 0.6 and 1.9 times. A photo took 16 times less than the guess, the
recording of a screen 64 times. So a build is refused only where a hundredth of the guess and the samples do not fit, and
warned where all of it does not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, Severity, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.jobs.model import Job, JobKind, Plan
from montage_recipe.timecode import SAMPLE_RATE
from montage_recipe.wording import format_size

_MIB = 1 << 20
_BITS_A_PIXEL = 0.2  # at the usual CRF
_USUAL_CRF, _CRF_THAT_HALVES = 20, 6
_SURELY = 0.01  # of the guess; the recording of a screen took a sixty-fourth
_SAMPLE_BYTES = 8  # two channels of 32 bits
_AAC_BYTES_A_SAMPLE = 192_000 / 8 / SAMPLE_RATE
_CURE = "free some space (`montage-recipe cache prune`), or use another disk: --cache DIR, -o FILE; what is finished is kept"
_RESERVE_BYTES, _RESERVE_SHARE = 100 * _MIB, 0.01  # the smaller of the two is left free


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    free_bytes: int  # for this user
    size_bytes: int
    device: int

    @property
    def room_bytes(self) -> int:
        """What a build may take; the reserve is left for what writes beside it, and for the store's own index."""
        return self.free_bytes - int(min(_RESERVE_BYTES, self.size_bytes * _RESERVE_SHARE))


def disk_of(folder: Path) -> Disk:
    """Raises OSError."""
    facts = os.statvfs(folder)
    return Disk(
        free_bytes=facts.f_bavail * facts.f_frsize,
        size_bytes=facts.f_blocks * facts.f_frsize,
        device=folder.stat().st_dev,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bytes that are surely written, and that are expected to be."""

    surely: int
    expected: int

    def __add__(self, other: Need) -> Need:
        return Need(surely=self.surely + other.surely, expected=self.expected + other.expected)


def needs_of(jobs: Iterable[Job], find: Callable[[str], Path | None]) -> dict[str, Need]:
    """What the outputs of jobs take, by key; `jobs` as in a plan, each after those it needs, whose other parts `find` finds.
    A join is as large as its parts."""
    needs = dict[str, Need]()
    crf: int | None = None
    for job in jobs:
        if job.kind is JobKind.JOIN:
            parts = (needs.get(key) or _found(find(key)) for key in job.needs)
            needs[job.key] = sum(parts, start=Need(surely=0, expected=0))
            continue
        if job.kind is JobKind.VIDEO and crf is None:
            crf = _crf(job.argv)  # of all segments; putting a command together takes 10 ms
        needs[job.key] = _need(job, _crf(job.argv) if job.kind is JobKind.GENERATE else crf)
    return needs


def _found(file: Path | None) -> Need:
    size = file.stat().st_size if file else 0
    return Need(surely=size, expected=size)


def _need(job: Job, crf: int | None) -> Need:
    samples = job.expected.samples or 0
    if job.kind is JobKind.LOUDNESS:
        aac = int(samples * _AAC_BYTES_A_SAMPLE)
        return Need(surely=aac // 10, expected=aac)  # silence takes little
    pixels = (job.expected.frames or 0) * (job.expected.width or 0) * (job.expected.height or 0)
    pictures = (
        pixels * _BITS_A_PIXEL / 8 * 2 ** ((_USUAL_CRF - (_USUAL_CRF if crf is None else crf)) / _CRF_THAT_HALVES)
    )
    sound = samples * _SAMPLE_BYTES
    return Need(surely=int(pictures * _SURELY) + sound, expected=int(pictures) + sound)


def _crf(argv: Sequence[str]) -> int | None:
    words = tuple(argv)
    return int(words[words.index("-crf") + 1]) if "-crf" in words else None


def check_room(
    plan: Plan,
    jobs: Sequence[Job],
    store: Path,
    find: Callable[[str], Path | None],
    *,
    look: Callable[[Path], Disk] = disk_of,
) -> Iterator[Diagnostic]:
    """A warning for each disk on which there may be too little room for what `jobs` write. Raises StoreError where there
    surely is."""
    with disk_faults("look how much room there is"):
        needs = needs_of(jobs, find)
        wants: dict[int, tuple[Path, Disk, Need]] = {}
        for job in jobs:
            folder = plan.output.parent if job is plan.final else store
            disk = look(folder)
            where, _, so_far = wants.get(disk.device, (folder, disk, Need(surely=0, expected=0)))
            wants[disk.device] = where, disk, so_far + needs[job.key]
    if faults := [_too_small(*want) for want in wants.values() if want[2].surely > want[1].room_bytes]:
        raise StoreError(faults)
    yield from (_may_fill(*want) for want in wants.values() if want[2].expected > want[1].room_bytes)


def _too_small(folder: Path, disk: Disk, need: Need) -> Diagnostic:
    message = (
        f"there is too little room on the disk of {folder}: this build writes {format_size(need.surely)} or more "
        f"(most likely {format_size(need.expected)}), and {format_size(max(0, disk.room_bytes))} can be used"
    )
    return Diagnostic(code="disk-full", message=message, hint=_CURE)


def _may_fill(folder: Path, disk: Disk, need: Need) -> Diagnostic:
    message = (
        f"the disk of {folder} may become full: this build is expected to write {format_size(need.expected)}, and "
        f"{format_size(disk.room_bytes)} can be used"
    )
    return Diagnostic(code="disk-may-fill", message=message, hint=_CURE, severity=Severity.WARNING)


class RoomWatch:
    """Sees, while a build runs, that none of its disks gets really full: its jobs are ended before."""

    def __init__(self, folders: Iterable[Path], *, look: Callable[[Path], Disk] = disk_of) -> None:
        self._folders, self._look = tuple(folders), look
        self._short: Diagnostic | None = None

    def is_short(self) -> bool:
        """Whether one of the disks has no more than its reserve, or had at an earlier look. For all threads."""
        for folder in self._folders if self._short is None else ():
            try:
                disk = self._look(folder)
            except OSError:
                continue  # whoever writes there next says it better
            if disk.room_bytes <= 0:
                message = (
                    f"the disk of {folder} is nearly full: {format_size(disk.free_bytes)} are left, so the build was ended "
                    f"before anything else on it would fail"
                )
                self._short = Diagnostic(code="disk-full", message=message, hint=_CURE)
        return self._short is not None

    def heed(self) -> None:
        """Raises StoreError where `is_short` has seen a full disk."""
        if self._short:
            raise StoreError([self._short])
