"""Single frames of a film as pictures, each rendered for itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from montage_recipe.compiler import Compiled, located
from montage_recipe.engine import Engine
from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.model import Job, JobKind, Plan
from montage_recipe.jobs.still import still_job
from montage_recipe.jobs.upscaling import with_upscaled
from montage_recipe.render.custody import Custody
from montage_recipe.render.events import Listener
from montage_recipe.render.execute import execute
from montage_recipe.render.hardware import limits_for
from montage_recipe.render.sandbox import find_sandbox
from montage_recipe.render.store import Store
from montage_recipe.settings import Settings


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
    upscaled = {n: made for n, made in compiled.upscaled.items() if store.find(made.job.key) is not None}
    timeline = with_upscaled(compiled.timeline, upscaled)
    within = compiled.source.confinement
    custody = Custody(within=within, sandbox=find_sandbox(engine.path)) if within else None
    made = {job.key: job for job in compiled.plan.jobs if job.kind is JobKind.GENERATE}
    made |= {one.job.key: one.job for one in upscaled.values()}
    with located(compiled.source):
        letters = lettering(timeline, engine, within)
        for frame, file in wanted:
            job = still_job(timeline, frame, width=width, engine=engine, generated=made, lettering=letters)
            execute(
                _plan_of(job, made, file.absolute(), compiled.plan),
                store=store,
                engine=engine,
                limits=limits_for(settings),
                on_event=on_event,
                stop=stop,
                sources=compiled.stamps,
                custody=custody,
            )


def _plan_of(job: Job, made: Mapping[str, Job], file: Path, whole: Plan) -> Plan:
    """That makes one still."""
    needed = tuple(made[key] for key in dict.fromkeys(job.needs))
    return Plan(output=file, jobs=(*needed, job), frames=1, rate=whole.rate, duration=1 / whole.rate)
