"""One job, from its empty folder to its verified output."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, RenderError, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.engine import Engine
from montage_recipe.jobs import loudness
from montage_recipe.jobs.model import FileInput, Job, Plan
from montage_recipe.render.custody import Custody, Linked
from montage_recipe.render.events import JobLogged, JobProgress, Listener, Warned
from montage_recipe.render.ffmpeg_log import blamed_parts, diagnose, without_levels
from montage_recipe.render.memory import MemoryWatch
from montage_recipe.render.output import deliver, prepare_output
from montage_recipe.render.parts import forget_damaged
from montage_recipe.render.process import Ending, Finished, Patience, run
from montage_recipe.render.remarks import as_text, remarks
from montage_recipe.render.runs import RunFolder
from montage_recipe.render.shortage import ShortOfMemory, short_of_memory
from montage_recipe.render.sources import Stamp, changed_sources
from montage_recipe.render.store import Store
from montage_recipe.render.streams import Progress
from montage_recipe.render.upscaler import Upscaler
from montage_recipe.render.verify import verify
from montage_recipe.report.model import JobReport
from montage_recipe.upscale.telling import Computed

_PROGRESS_EVERY_S = 0.25


class Halted(Exception):
    """The job was stopped because another one failed, or as the user wished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every job of one build works with."""

    plan: Plan
    store: Store
    engine: Engine
    run: RunFolder
    memory: MemoryWatch
    stamps: Mapping[str, Stamp]
    emit: Listener
    halted: Callable[[], bool]
    patience: Patience
    alone: Collection[str] = frozenset()  # keys of jobs that run alone and spare memory
    upscaler: Upscaler | None = None  # where the plan has upscalings
    custody: Custody | None = None  # for somebody else's recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A job's output before it is looked at, and what its making took."""

    file: Path
    warnings: tuple[Diagnostic, ...] = ()
    steps: Sequence[Finished] = ()  # of ffmpeg
    computed: tuple[Computed, ...] = ()  # by GPU hosts


def do_job(job: Job, bench: Bench) -> JobReport:
    """Makes the job's output and publishes it. Raises RenderError (ShortOfMemory where another try may help), StoreError or
    HostError, or Halted; then nothing is published."""
    begun = time.monotonic()
    if bench.halted():
        raise Halted
    folder = bench.run.folder(job.key[:32])
    linked, result = _furnish(folder, job, bench)
    try:
        made = _upscaled(folder, job, bench) if job.upscale else _rendered(folder, job, bench, linked, result)
    except ShortOfMemory:
        with disk_faults("remove a job's temporary files"):
            bench.run.remove(folder)  # it may be begun anew
        raise
    for warning in made.warnings:
        bench.emit(Warned(diagnostic=warning))
    if changes := tuple(changed_sources(job, bench.stamps)):
        raise RenderError(changes)
    if faults := verify(job, made.file):
        raise RenderError(forget_damaged(faults, job, plan=bench.plan, store=bench.store))
    remarked = as_text(job, made.warnings)
    if job is bench.plan.final:
        deliver(bench.plan, bench.run, made.file)
        bench.store.keep_remarks(job.key, remarked)
        bench.store.record_output(bench.plan.output, job.key)
    else:
        bench.store.publish(job.key, made.file, remarked)
    with disk_faults("remove a job's temporary files"):
        bench.run.remove(folder)
    return JobReport(
        key=job.key,
        kind=job.kind,
        label=job.label,
        wall_s=time.monotonic() - begun,
        cpu_s=sum(step.cpu_s for step in made.steps),
        peak_rss_bytes=max((step.peak_rss_bytes for step in made.steps), default=0),
        computed=made.computed,
    )


def _rendered(folder: Path, job: Job, bench: Bench, linked: Linked, result: Path) -> _Made:
    steps, levelled = _run_steps(folder, job, bench, linked)
    return _Made(file=result, warnings=tuple(remarks(job, steps, levelled)), steps=steps)


def _upscaled(folder: Path, job: Job, bench: Bench) -> _Made:
    """By a GPU host."""
    assert bench.upscaler is not None
    try:
        made = bench.upscaler.do(job, folder, unchanged=lambda: not any(changed_sources(job, bench.stamps)))
    except Interrupted as stopped:
        raise Halted from stopped
    except HostError:
        if changes := tuple(changed_sources(job, bench.stamps)):
            raise RenderError(changes) from None  # which is why it failed
        raise
    return _Made(file=made.file, computed=made.computed)


def _furnish(folder: Path, job: Job, bench: Bench) -> tuple[Linked, Path]:
    """Links and writes all that the job reads under the names its command uses. Returns what it has linked, and where the
    output will be."""
    faults = tuple(changed_sources(job, bench.stamps))
    if faults:
        raise RenderError(faults)
    files, objects = list[Path](), list[Path]()
    with disk_faults("prepare a job's folder"):
        for source in job.inputs:
            target = Path(source.file) if isinstance(source, FileInput) else _object(source.key, bench)
            if bench.custody:
                target = bench.custody.checked(target, job.at)
            link = folder / source.name
            link.parent.mkdir(exist_ok=True)  # fonts have a folder of their own
            link.symlink_to(target)
            (files if isinstance(source, FileInput) else objects).append(target)
        for text in job.files:
            (folder / text.name).write_text(text.text, encoding="utf-8", newline="")
    result = folder / job.output
    if job is bench.plan.final and not bench.custody:  # whose jobs write into their own folder only
        result = prepare_output(bench.plan, bench.run, folder)
    return Linked(files=files, objects=objects), result


def _object(key: str, bench: Bench) -> Path:
    path = bench.store.find(key)
    if path is None:
        message = f"a finished part ({key[:12]}…) has vanished from the store {bench.store.root}"
        raise StoreError([Diagnostic(code="store-object-gone", message=message, hint="build again; it is made anew")])
    return path


def _run_steps(
    folder: Path, job: Job, bench: Bench, linked: Linked
) -> tuple[list[Finished], loudness.Levelling | None]:
    """The measuring steps, where the job has some, and the making step."""
    if not job.measure:
        return [_step(folder, job, job.argv, bench, linked, from_s=0.0, factor=1.0)], None
    steps: list[Finished] = []

    def measure(filters: str) -> loudness.Loudness:
        argv = tuple(argument.replace("{gain}", filters) for argument in job.measure)
        steps.append(_step(folder, job, argv, bench, linked, from_s=0.0, factor=0.5))
        return _measured(job, steps[-1].stderr)

    assert job.loudness is not None
    levelled = loudness.levelling(measure, job.loudness)
    argv = tuple(argument.replace("{gain}", levelled.filters) for argument in job.argv)
    making = _step(folder, job, argv, bench, linked, from_s=float(job.duration) / 2, factor=0.5)
    return [*steps, making], levelled


def _measured(job: Job, stderr: str) -> loudness.Loudness:
    assert job.loudness is not None  # `measure` and `loudness` are set together
    try:
        return loudness.measured(without_levels(stderr))
    except ValueError as error:
        message = f"the loudness of {job.label} could not be measured: {error}"
        hint = "look whether the montage has any sound; leave `loudness` out where it has none"
        raise RenderError(
            [Diagnostic(code="loudness-not-measured", message=message, hint=hint, path=job.at)]
        ) from error


def _step(
    folder: Path, job: Job, argv: Sequence[str], bench: Bench, linked: Linked, *, from_s: float, factor: float
) -> Finished:
    """Runs one ffmpeg in the job's folder. Raises RenderError where it did not do its work."""
    enclosure = bench.custody.enclosure(bench.engine.path, folder, linked) if bench.custody else None
    finished = run(
        (bench.engine.path, *argv),
        cwd=folder,
        stop=bench.halted,
        on_progress=_progress_teller(job, bench.emit, from_s=from_s, factor=factor),
        memory=bench.memory,
        patience=bench.patience,
        enclosure=enclosure,
        thrifty=job.key in bench.alone,
    )
    bench.emit(
        JobLogged(
            key=job.key,
            kind=job.kind,
            argv=(bench.engine.path, *argv),
            status=finished.status,
            said=finished.stderr,
            wall_s=finished.wall_s,
            peak_rss_bytes=finished.peak_rss_bytes,
        )
    )
    if finished.ending is Ending.STOPPED:
        raise Halted
    if bench.custody:
        bench.custody.refuse_links(folder, {source.name for source in job.inputs})
    if short := short_of_memory(job, finished, bench.memory):
        raise short
    if fault := diagnose(job, finished):
        if changes := tuple(changed_sources(job, bench.stamps)):
            raise RenderError(changes)  # which is why it failed
        told = _with_log(fault, job, finished, bench.store)
        blamed = blamed_parts(job, finished)
        raise RenderError(forget_damaged([told], job, plan=bench.plan, store=bench.store, blamed=blamed))
    return finished


def _with_log(fault: Diagnostic, job: Job, finished: Finished, store: Store) -> Diagnostic:
    """The fault with the log's place; without it where the log cannot be kept, e.g. on a full disk."""
    try:
        log = store.keep_log(job.key[:16], finished.stderr)
    except StoreError:
        return fault
    return dataclasses.replace(fault, message=f"{fault.message}\n  the whole log: {log}")


def _progress_teller(job: Job, emit: Listener, *, from_s: float, factor: float) -> Callable[[Progress], None]:
    last = [time.monotonic()]

    def tell(progress: Progress) -> None:
        if time.monotonic() - last[0] >= _PROGRESS_EVERY_S:
            last[0] = time.monotonic()
            done_s = from_s + factor * min(progress.seconds, float(job.duration))
            emit(JobProgress(key=job.key, done_s=done_s, speed=progress.speed))

    return tell
