"""What is told when memory runs short."""

from __future__ import annotations

from dataclasses import replace

from montage_recipe.diagnostics import Diagnostic, RecipePath, RenderError, Severity
from montage_recipe.jobs.model import Job
from montage_recipe.render.memory import MemoryWatch
from montage_recipe.render.pressure import SHORT_SHARE, Sample
from montage_recipe.render.process import Ending, Finished
from montage_recipe.render.scheduler import expected_bytes
from montage_recipe.report.model import Cause, StoppedJob
from montage_recipe.wording import format_size

_STEP_BYTES = 128 << 20  # limits are advised in these
_SMALLER = "a smaller canvas, smaller copies of large footage, or a quicker `preset`"


class ShortOfMemory(RenderError):
    """A job was ended for the sake of memory. Its diagnostic is what to tell where it is not run again."""

    def __init__(self, stopped: StoppedJob, diagnostic: Diagnostic) -> None:
        super().__init__([diagnostic])
        self.stopped = stopped


def short_of_memory(job: Job, finished: Finished, watch: MemoryWatch) -> ShortOfMemory | None:
    """What to raise for a job whose process was ended for lack of memory, if it was."""
    seen = finished.stopped_at
    stopped = StoppedJob(
        key=job.key,
        label=job.label,
        cause=Cause.LIMIT,
        at_s=watch.now_s(),
        rss_bytes=finished.peak_rss_bytes,
        total_bytes=None,
        again=False,
    )
    if finished.ending is Ending.OVER_LIMIT and seen is not None:
        stopped = replace(stopped, at_s=seen.at_s, total_bytes=seen.total_bytes)
        return ShortOfMemory(stopped, _limit_reached(job, stopped, seen, watch.pressure.limit_bytes))
    if finished.ending is Ending.OUT_OF_MEMORY:
        stopped = replace(stopped, cause=Cause.SYSTEM)
        return ShortOfMemory(stopped, _killed(job, stopped))
    return None


def _limit_reached(job: Job, stopped: StoppedJob, seen: Sample, limit_bytes: int) -> Diagnostic:
    message = (
        f"{job.label} does not fit the memory limit of {format_size(limit_bytes)}, even alone: it had "
        f"{format_size(stopped.rss_bytes)} when it was stopped, and this program {format_size(seen.own_bytes)}"
    )
    needed = (max(expected_bytes(job), stopped.rss_bytes * 5 // 4) + seen.own_bytes) / SHORT_SHARE
    hint = f"{_raised(needed)}, or use {_SMALLER}"
    return Diagnostic(code="memory-limit-reached", message=message, hint=hint, path=job.at)


def _killed(job: Job, stopped: StoppedJob) -> Diagnostic:
    message = (
        f"{job.label} was killed by the system, which had no memory left, even when it ran alone; it had "
        f"{format_size(stopped.rss_bytes)}"
    )
    hint = f"end other programs or give this one's container more memory, or use {_SMALLER}"
    return Diagnostic(code="killed-for-memory", message=message, hint=hint, path=job.at)


def _raised(needed_bytes: float) -> str:
    """What to do; of the commands that need memory, only `build` has the flag."""
    size = f"{int(-(-needed_bytes // _STEP_BYTES)) * (_STEP_BYTES >> 20)}M"
    return f"raise the limit (MONTAGE_MEMORY_LIMIT={size}, or --memory-limit {size} of `build`)"


def pass_short_of_memory(name: str, at: RecipePath, finished: Finished, limit_bytes: int) -> Diagnostic | None:
    """What to tell of a pass that measures a film, whose process was ended for lack of memory, if it was."""
    seen, had_bytes = finished.stopped_at, finished.peak_rss_bytes
    if finished.ending is Ending.OVER_LIMIT and seen is not None:
        message = (
            f"measuring the film ({name}) does not fit the memory limit of {format_size(limit_bytes)}, even alone: it had "
            f"{format_size(had_bytes)} when it was stopped, and this program {format_size(seen.own_bytes)}"
        )
        needed = (had_bytes * 5 // 4 + seen.own_bytes) / SHORT_SHARE
        return Diagnostic(code="memory-limit-reached", message=message, hint=_raised(needed), path=at)
    if finished.ending is Ending.OUT_OF_MEMORY:
        message = (
            f"measuring the film ({name}) was killed by the system, which had no memory left, even when it ran alone; it "
            f"had {format_size(had_bytes)}"
        )
        hint = "end other programs, or give this one's container more memory"
        return Diagnostic(code="killed-for-memory", message=message, hint=hint, path=at)
    return None


def program_too_large(own_bytes: int, limit_bytes: int) -> Diagnostic:
    """Where there is no room for any job."""
    message = (
        f"the memory limit of {format_size(limit_bytes)} leaves no room for jobs: this program alone has "
        f"{format_size(own_bytes)}"
    )
    return Diagnostic(code="memory-limit-reached", message=message, hint=_raised(1 << 30))


def memory_short(seen: Sample, limit_bytes: int) -> Diagnostic:
    """The warning, once in a build."""
    message = (
        f"memory is getting short: all processes together have {format_size(seen.total_bytes)} of the limit of "
        f"{format_size(limit_bytes)}; fewer jobs run at once from now on"
    )
    hint = "raise --memory-limit, or use fewer --jobs; the result is the same, only later"
    return Diagnostic(code="memory-short", message=message, hint=hint, severity=Severity.WARNING)


def too_large(jobs: list[Job], room_bytes: int) -> Diagnostic:
    """The warning ahead of jobs that are expected to need more than there may be."""
    largest = max(jobs, key=expected_bytes)
    some = f"{largest.label} is" if len(jobs) == 1 else f"{len(jobs)} jobs are"
    message = (
        f"{some} expected to use more memory than the limit leaves ({format_size(expected_bytes(largest))} of "
        f"{format_size(room_bytes)}); each such job runs alone, and is stopped where it reaches the limit"
    )
    return Diagnostic(
        code="job-over-memory-limit",
        message=message,
        hint="raise --memory-limit",
        path=largest.at,
        severity=Severity.WARNING,
    )
