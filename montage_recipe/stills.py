"""Single frames of a film as pictures, each rendered for itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from montage_recipe.compiler import Compiled, located
from montage_recipe.disk import disk_faults
from montage_recipe.engine import Engine
from montage_recipe.jobs.lettering import Lettering, lettering
from montage_recipe.jobs.model import Job, JobKind, Plan
from montage_recipe.jobs.sheet import moments_of, sheet_job
from montage_recipe.jobs.still import still_job, still_size
from montage_recipe.jobs.upscaling import with_upscaled
from montage_recipe.render.custody import Custody
from montage_recipe.render.events import Listener
from montage_recipe.render.execute import execute
from montage_recipe.render.hardware import limits_for
from montage_recipe.render.sandbox import find_sandbox
from montage_recipe.render.store import Store
from montage_recipe.settings import Settings
from montage_recipe.timeline.model import Timeline


def stills(
    compiled: Compiled,
    wanted: Iterable[tuple[int, Path]],
    *,
    store: Store,
    engine: Engine,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    width: int | None = None,
) -> None:
    """Writes frames of an output, by number from 0, as PNG files: exactly the frames that the film has before it is encoded,
    scaled to `width` pixels where that is less than the canvas has.

    Generated footage is made first where the store has it not. What a GPU host is to enlarge is taken from the store if it is
    there, and enlarged by ffmpeg's scaler otherwise. Raises RenderError or StoreError, or Interrupted.
    """
    with located(compiled.source):
        prepared = _prepared(compiled, store, engine)
        for frame, file in wanted:
            job = prepared.still(frame, width)
            plan = _plan_of((*prepared.made_for(job), job), file, compiled.plan)
            _run(plan, compiled, prepared, store=store, settings=settings, on_event=on_event, stop=stop)


def contact_sheet(
    compiled: Compiled,
    file: Path,
    *,
    columns: int,
    rows: int,
    width: int,
    store: Store,
    engine: Engine,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
) -> tuple[Path, ...]:
    """Writes the middle of each clip and of each transition, `width` pixels wide, `rows` rows of `columns` a file, as PNG:
    `file`, or where one does not hold all, NAME-1.png, NAME-2.png … beside it. Returns the files. Raises as `stills` does."""
    moments = moments_of(compiled.timeline)
    sheets = [moments[begin : begin + columns * rows] for begin in range(0, len(moments), columns * rows)]
    names = [file.with_stem(f"{file.stem}-{number}") for number in range(1, len(sheets) + 1)]
    files = (file,) if len(sheets) == 1 else tuple(names)
    with located(compiled.source):
        prepared = _prepared(compiled, store, engine)
        size = still_size(compiled.timeline.canvas.size, width)
        for shown, place in zip(sheets, files, strict=True):
            jobs = [prepared.still(moment.frame, width) for moment in shown]
            sheet = sheet_job(jobs, shown, size, columns, engine)
            plan = _plan_of((*prepared.made_for(*jobs), *dict.fromkeys(jobs), sheet), place, compiled.plan)
            _run(plan, compiled, prepared, store=store, settings=settings, on_event=on_event, stop=stop)
    return files


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What all stills of an output have in common."""

    timeline: Timeline
    made: Mapping[str, Job]  # generated footage and what GPU hosts have enlarged, by key
    letters: Lettering
    engine: Engine
    custody: Custody | None  # of a recipe from somebody else

    def still(self, frame: int, width: int | None) -> Job:
        return still_job(
            self.timeline, frame, width=width, engine=self.engine, generated=self.made, lettering=self.letters
        )

    def made_for(self, *jobs: Job) -> tuple[Job, ...]:
        return tuple(self.made[key] for key in dict.fromkeys(need for job in jobs for need in job.needs))


def _prepared(compiled: Compiled, store: Store, engine: Engine) -> _Prepared:
    upscaled = {n: made for n, made in compiled.upscaled.items() if store.find(made.job.key) is not None}
    timeline = with_upscaled(compiled.timeline, upscaled)
    made = {job.key: job for job in compiled.plan.jobs if job.kind is JobKind.GENERATE}
    made |= {one.job.key: one.job for one in upscaled.values()}
    within = compiled.source.confinement
    custody = Custody(within=within, sandbox=find_sandbox(engine.path)) if within else None
    return _Prepared(timeline, made, lettering(timeline, engine, within), engine, custody)


def _plan_of(jobs: tuple[Job, ...], file: Path, whole: Plan) -> Plan:
    """That makes one picture, with its last job."""
    return Plan(output=file.absolute(), jobs=jobs, frames=1, rate=whole.rate, duration=1 / whole.rate)


def _run(
    plan: Plan,
    compiled: Compiled,
    prepared: _Prepared,
    *,
    store: Store,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
) -> None:
    execute(
        plan,
        store=store,
        engine=prepared.engine,
        limits=limits_for(settings),
        on_event=on_event,
        stop=stop,
        sources=compiled.stamps,
        custody=prepared.custody,
    )


def store_or_temporary(store: Store | None, opened: ExitStack) -> Store:
    """The store of a recipe, or one that is gone with `opened`: looking at stills makes none beside the recipe."""
    if store:
        return store
    with disk_faults("keep a store in a temporary folder"):
        folder = opened.enter_context(TemporaryDirectory(prefix="montage-stills-"))
    return opened.enter_context(Store.open(Path(folder) / "store"))
