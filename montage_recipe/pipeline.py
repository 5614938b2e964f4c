"""The table of contents: what a recipe goes through. No stage calls the next one; they are called from here."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, Interrupted, MontageError, RecipeError, Severity
from montage_recipe.engine import Engine
from montage_recipe.jobs.copying import may_copy
from montage_recipe.jobs.generated import generated_media
from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.model import Job, Plan
from montage_recipe.jobs.needs import lacking
from montage_recipe.jobs.plan import plan
from montage_recipe.jobs.upscaling import UpscaledClip, in_vain, upscaled_clips, with_upscaled
from montage_recipe.media.facts import MediaFacts
from montage_recipe.memo import Memo
from montage_recipe.recipe.model import FileMedia, GeneratedMedia, Recipe
from montage_recipe.recipe.source import RecipeSource, read_recipe
from montage_recipe.recipe.validate import examine
from montage_recipe.render.engine import find_engine
from montage_recipe.render.events import Event, Faulted, Listener, Tally, Warned, summary
from montage_recipe.render.execute import announcement, execute, outstanding
from montage_recipe.render.hardware import limits_for
from montage_recipe.render.memory import available_cores
from montage_recipe.render.run_log import Telling
from montage_recipe.render.sources import Stamp, stamps_now, stamps_of
from montage_recipe.render.store import Store, is_store, store_root
from montage_recipe.render.upscaler import HostWork, hosts_for
from montage_recipe.report.model import RenderReport, Status
from montage_recipe.selection import as_set, chosen, left_out, nothing_to_upscale
from montage_recipe.settings import Settings
from montage_recipe.stopping import Stop, heed, never
from montage_recipe.timeline.arrange import arrange
from montage_recipe.timeline.model import Timeline
from montage_recipe.timeline.sources import media_id, sources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One output of a recipe, with what each stage made of it."""

    source: RecipeSource
    recipe: Recipe
    timeline: Timeline
    upscaled: Mapping[int, UpscaledClip]  # the clips that GPU hosts enlarge, by number from 0
    plan: Plan
    stamps: Mapping[str, Stamp]  # of all files that jobs read, by path; from before they were looked at
    warnings: tuple[Diagnostic, ...]  # of the recipe, its media and its timeline, with places

    @property
    def pictures(self) -> Timeline:
        """The timeline as its pictures are made."""
        return with_upscaled(self.timeline, self.upscaled)


def compile_recipe(
    file: Path,
    *,
    engine: Engine,
    memo: Memo | None = None,
    output: str | None = None,
    output_file: Path | None = None,
    stop: Stop = never,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> tuple[Compiled, ...]:
    """Reads a recipe and compiles each of its outputs; `output` names the one to compile, `output_file` says where its
    file goes instead. Runs nothing but a look at the footage. Raises RecipeError with every fault of a stage, or
    Interrupted."""
    source = read_recipe(file)
    return compile_source(
        source, engine=engine, memo=memo, output=output, output_file=output_file, stop=stop, settings=settings
    )


def compile_source(
    source: RecipeSource,
    *,
    engine: Engine,
    memo: Memo | None = None,
    output: str | None = None,
    output_file: Path | None = None,
    stop: Stop = never,
    runs: Path | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> tuple[Compiled, ...]:
    """`compile_recipe` from a recipe that is read already. `runs` is where a store keeps its temporary files."""
    examined = examine(source)
    if examined.errors:
        raise RecipeError(examined.diagnostics)
    every = examined.recipes if output else examined.recipes[: settings.variants]
    recipes = chosen(every, source, output=output, output_file=output_file)
    omitted = tuple(source.locate(fault) for fault in left_out(recipes, examined.recipes, settings, output))
    with located(source):
        compiled = [_compiled(source, as_set(recipe, settings), engine, memo, stop, runs) for recipe in recipes]
    first = replace(compiled[0], warnings=(*examined.diagnostics, *omitted, *compiled[0].warnings))
    return (first, *compiled[1:])


def _compiled(
    source: RecipeSource, recipe: Recipe, engine: Engine, memo: Memo | None, stop: Stop, runs: Path | None
) -> Compiled:
    heed(stop)
    before = stamps_of(_files(recipe))
    generated = {
        media_id(medium): generated_media(medium, recipe.canvas, engine)
        for medium in sources_of(recipe)
        if isinstance(medium, GeneratedMedia)
    }
    facts = {**_probed(recipe, memo, stop), **{name: known for name, (_, known) in generated.items()}}
    timeline = arrange(recipe, facts)
    if faults := tuple(lacking(timeline, engine)):
        raise RecipeError(faults)
    upscaled = upscaled_clips(timeline)
    planned = plan(
        timeline,
        recipe.output,
        title=recipe.title,
        engine=engine,
        lettering=lettering(timeline, engine),
        generated={job.key: job for job, _ in generated.values()},
        upscaled=upscaled,
        extradata=_extradata(recipe, timeline, engine, memo, stop, runs),
    )
    warnings = tuple(
        source.locate(warning) for warning in (*_doubts(recipe, facts), *timeline.warnings, *in_vain(timeline))
    )
    stamps = {**stamps_now(planned), **before}
    return Compiled(
        source=source,
        recipe=recipe,
        timeline=timeline,
        upscaled=upscaled,
        plan=planned,
        stamps=stamps,
        warnings=warnings,
    )


def _files(recipe: Recipe) -> Iterator[str]:
    """The files that a recipe names, as its jobs name them."""
    for source in sources_of(recipe):
        if isinstance(source, FileMedia):
            yield os.path.abspath(source.file)  # noqa: PTH100 # as `probe` does: `absolute` keeps ".."
    yield from (str(title.font) for title in recipe.titles if title.font)


def _doubts(recipe: Recipe, facts: Mapping[str, MediaFacts]) -> Iterator[Diagnostic]:
    """What was odd about the media, at the places that name them."""
    for source in sources_of(recipe):
        for warning in facts[media_id(source)].warnings:
            yield Diagnostic(
                code="media-doubtful",
                path=source.at,
                message=f"{Path(facts[media_id(source)].file).name}: {warning}",
                hint="look at it with `montage-recipe probe`, and copy it again from where it came from if it is damaged",
                severity=Severity.WARNING,
            )


def _probed(recipe: Recipe, memo: Memo | None, stop: Stop) -> Mapping[str, MediaFacts]:
    from montage_recipe.media.survey import probe_all  # PyAV takes 80 ms to import

    places = {source.file: source.at for source in sources_of(recipe) if isinstance(source, FileMedia)}
    return probe_all(places, memo=memo, workers=available_cores(), at=places, stop=stop)


def _extradata(
    recipe: Recipe, timeline: Timeline, engine: Engine, memo: Memo | None, stop: Stop, runs: Path | None
) -> str:
    if not may_copy(timeline, recipe.output):
        return ""
    from montage_recipe.render.encoder import encoder_extradata

    return encoder_extradata(recipe.output, recipe.canvas, engine, memo, stop, runs)


def build_recipe(
    file: Path,
    *,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    output: str | None = None,
    output_file: Path | None = None,
    keep: bool = True,
) -> tuple[RenderReport, ...]:
    """Compiles a recipe and builds its outputs, one after the other.

    The last event is always the summary, whatever happens. `keep` False uses a store of its own that is gone at the end
    (`--no-cache`). Raises what the stages raise, with places.
    """
    with closing(Telling(on_event)) as tell, _summed_up(tally := Tally(tell), tell):
        source = read_recipe(file)
        tell.keep_log(store_root(settings, file) / "logs", settings)
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
            )
            for one in compiled:
                _execute(one, store, engine, settings, tally, stop)
    return tuple(tally.reports)


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
    with closing(Telling(on_event)) as tell, _summed_up(tally := Tally(tell), tell):
        source = read_recipe(file)
        tell.keep_log(store_root(settings, file) / "logs", settings)
        with _store(file, settings, tally, keep=True) as store:
            engine = find_engine(settings.ffmpeg, store.memo)
            compiled = compile_source(
                source, engine=engine, memo=store.memo, stop=stop.is_set, runs=store.runs, settings=settings
            )
            if not any(job.upscale for one in compiled for job in one.plan.jobs):
                raise RecipeError([nothing_to_upscale(settings)])
            for one in compiled:
                _execute(one, store, engine, settings, tally, stop, only_upscalings=True, may_start=may_start)


def preview_recipe(
    file: Path,
    *,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    output: str | None = None,
    output_file: Path | None = None,
) -> None:
    """Compiles a recipe and tells, by the events that would open its build, how many jobs would run; runs none of them."""
    with _summed_up(Tally(on_event), on_event), known_before(file, settings) as store:
        memo = store.memo if store else None
        engine = find_engine(settings.ffmpeg, memo)
        made = set[str]()
        for one in compile_recipe(
            file,
            engine=engine,
            memo=memo,
            output=output,
            output_file=output_file,
            stop=stop.is_set,
            settings=settings,
        ):
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
def known_before(file: Path, settings: Settings) -> Iterator[Store | None]:
    """The recipe's store where there is one already; looking at a plan does not make one."""
    root = store_root(settings, file)
    if not is_store(root):
        yield None
        return
    with Store.open(root) as store:
        yield store


def _execute(
    compiled: Compiled,
    store: Store,
    engine: Engine,
    settings: Settings,
    on_event: Listener,
    stop: threading.Event,
    *,
    only_upscalings: bool = False,
    may_start: bool = True,
) -> None:
    def with_places(event: Event) -> None:
        if isinstance(event, Warned) and event.diagnostic.path:
            event = replace(event, diagnostic=compiled.source.locate(event.diagnostic))
        on_event(event)

    def without(keys: Collection[str]) -> Plan:
        lost = {number for number, made in compiled.upscaled.items() if made.job.key in keys}
        clips = tuple(replace(clip, upscale=None) if n in lost else clip for n, clip in enumerate(recipe.clips))
        smaller = replace(recipe, clips=clips)
        return _compiled(compiled.source, smaller, engine, store.memo, stop.is_set, store.runs).plan

    recipe = compiled.recipe
    for warning in compiled.warnings:
        on_event(Warned(diagnostic=warning))
    with located(compiled.source):
        execute(
            compiled.plan,
            store=store,
            engine=engine,
            limits=limits_for(settings),
            on_event=with_places,
            stop=stop,
            sources=compiled.stamps,
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
            with folder, Store.open(folder.path / "store") as store:
                yield store
        finally:
            tally.freed = folder.swept + folder.freed


@contextmanager
def located(source: RecipeSource) -> Iterator[None]:
    """Gives every fault that leaves the body its file, line and column."""
    try:
        yield
    except MontageError as error:
        error.diagnostics = tuple(source.locate(d) if d.path else d for d in error.diagnostics)
        raise
