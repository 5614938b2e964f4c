"""What a build tells while it runs; `as_json` gives one object for each line of `--json`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.render.pressure import Curve
from montage_recipe.render.runs import Freed
from montage_recipe.report.model import MemoryRecord, RenderReport, Status, StoppedJob
from montage_recipe.upscale.telling import Computed, Phase

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted:
    output: str
    jobs: int
    to_run: int
    work_s: float  # of the jobs to run, their durations times their weights; what progress is measured against

    def as_json(self) -> Json:
        return {
            "event": "build-started",
            "output": self.output,
            "jobs": {"total": self.jobs, "to_run": self.to_run, "reused": self.jobs - self.to_run},
            "work_s": round(self.work_s, 6),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    key: str
    kind: str
    label: str
    duration_s: float  # of its output
    weight: float = 1.0  # seconds of work for one of output, as progress counts it

    def as_json(self) -> Json:
        return {
            "event": "job-started",
            "key": self.key,
            "kind": str(self.kind),
            "label": self.label,
            "duration_s": round(self.duration_s, 6),
            "weight": round(self.weight, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLogged:
    """One ffmpeg has ended. Told to logs, and to people who want to know everything; not a part of `--json`."""

    key: str
    kind: str
    argv: tuple[str, ...]
    status: int
    said: str  # its own log
    wall_s: float
    peak_rss_bytes: int

    def as_json(self) -> Json:
        return {
            "event": "job-logged",
            "key": self.key,
            "kind": str(self.kind),
            "status": self.status,
            "wall_s": round(self.wall_s, 3),
            "peak_rss_bytes": self.peak_rss_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    key: str
    done_s: float  # seconds of the output made so far
    speed: float | None  # seconds of output a second

    def as_json(self) -> Json:
        return {"event": "job-progress", "key": self.key, "done_s": round(self.done_s, 3), "speed": self.speed}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished:
    key: str
    kind: str
    label: str
    reused: bool  # found in the store, and read by a job that runs
    wall_s: float = 0.0
    peak_rss_bytes: int = 0
    computed: tuple[Computed, ...] = ()  # of an upscaling: what hosts did for it

    def as_json(self) -> Json:
        return {
            "event": "job-finished",
            "key": self.key,
            "kind": str(self.kind),
            "label": self.label,
            "reused": self.reused,
            "wall_s": round(self.wall_s, 3),
            "peak_rss_bytes": self.peak_rss_bytes,
            **({"hosts": [asdict(each) for each in self.computed]} if self.computed else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStopped:
    """Ended for the sake of memory; where `again`, it begins anew once nothing else runs."""

    job: StoppedJob

    def as_json(self) -> Json:
        return {"event": "job-stopped"} | stopped_as_json(self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNoted:
    """What happens to a job on a GPU host besides progress: a fault, and what is done about it."""

    key: str
    label: str
    host: str
    text: str

    def as_json(self) -> Json:
        return {"event": "host-note", "key": self.key, "label": self.label, "host": self.host, "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntered:
    """What a GPU host is at with a job from now on; chunks count from 1."""

    key: str
    label: str
    host: str  # "" where another build has the chunk in hand and has not come to a host yet
    phase: Phase
    chunk: int
    chunks: int

    def as_json(self) -> Json:
        return {
            "event": "host-phase",
            "key": self.key,
            "label": self.label,
            "host": self.host,
            "phase": str(self.phase),
            "chunk": self.chunk,
            "chunks": self.chunks,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    diagnostic: Diagnostic

    def as_json(self) -> Json:
        return {"event": "warning"} | _told(self.diagnostic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulted:
    """Why the build failed, one event a fault, ahead of the summary."""

    diagnostic: Diagnostic

    def as_json(self) -> Json:
        return {"event": "error"} | _told(self.diagnostic)


def _told(diagnostic: Diagnostic) -> Json:
    d, at = diagnostic, diagnostic.location
    place = {"file": at.file, "line": at.line, "column": at.column} if at else {}
    return {"code": d.code, "message": d.message, "hint": d.hint, "path": list(d.path), **place}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFinished:
    """The end of one output's build, good or not."""

    report: RenderReport

    def as_json(self) -> Json:
        return summary([self.report], status=self.report.status).as_json() | {"event": "output-finished"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The last event of a build."""

    status: Status
    outputs: tuple[str, ...]
    frames: int
    duration_s: float
    run: int
    reused: int
    wall_s: float
    peak_rss_bytes: int
    temp_files: int
    temp_bytes: int
    memory: MemoryRecord | None = None  # None where no output was begun

    def as_json(self) -> Json:
        """`output` is a path; a list of paths where one build was to make several files; null where it began none, or
        was to make none.

        The points of `memory` are `[seconds, bytes]`, of the outputs one after the other.
        """
        return {
            "event": "summary",
            "status": str(self.status),
            "output": list(self.outputs) if len(self.outputs) > 1 else next(iter(self.outputs), None),
            "frames": self.frames,
            "duration_s": round(self.duration_s, 6),
            "jobs": {"run": self.run, "reused": self.reused},
            "wall_s": round(self.wall_s, 3),
            "peak_rss_bytes": self.peak_rss_bytes,
            "memory": {
                "limit_bytes": self.memory.limit_bytes,
                "points": [[round(at_s, 2), total_bytes] for at_s, total_bytes in self.memory.points],
                "stopped": [stopped_as_json(job) for job in self.memory.stopped],
                "longest_gap_s": round(self.memory.longest_gap_s, 3),
            }
            if self.memory
            else None,
            "temp": {"files": self.temp_files, "bytes": self.temp_bytes},
        }


def stopped_as_json(job: StoppedJob) -> Json:
    return {
        "key": job.key,
        "label": job.label,
        "cause": str(job.cause),
        "at_s": round(job.at_s, 2),
        "rss_bytes": job.rss_bytes,
        "total_bytes": job.total_bytes,
        "again": job.again,
    }


Event = (
    BuildStarted
    | JobStarted
    | JobProgress
    | JobLogged
    | JobFinished
    | JobStopped
    | HostNoted
    | HostEntered
    | Warned
    | Faulted
    | OutputFinished
    | Summary
)
Listener = Callable[[Event], None]


def summary(
    reports: Sequence[RenderReport], *, status: Status, wall_s: float | None = None, freed: Freed | None = None
) -> Summary:
    """All outputs together that a build finished or failed at; `wall_s` is the whole build's, by default the sum of theirs.
    `freed` is what was removed besides.

    Frames and duration are those of the finished ones. Where only clips were to be enlarged, there are none.
    """
    films = [report for report in reports if not report.only_upscalings]
    made = [report for report in films if report.status is Status.OK]
    return Summary(
        status=status,
        outputs=tuple(str(report.output) for report in films),
        frames=sum(report.frames for report in made),
        duration_s=float(sum(report.duration for report in made)),
        run=sum(len(report.jobs) for report in reports),
        reused=sum(report.reused for report in reports),
        wall_s=sum(report.wall_s for report in reports) if wall_s is None else wall_s,
        peak_rss_bytes=max((report.peak_rss_bytes for report in reports), default=0),
        temp_files=sum(report.temp_files for report in reports) + (freed.files if freed else 0),
        temp_bytes=sum(report.temp_bytes for report in reports) + (freed.bytes if freed else 0),
        memory=_one_after_the_other(reports),
    )


def _one_after_the_other(reports: Sequence[RenderReport]) -> MemoryRecord | None:
    if not reports:
        return None
    curve, stopped, begun_s = Curve(), list[StoppedJob](), 0.0
    for report in reports:
        for at_s, total_bytes in report.memory.points:
            curve.add(begun_s + at_s, total_bytes)
        stopped += [replace(job, at_s=begun_s + job.at_s) for job in report.memory.stopped]
        begun_s += report.wall_s
    return MemoryRecord(
        limit_bytes=reports[-1].memory.limit_bytes,
        points=curve.points,
        stopped=tuple(stopped),
        longest_gap_s=max(report.memory.longest_gap_s for report in reports),
    )


class Tally:
    """Passes events on and keeps each output's report, so that a summary can be given however the build ends."""

    def __init__(self, listener: Listener) -> None:
        self.reports: list[RenderReport] = []
        self.freed: Freed | None = None  # besides what the reports say
        self._listener = listener

    def __call__(self, event: Event) -> None:
        if isinstance(event, OutputFinished):
            self.reports.append(event.report)
        self._listener(event)
