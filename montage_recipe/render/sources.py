"""Footage must stay what it was when it was fingerprinted, from the plan to the end of the last job that reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.jobs.model import FileInput, Job, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Changes whenever a file is written to or replaced; cheap to look at."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int  # a copy may carry the times of its original, but not this one
    inode: int
    device: int


def stamp_of(file: str) -> Stamp | None:
    """None where there is no such file."""
    try:
        stat = Path(file).stat()
    except OSError:
        return None
    return Stamp(
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        ctime_ns=stat.st_ctime_ns,
        inode=stat.st_ino,
        device=stat.st_dev,
    )


def stamps_now(plan: Plan) -> dict[str, Stamp]:
    """The stamps of all files that a plan's jobs read; missing files are left out."""
    return stamps_of(source.file for job in plan.jobs for source in job.inputs if isinstance(source, FileInput))


def stamps_of(files: Iterable[str]) -> dict[str, Stamp]:
    return {file: stamp for file in sorted(set(files)) if (stamp := stamp_of(file)) is not None}


def changed_sources(job: Job, stamps: Mapping[str, Stamp]) -> Iterator[Diagnostic]:
    """One fault for each file that `job` reads and that is gone or no longer as stamped."""
    for file in dict.fromkeys(source.file for source in job.inputs if isinstance(source, FileInput)):
        now = stamp_of(file)
        if now is None:
            hint = "put it back, or correct its path in the recipe"
            yield Diagnostic(
                code="no-such-file", message=f"{file} is not there any more", hint=hint, path=job.place_of_source
            )
        elif now != stamps.get(file):
            message = f"{file} was changed while the montage was being built from it"
            hint = "wait until whatever writes to it has finished, then build again"
            yield Diagnostic(code="source-changed", message=message, hint=hint, path=job.place_of_source)
