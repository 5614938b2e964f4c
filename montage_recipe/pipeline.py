"""What is done with a recipe: built, upscaled, looked at; each compiles it first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from montage_recipe.compiler import Compiled, compile_recipe, compile_source, compiled_as, located
from montage_recipe.diagnostics import Diagnostic, Interrupted, MontageError, RecipeError, Severity
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import Job, Plan
from montage_recipe.lockfile.gather import gather
from montage_recipe.lockfile.model import Present
from montage_recipe.recipe.source import RecipeSource, read_recipe
from montage_recipe.recipe.validate import examine
from montage_recipe.render.custody import Custody
from montage_recipe.render.engine import find_engine
from montage_recipe.render.events import Event, Faulted, Listener, Tally, Warned, summary
from montage_recipe.render.execute import announcement, execute, outstanding
from montage_recipe.render.hardware import doubt_about_limit, limits_for
from montage_recipe.render.memory import available_cores, total_memory_bytes
from montage_recipe.render.run_log import Telling
from montage_recipe.render.sandbox import find_sandbox
from montage_recipe.render.store import Store, is_store, store_root
from montage_recipe.render.strangers import remove_unused
from montage_recipe.render.upscaler import HostWork, hosts_for
from montage_recipe.report.model import RenderReport, Status
from montage_recipe.selection import nothing_to_upscale
from montage_recipe.settings import Settings, untrusted_stores
from montage_recipe.stopping import Stop, never


def build_recipe(
    file: Path,
    *,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    output: str | None = None,
    output_file: Path | None = None,
    keep: bool = True,
    locked: bool = False,
) -> tuple[RenderReport, ...]:
    """Compiles a recipe and builds its outputs, one after the other.

    The last event is always the summary, whatever happens. `keep` False uses a store of its own that is gone at the end
    (`--no-cache`), `locked` refuses what is not as the recipe's lock says. Raises what the stages raise, with places.
    """
    asked: dict[str, Any] = {"output": output, "output_file": output_file, "keep": keep, "locked": locked}
    with _begun(file, settings, on_event, stop, **asked) as (compiled, run):
        return tuple(run(one) for one in compiled)


@contextmanager
def _begun(
    file: Path,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    *,
    output: str | None = None,
    output_file: Path | None = None,
    keep: bool = True,
    locked: bool = False,
) -> Iterator[tuple[tuple[Compiled, ...], Callable[..., RenderReport]]]:
    """A recipe's plans, and what runs one of them: `_execute`, with all that is the same for each."""
    with closing(Telling(on_event)) as tell, _summed_up(tally := Tally(tell), tell):
        source = read_recipe(file, untrusted=settings.untrusted)
        tell.keep_log(store_root(settings, file) / "logs", settings)
        if doubt := doubt_about_limit(settings, total_memory_bytes()):
            tell(Warned(diagnostic=doubt))
        with _store(file, settings, tally, keep=keep) as store:
            engine = find_engine(settings.ffmpeg, store.memo)
            compiled = compile_source(
                source,
                engine=engine,
                memo=store.memo,
                output=output,
                output_file=output_file,
                stop=stop.is_set,
                runs=store.runs,
                settings=settings,
                locked=locked,
            )
            within = source.confinement
            custody = Custody(within=within, sandbox=find_sandbox(engine.path)) if within else None
            yield compiled, partial(_execute, store, engine, settings, custody, tally, stop)
        if settings.untrusted and settings.auto_cleanup:
            with suppress(OSError):  # the stores of other recipes are none of this build's concern
                remove_unused(untrusted_stores())


@contextmanager
def _summed_up(tally: Tally, on_event: Listener) -> Iterator[None]:
    """Tells why the body failed, if it does, and in the end what came of it."""
    begun = time.monotonic()
    status = Status.FAILED
    try:
        yield
        status = Status.OK
    except (Interrupted, KeyboardInterrupt):
        status = Status.INTERRUPTED
        raise
    except MontageError as error:
        for diagnostic in error.diagnostics:
            on_event(Faulted(diagnostic=diagnostic))
        raise
    finally:
        on_event(summary(tally.reports, status=status, wall_s=time.monotonic() - begun, freed=tally.freed))


def upscale_recipe(
    file: Path, *, settings: Settings, on_event: Listener, stop: threading.Event, may_start: bool = True
) -> None:
    """Has the clips of all outputs that ask for it enlarged, and builds nothing. `may_start` False fetches what GPU hosts
    are at, or have done, and begins nothing there. Raises what the stages raise, with places."""
    with _begun(file, settings, on_event, stop) as (compiled, run):
        if not any(job.upscale for one in compiled for job in one.plan.jobs):
            raise RecipeError([nothing_to_upscale(settings)])
        for one in compiled:
            run(one, only_upscalings=True, may_start=may_start)


def preview_recipe(
    file: Path,
    *,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    output: str | None = None,
    output_file: Path | None = None,
    locked: bool = False,
) -> None:
    """Compiles a recipe and tells, by the events that would open its build, how many jobs would run; runs none of them."""
    with (
        _summed_up(Tally(on_event), on_event),
        looked_into(file, settings, output=output, output_file=output_file, stop=stop.is_set, locked=locked) as (
            compiled,
            _,
            store,
        ),
    ):
        made = set[str]()
        for one in compiled:
            for warning in one.warnings:
                on_event(Warned(diagnostic=warning))
            todo = outstanding(one.plan, store, made=made)
            for warning in doubts_of_hosts(one, todo.jobs, settings):
                on_event(Warned(diagnostic=warning))
            made.update(job.key for job in todo.jobs)
            on_event(announcement(one.plan, todo))


def doubts_of_hosts(compiled: Compiled, jobs: Sequence[Job], settings: Settings) -> tuple[Diagnostic, ...]:
    """The hosts that the recipe names and this user has not, where one of the jobs wants a host. Raises RecipeError where
    none is left."""
    if not any(job.upscale for job in jobs):
        return ()
    with located(compiled.source):
        absent = hosts_for(compiled.recipe, cgpu=settings.cgpu).absent
    return tuple(compiled.source.locate(replace(fault, severity=Severity.WARNING)) for fault in absent)


@contextmanager
def looked_into(
    file: Path,
    settings: Settings,
    *,
    output: str | None = None,
    output_file: Path | None = None,
    stop: Stop = never,
    locked: bool = False,
) -> Iterator[tuple[tuple[Compiled, ...], Engine, Store | None]]:
    """A recipe's plans, the engine they are for, and the store where there is one already: looking at a plan makes none."""
    root = store_root(settings, file)
    with ExitStack() as opened:
        store = opened.enter_context(Store.open(root)) if is_store(root) else None
        memo = store.memo if store else None
        engine = find_engine(settings.ffmpeg, memo)
        compiled = compile_recipe(
            file,
            engine=engine,
            memo=memo,
            output=output,
            output_file=output_file,
            stop=stop,
            settings=settings,
            locked=locked,
        )
        yield compiled, engine, store


def _execute(
    store: Store,
    engine: Engine,
    settings: Settings,
    custody: Custody | None,
    on_event: Listener,
    stop: threading.Event,
    compiled: Compiled,
    *,
    only_upscalings: bool = False,
    may_start: bool = True,
) -> RenderReport:
    def with_places(event: Event) -> None:
        if isinstance(event, Warned) and event.diagnostic.path:
            event = replace(event, diagnostic=compiled.source.locate(event.diagnostic))
        on_event(event)

    def without(keys: Collection[str]) -> Plan:
        lost = {number for number, made in compiled.upscaled.items() if made.job.key in keys}
        clips = tuple(replace(clip, upscale=None) if n in lost else clip for n, clip in enumerate(recipe.clips))
        smaller = replace(recipe, clips=clips)
        return compiled_as(compiled.source, smaller, engine, store.memo, stop.is_set, store.runs).plan

    recipe = compiled.recipe
    for warning in compiled.warnings:
        on_event(Warned(diagnostic=warning))
    with located(compiled.source):
        return execute(
            compiled.plan,
            store=store,
            engine=engine,
            limits=limits_for(settings),
            on_event=with_places,
            stop=stop,
            sources=compiled.stamps,
            custody=custody,
            host_work=HostWork(
                hosts=lambda: hosts_for(recipe, cgpu=settings.cgpu),
                without=without if recipe.gpu.on_failure == "lanczos" and not only_upscalings else None,
                alone=only_upscalings,
                may_start=may_start,
            ),
        )


@contextmanager
def _store(file: Path, settings: Settings, tally: Tally, *, keep: bool) -> Iterator[Store]:
    """The store of a recipe; one that is removed at the end where nothing is to be kept."""
    root = store_root(settings, file)
    if keep:
        limit = settings.cache_limit_bytes if settings.auto_cleanup else None
        with Store.open(root, limit_bytes=limit) as store:
            yield store
        return
    # A store for one build only, in a run folder of the other: nothing found before, nothing kept.
    with Store.open(root) as around:
        folder = around.run_folder()
        try:
            with folder, Store.open(folder.path / "store", logs=around.logs) as store:
                yield store
        finally:
            tally.freed = folder.swept + folder.freed


def look_at_present(file: Path, settings: Settings, *, stop: Stop = never) -> tuple[RecipeSource, Present]:
    """What all outputs of a recipe would be built from now, whatever settings leave out of a build. Raises RecipeError, with
    places, or Interrupted."""
    root = store_root(settings, file)
    source = read_recipe(file, untrusted=settings.untrusted)
    examined = examine(source)
    if examined.errors:
        raise RecipeError(examined.diagnostics)
    with ExitStack() as opened, located(source):
        memo = opened.enter_context(Store.open(root)).memo if is_store(root) else None
        engine = find_engine(settings.ffmpeg, memo)
        return source, gather(examined.recipes, source, engine, memo=memo, workers=available_cores(), stop=stop)
