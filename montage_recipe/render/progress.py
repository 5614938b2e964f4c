"""Tells people and programs how a build goes: bars on a terminal, a few plain lines elsewhere, JSON lines on request."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from montage_recipe.diagnostics import StoreError
from montage_recipe.disk import disk_fault
from montage_recipe.render.events import (
    BuildStarted,
    Event,
    HostEntered,
    HostNoted,
    JobFinished,
    JobLogged,
    JobProgress,
    JobStarted,
    JobStopped,
    OutputFinished,
)
from montage_recipe.render.masking import masked, secrets_of
from montage_recipe.report.model import Cause, RenderReport, Status
from montage_recipe.upscale.telling import Phase
from montage_recipe.wording import counted, format_size

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_PLAIN_EVERY_S = 10.0


class JsonLines:
    """One JSON object a line, written out at once so that a reader at the other end of a pipe sees it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        """Raises StoreError where the file that events go to takes no more, BrokenPipeError where their reader has gone."""
        if isinstance(event, JobLogged):
            return
        try:
            self._stream.write(json.dumps(event.as_json(), ensure_ascii=False) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StoreError([disk_fault(error, "write the events of --json")]) from error


class Details:
    """What is wanted with `-v`: each job as it ends; with `-vv` also what ran, and what ffmpeg said."""

    def __init__(self, write: Callable[[str], None], *, verbosity: int) -> None:
        self._write, self._verbosity, self._secrets = write, verbosity, secrets_of(os.environ)

    def __call__(self, event: Event) -> None:
        match event:
            case JobFinished(reused=False):
                self._write(f"  {event.label}: {event.wall_s:.1f} s, {format_size(event.peak_rss_bytes)}")
            case JobLogged() if self._verbosity > 1:
                self._write(f"  $ {shlex.join(masked(word, self._secrets) for word in event.argv)}")
                for line in masked(event.said, self._secrets).splitlines():
                    self._write(f"    {line}")
            case _:
                return


class Done:
    """How much of a build is done, in seconds of work, so that long jobs and upscalings count for more."""

    def __init__(self) -> None:
        self._begin(total_s=0.0, jobs=0)

    def _begin(self, *, total_s: float, jobs: int) -> None:
        self.total_s, self.jobs, self.finished = total_s, jobs, 0
        self._finished_s = 0.0
        self._begun: dict[str, JobStarted] = {}
        self._running: dict[str, float] = {}

    @property
    def done_s(self) -> float:
        return self._finished_s + sum(self._running.values())

    def __call__(self, event: Event) -> None:
        match event:
            case BuildStarted():
                self._begin(total_s=event.work_s, jobs=event.to_run)
            case JobStarted():
                self._begun[event.key], self._running[event.key] = event, 0.0
            case JobProgress():
                self._running[event.key] = event.done_s * self._begun[event.key].weight
            case JobFinished(reused=False):
                self._running.pop(event.key, None)
                begun = self._begun.pop(event.key)
                self._finished_s += begun.duration_s * begun.weight
                self.finished += 1
            case JobStopped():
                self._running.pop(event.job.key, None)
            case _:
                return


class PlainLines:
    """For logs and pipes: what is to do, a line now and then, and the result."""

    def __init__(self, write: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._done = Done()
        self._told_at = clock()

    def __call__(self, event: Event) -> None:
        self._done(event)
        match event:
            case BuildStarted():
                self._told_at = self._clock()
                self._write(f"{Path(event.output).name}: {_work_text(event)}")
            case HostNoted():
                self._write(f"  {note_text(event)}")
            case HostEntered():
                self._write(f"  {event.label}, {phase_text(event)}")
            case JobStopped():
                self._write(f"  {stopped_text(event)}")
            case JobFinished(reused=False, computed=computed) if computed:
                self._write(f"  {computed_text(event)}")
            case JobProgress() | JobFinished(reused=False):
                self._tell_now_and_then()
            case OutputFinished():
                self._write(ending_text(event.report))
            case _:
                return

    def _tell_now_and_then(self) -> None:
        if self._clock() - self._told_at >= _PLAIN_EVERY_S:
            self._told_at = self._clock()
            share = self._done.done_s / self._done.total_s if self._done.total_s else 1.0
            self._write(f"  {share:.0%}, {self._done.finished} of {self._done.jobs} jobs done")


class TerminalBars:
    """A bar for the whole build and one for each running job. A context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done = Done()
        self._progress = _new_progress(console)
        self._total: TaskID | None = None
        self._jobs: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalBars:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        self._done(event)
        match event:
            case BuildStarted():
                self._begin(event)
            case JobStarted():
                self._jobs[event.key] = self._progress.add_task(
                    f"  {_escaped(event.label)}", total=event.duration_s, speed=""
                )
            case JobProgress():
                speed = f"{event.speed:.1f}x" if event.speed else ""
                self._progress.update(self._jobs[event.key], completed=event.done_s, speed=speed)
            case HostEntered():
                text = f"  {_escaped(event.label)}, {_escaped(phase_text(event))}"
                self._progress.update(self._jobs[event.key], description=text)
            case HostNoted():
                self._console.print(_escaped(note_text(event)), highlight=False)
            case JobStopped():
                self._progress.remove_task(self._jobs.pop(event.job.key))
                self._console.print(_escaped(stopped_text(event)), highlight=False)
            case JobFinished(reused=False):
                self._progress.remove_task(self._jobs.pop(event.key))
                if event.computed:
                    self._console.print(_escaped(computed_text(event)), highlight=False)
            case OutputFinished():
                self._end(event)
            case _:
                return
        if self._total is not None:
            self._progress.update(self._total, completed=self._done.done_s, speed=self._jobs_text())

    def _begin(self, event: BuildStarted) -> None:
        if event.to_run:
            name = Path(event.output).name
            self._total = self._progress.add_task(f"[bold]{_escaped(name)}", total=event.work_s, speed="")

    def _end(self, event: OutputFinished) -> None:
        for task in (*self._jobs.values(), *(() if self._total is None else (self._total,))):
            self._progress.remove_task(task)
        self._jobs, self._total = {}, None
        self._console.print(_escaped(ending_text(event.report)), highlight=False)

    def _jobs_text(self) -> str:
        return f"{self._done.finished}/{self._done.jobs}"


def _new_progress(console: Console) -> Progress:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}", justify="right"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
    )


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _work_text(event: BuildStarted) -> str:
    if not event.to_run:
        return "nothing to do"
    reused = event.jobs - event.to_run
    return f"{counted(event.to_run, 'job')} to do" + (f", {reused} done before" if reused else "")


def note_text(event: HostNoted) -> str:
    return f"{event.label}, {event.host}: {event.text}"


_PHASES = {
    Phase.HELD: "waiting, as another build or clip has it in hand",
    Phase.CONNECTING: "connecting",
    Phase.SENDING: "sending",
    Phase.WAITING: "waiting for its turn",
    Phase.INSTALLING: "installing what is missing",
    Phase.LOADING: "loading the model",
    Phase.COMPUTING: "computing",
    Phase.FETCHING: "fetching the result",
}


def phase_text(event: HostEntered) -> str:
    """Which host is at what: `studio: computing, chunk 2 of 5`."""
    chunk = f", chunk {event.chunk} of {event.chunks}" if event.chunks > 1 else ""
    return ": ".join(filter(None, (event.host, f"{_PHASES[event.phase]}{chunk}")))


def stopped_text(event: JobStopped) -> str:
    """What became of a job that was ended for the sake of memory."""
    job = event.job
    why = "the memory limit was near" if job.cause is Cause.LIMIT else "the system had no memory left"
    then = "; it runs again, alone" if job.again else ""
    return f"{job.label}: stopped at {format_size(job.rss_bytes)} because {why}{then}"


def computed_text(event: JobFinished) -> str:
    """What hosts did for an upscaling: how many frames, how fast, with how much memory."""
    frames = sum(each.frames for each in event.computed)
    seconds = sum(each.seconds for each in event.computed)
    where = ", ".join(dict.fromkeys(f"{each.host} ({each.device})" for each in event.computed))
    rate = f" at {frames / seconds:.2f} frames/s" if seconds else ""
    peak = format_size(max(each.peak_bytes for each in event.computed))
    return f"{event.label}: {frames} frames on {where}{rate}, peak memory there {peak}"


def ending_text(report: RenderReport) -> str:
    """The last line about one output.

    It says what was made, from how much work, and what it took.
    """
    if report.only_upscalings:
        return _upscalings_text(report)
    if report.status is not Status.OK:
        return f"{report.output}: {report.status}; temporary files removed: {_temp_text(report)}"
    if not report.jobs:
        return f"{report.output}: up to date ({_length_text(report)})"
    return (
        f"{report.output}: {_length_text(report)}, made in {report.wall_s:.1f} s by {counted(len(report.jobs), 'job')} "
        f"({report.reused} reused), peak memory {format_size(report.peak_rss_bytes)}, "
        f"temporary files removed: {_temp_text(report)}"
    )


def _upscalings_text(report: RenderReport) -> str:
    """No file was to be made: how many clips are enlarged, by whom, and where they are kept."""
    hosts = dict.fromkeys(each.host for job in report.jobs for each in job.computed)
    many = len(report.jobs)
    made = f"{counted(many, 'clip')} enlarged" + (f" on {', '.join(hosts)}" if hosts else "")
    ended = "" if report.status is Status.OK else f"{report.status}; "
    return (
        f"for {report.output.name}: {ended}{made}, {report.reused} found from before; they are kept in {report.store}"
    )


def _length_text(report: RenderReport) -> str:
    return f"{float(report.duration):.2f} s, {report.frames} frames"


def _temp_text(report: RenderReport) -> str:
    return f"{report.temp_files} ({format_size(report.temp_bytes)})"
