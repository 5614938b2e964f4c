"""Builds one output from its plan, here: runs the jobs that must run, and puts the finished file at its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, MontageError, RenderError, Severity
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import Job, JobKind, Plan
from montage_recipe.render.custody import Custody
from montage_recipe.render.events import (
    BuildStarted,
    Event,
    JobFinished,
    JobStarted,
    JobStopped,
    Listener,
    OutputFinished,
    Warned,
)
from montage_recipe.render.memory import Limits, MemoryWatch, own_rss_bytes
from montage_recipe.render.output import check_output_place
from montage_recipe.render.pressure import SHORT_SHARE
from montage_recipe.render.process import Patience
from montage_recipe.render.remarks import from_text
from montage_recipe.render.room import RoomWatch, check_room
from montage_recipe.render.runs import Freed, RunFolder
from montage_recipe.render.sandbox import no_sandbox
from montage_recipe.render.scheduler import Capacity, Needed, Outcome, expected_bytes, is_elsewhere, needed, run_all
from montage_recipe.render.shortage import ShortOfMemory, memory_short, program_too_large, too_large
from montage_recipe.render.sources import Stamp, stamps_now
from montage_recipe.render.store import Store
from montage_recipe.render.trimming import drop_caches
from montage_recipe.render.upscaler import HostWork, Upscaler
from montage_recipe.render.work import Bench, Halted, do_job
from montage_recipe.report.model import JobReport, MemoryRecord, RenderReport, Status, StoppedJob
from montage_recipe.stopping import interrupted


def execute(
    plan: Plan,
    *,
    store: Store,
    engine: Engine,
    limits: Limits,
    on_event: Listener,
    stop: threading.Event,
    sources: Mapping[str, Stamp] | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    host_work: HostWork = HostWork(),  # noqa: B008 - frozen
    custody: Custody | None = None,
) -> RenderReport:
    """Builds `plan.output`. `sources` are the stamps the files had when they were fingerprinted, by path; `custody` holds
    the jobs of somebody else's recipe.

    However it ends, the last event is OutputFinished, every child is gone and no temporary file is left; also when
    `on_event` itself raises. Raises RenderError or StoreError with all faults, or Interrupted once `stop` is set.
    """
    stamps = {**stamps_now(plan), **(sources or {})}
    return _Build(plan, store, engine, limits, on_event, stop, stamps, patience, host_work, custody).run()


def outstanding(plan: Plan, store: Store | None, *, made: Collection[str] = ()) -> Needed:
    """What a build of this plan has to do; nothing where its file is at its place already. `made` are the keys of jobs
    that will have run by then."""
    if store and store.is_output_current(plan.output, plan.final.key):
        return Needed(jobs=(), found=())
    find = store.find if store else lambda key: None
    return needed(plan, lambda key: Path(key) if key in made else find(key))


def announcement(plan: Plan, todo: Needed) -> BuildStarted:
    """What a build begins with."""
    work_s = sum(float(job.duration) * job.weight for job in todo.jobs)
    return BuildStarted(output=str(plan.output), jobs=len(plan.jobs), to_run=len(todo.jobs), work_s=work_s)


def longest_pictures_first(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """The same jobs, their pictures in another order: a long one that begins last would leave the other cores idle."""
    pictures = sorted((job for job in jobs if job.kind is JobKind.VIDEO), key=lambda job: -job.duration)
    following = iter(pictures)
    return tuple(next(following) if job.kind is JobKind.VIDEO else job for job in jobs)


class _Build:
    """The state of one call of `execute`."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        engine: Engine,
        limits: Limits,
        on_event: Listener,
        stop: threading.Event,
        stamps: Mapping[str, Stamp],
        patience: Patience,
        host_work: HostWork,
        custody: Custody | None,
    ) -> None:
        self._custody = custody
        self._host_work = host_work
        self._plan, self._store, self._engine, self._limits = plan, store, engine, limits
        self._on_event, self._stop, self._stamps, self._patience = on_event, stop, stamps, patience
        self._begun = time.monotonic()
        self._failed = threading.Event()
        self._emitting = threading.Lock()
        self._memory = MemoryWatch(limits.memory_bytes)
        self._alone = set[str]()  # keys of the jobs beside which no other runs
        self._stopped: list[StoppedJob] = []
        self._told_short = False
        self._room = RoomWatch(() if host_work.alone else (store.root, plan.output.parent))
        self._warnings: list[Diagnostic] = []
        self._done: list[JobReport] = []
        self._reused = 0
        self._freed = Freed()

    def run(self) -> RenderReport:
        try:
            for warning in self._store.take_warnings():
                self._warn(warning)
            if self._custody and not self._custody.sandbox:
                self._warn(no_sandbox(self._engine.path))
            check_output_place(self._plan)
            with self._memory:
                self._make()
        except BaseException as error:
            stopped = isinstance(error, Interrupted | KeyboardInterrupt)
            faults = error.diagnostics if isinstance(error, MontageError) else ()
            self._close(Status.INTERRUPTED if stopped else Status.FAILED, faults)
            raise
        return self._close(Status.OK, ())

    def _make(self) -> None:
        todo = self._outstanding()
        self._announce(todo)
        if not todo.jobs:
            self._freed = self._store.sweep()
            return
        for warning in check_room(self._plan, todo.jobs, self._store.root, self._store.find):
            self._warn(warning)
        folder = self._store.run_folder()
        try:
            with folder:
                jobs = todo.jobs
                outcomes = self._run(jobs, folder)
                if self._host_work.without and (given_up := _given_up(outcomes)) and not self._halted():
                    self._do_without(given_up, self._host_work.without)
                    jobs = self._outstanding().jobs  # none, where a build before did without them too
                    outcomes = self._run(jobs, folder) if jobs else []
                self._raise_faults(outcomes, jobs)
        finally:
            self._freed = folder.swept + folder.freed

    def _outstanding(self) -> Needed:
        todo = outstanding(self._plan, self._store)
        if not self._host_work.alone:
            return todo
        return Needed(jobs=tuple(job for job in todo.jobs if is_elsewhere(job)), found=())

    def _do_without(self, given_up: Mapping[str, HostError], plan: Callable[[Collection[str]], Plan]) -> None:
        """Goes on with the plan in which these upscalings are left to ffmpeg's scaler, and says so."""
        for fault in dict.fromkeys(fault for error in given_up.values() for fault in error.diagnostics):
            message = f"{fault.message}; ffmpeg's scaler takes the model's place"
            self._warn(replace(fault, message=message, severity=Severity.WARNING))
        self._plan = plan(given_up)
        self._stamps = {**stamps_now(self._plan), **self._stamps}

    def _announce(self, todo: Needed) -> None:
        asked = tuple(job for job in self._plan.jobs if is_elsewhere(job) or not self._host_work.alone)
        self._reused = len(asked) - len(todo.jobs)
        self._emit(announcement(replace(self._plan, jobs=asked), todo))
        for job in todo.found:
            self._emit(JobFinished(key=job.key, kind=job.kind, label=job.label, reused=True))
        running = {job.key for job in todo.jobs}
        for job in self._plan.jobs:
            if job.key not in running:
                for warning in from_text(job, self._store.remarks(job.key)):
                    self._warn(warning)
        room = self._limits.memory_bytes - own_rss_bytes()
        large = [job for job in todo.jobs if not is_elsewhere(job) and expected_bytes(job) > room]
        if large and room > 0:
            self._alone.update(job.key for job in large)
            self._warn(too_large(large, room))

    def _run(self, jobs: Sequence[Job], folder: RunFolder) -> list[Outcome[JobReport]]:
        if not any(is_elsewhere(job) for job in jobs):
            return self._run_on(jobs, folder, None)
        work = self._host_work
        choice = work.hosts()
        for fault in choice.absent if choice.specs else ():  # else they are told as why there is none
            self._warn(replace(fault, severity=Severity.WARNING))
        upscaler = Upscaler(
            choice,
            store=self._store,
            emit=self._emit,
            stop=self._halted,
            may_start=work.may_start,
            short_of_room=self._room.is_short,
        )
        with closing(upscaler):
            outcomes = self._run_on(jobs, folder, upscaler)
            if not any(outcome.error for outcome in outcomes):
                upscaler.tidy()
            return outcomes

    def _run_on(self, jobs: Sequence[Job], folder: RunFolder, upscaler: Upscaler | None) -> list[Outcome[JobReport]]:
        bench = Bench(
            plan=self._plan,
            store=self._store,
            engine=self._engine,
            run=folder,
            memory=self._memory,
            stamps=self._stamps,
            emit=self._emit,
            halted=self._halted,
            patience=self._patience,
            alone=self._alone,
            upscaler=upscaler,
            custody=self._custody,
        )
        outcomes = run_all(
            longest_pictures_first(jobs),
            work=lambda job: self._do(job, bench),
            capacity=lambda: replace(self._capacity(), elsewhere=self._elsewhere(upscaler)),
            halt=self._failed.set,
            halted=self._halted,
            bears=self._host_work.bears,
            again=self._run_again_alone,
        )
        self._heed_memory()
        order = {job.key: number for number, job in enumerate(jobs)}
        outcomes.sort(key=lambda outcome: order[outcome.job.key])
        self._done += [outcome.result for outcome in outcomes if outcome.result is not None]
        return outcomes

    def _do(self, job: Job, bench: Bench) -> JobReport:
        duration_s = float(job.duration)
        self._emit(JobStarted(key=job.key, kind=job.kind, label=job.label, duration_s=duration_s, weight=job.weight))
        report = do_job(job, bench)
        self._emit(
            JobFinished(
                key=job.key,
                kind=job.kind,
                label=job.label,
                reused=False,
                wall_s=report.wall_s,
                peak_rss_bytes=report.peak_rss_bytes,
                computed=report.computed,
            )
        )
        return report

    def _raise_faults(self, outcomes: Iterable[Outcome[JobReport]], jobs: Iterable[Job]) -> None:
        errors = [outcome.error for outcome in outcomes if outcome.error and not self._is_unfinished(outcome.error)]
        for error in errors:
            if not isinstance(error, MontageError):
                raise error
        faults = dict.fromkeys(d for error in errors if isinstance(error, MontageError) for d in error.diagnostics)
        if faults:
            raise RenderError(faults)
        self._room.heed()
        if {job.key for job in jobs} - {report.key for report in self._done}:
            raise interrupted()

    def _is_unfinished(self, error: BaseException) -> bool:
        """Whether it says that the build ended before the job had its chance, and not that something is wrong with it."""
        return isinstance(error, Halted) or (isinstance(error, ShortOfMemory) and error.stopped.key not in self._alone)

    def _capacity(self) -> Capacity:
        """What jobs may take now. Raises RenderError where this program leaves them nothing."""
        self._heed_memory()
        limit, pressure, own = self._limits.memory_bytes, self._memory.pressure, own_rss_bytes()
        if own >= limit:
            raise RenderError([program_too_large(own, limit)])
        return Capacity(
            cores=self._limits.jobs,
            memory_bytes=0 if pressure.short else max(0, int(limit * SHORT_SHARE) - own),
            jobs=min(self._limits.parallel_jobs, pressure.most_jobs),
            open_inputs=self._limits.open_inputs,
            alone=frozenset(self._alone),
            beginning_bytes=own,
        )

    def _elsewhere(self, upscaler: Upscaler | None) -> int:
        return min(upscaler.pool.slots, self._limits.parallel_upscales) if upscaler else 0

    def _heed_memory(self) -> None:
        """Warns when memory has been short for the first time, and makes this process smaller."""
        seen = self._memory.pressure.first_short
        if seen is not None and not self._told_short:
            self._told_short = True
            drop_caches()
            self._warn(memory_short(seen, self._limits.memory_bytes))

    def _run_again_alone(self, job: Job, error: BaseException) -> bool:
        """Whether a job that was ended for the sake of memory begins anew: once, and not the way it ran before."""
        if not isinstance(error, ShortOfMemory):
            return False
        stopped = replace(error.stopped, again=job.key not in self._alone and not self._halted())
        if stopped.again:
            self._alone.add(job.key)
        self._stopped.append(stopped)
        self._emit(JobStopped(job=stopped))
        return stopped.again

    def _halted(self) -> bool:
        return self._failed.is_set() or self._stop.is_set() or self._room.is_short()

    def _emit(self, event: Event) -> None:
        with self._emitting:
            if isinstance(event, Warned):
                self._warnings.append(event.diagnostic)
            self._on_event(event)

    def _warn(self, diagnostic: Diagnostic) -> None:
        self._emit(Warned(diagnostic=diagnostic))

    def _close(self, status: Status, faults: Iterable[Diagnostic]) -> RenderReport:
        report = RenderReport(
            output=self._plan.output,
            status=status,
            frames=self._plan.frames,
            duration=self._plan.duration,
            jobs=tuple(self._done),
            reused=self._reused,
            warnings=tuple(self._warnings),
            faults=tuple(faults),
            wall_s=time.monotonic() - self._begun,
            peak_rss_bytes=self._memory.peak_total_bytes,
            peak_child_rss_bytes=max((job.peak_rss_bytes for job in self._done), default=0),
            temp_files=self._freed.files,
            temp_bytes=self._freed.bytes,
            memory=MemoryRecord(
                limit_bytes=self._limits.memory_bytes,
                points=self._memory.curve.points,
                stopped=tuple(self._stopped),
                longest_gap_s=self._memory.pressure.longest_gap_s,
            ),
            only_upscalings=self._host_work.alone,
            store=self._store.root,
        )
        self._emit(OutputFinished(report=report))
        return report


def _given_up(outcomes: Iterable[Outcome[JobReport]]) -> dict[str, HostError]:
    """The upscalings that no host could do, where nothing else has failed; by key."""
    errors = {outcome.job.key: outcome.error for outcome in outcomes if outcome.error}
    hosts = {key: error for key, error in errors.items() if isinstance(error, HostError)}
    return hosts if len(hosts) == len(errors) else {}
