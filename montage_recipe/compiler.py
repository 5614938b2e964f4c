"""From a recipe to the plans of its outputs, stage by stage. No stage calls the next one; they are called from here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, MontageError, RecipeError, Severity
from montage_recipe.engine import Engine
from montage_recipe.jobs.copying import may_copy
from montage_recipe.jobs.generated import generated_media
from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.model import FileInput, Plan
from montage_recipe.jobs.needs import lacking
from montage_recipe.jobs.plan import plan
from montage_recipe.jobs.upscaling import UpscaledClip, in_vain, upscaled_clips, with_upscaled
from montage_recipe.lockfile.files import missing_lock, read_lock
from montage_recipe.lockfile.gather import gather
from montage_recipe.lockfile.model import Present
from montage_recipe.lockfile.refuse import refuse_differences
from montage_recipe.media.facts import MediaFacts
from montage_recipe.memo import Memo
from montage_recipe.recipe.files import not_as_stated
from montage_recipe.recipe.model import FileMedia, GeneratedMedia, Recipe
from montage_recipe.recipe.source import RecipeSource, read_recipe
from montage_recipe.recipe.validate import examine
from montage_recipe.render.memory import available_cores
from montage_recipe.render.sources import Stamp, stamps_now, stamps_of
from montage_recipe.selection import as_set, chosen, left_out
from montage_recipe.settings import Settings
from montage_recipe.stopping import Stop, heed, never
from montage_recipe.timeline.arrange import arrange
from montage_recipe.timeline.bounds import lasts_too_long
from montage_recipe.timeline.model import Timeline
from montage_recipe.timeline.sources import media_id, sources_of
from montage_recipe.untrusted import Confinement


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
    locked: bool = False,
) -> tuple[Compiled, ...]:
    """Reads a recipe and compiles each of its outputs; `output` names the one to compile, `output_file` says where its
    file goes instead. Runs nothing but a look at the footage. Raises RecipeError with every fault of a stage, or
    Interrupted. `locked` has it refuse what is not as the recipe's lock says."""
    return compile_source(
        read_recipe(file, untrusted=settings.untrusted),
        engine=engine,
        memo=memo,
        output=output,
        output_file=output_file,
        stop=stop,
        settings=settings,
        locked=locked,
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
    place: Callable[[Recipe], Recipe] | None = None,
    locked: bool = False,
) -> tuple[Compiled, ...]:
    """`compile_recipe` from a recipe that is read already. `runs` is where a store keeps its temporary files; `place` finds
    the files that a recipe names where they are not where it says, or raises RecipeError."""
    examined = examine(source, check_files=place is None)
    if examined.errors:
        raise RecipeError(examined.diagnostics)
    every = examined.recipes if output else examined.recipes[: settings.variants]
    recipes = chosen(every, source, output=output, output_file=output_file)
    omitted = tuple(source.locate(fault) for fault in left_out(recipes, examined.recipes, settings, output))
    with located(source):
        placed = tuple(map(place, recipes)) if place else recipes
        present = _as_locked(placed, source, engine, memo, stop) if locked else None
        compiled = [compiled_as(source, as_set(recipe, settings), engine, memo, stop, runs) for recipe in placed]
        if present:
            _refuse_changed(compiled, present)
    first = replace(compiled[0], warnings=(*examined.diagnostics, *omitted, *compiled[0].warnings))
    return (first, *compiled[1:])


def _as_locked(
    recipes: tuple[Recipe, ...], source: RecipeSource, engine: Engine, memo: Memo | None, stop: Stop
) -> Present:
    """What `recipes` are built from, which is what the lock says. Comes before any other look at the footage, so that a
    medium that was exchanged is told as that, and not by what does not fit any more. Raises RecipeError."""
    file = read_lock(source.file, source.confinement)
    if file is None:
        raise missing_lock(source.file)
    present = gather(recipes, source, engine, memo=memo, workers=available_cores(), stop=stop)
    refuse_differences(file, present, source)
    return present


def _refuse_changed(compiled: Iterable[Compiled], present: Present) -> None:
    """Raises RecipeError where a file was exchanged between the look at the lock and the look at the footage."""
    for one in compiled:
        for job in one.plan.jobs:
            for read in job.inputs:
                if isinstance(read, FileInput) and present.files.get(read.file, read.fingerprint) != read.fingerprint:
                    message = f"{read.file} changed while it was compared with the lock"
                    hint = "wait until whatever writes to it has finished, then build again"
                    raise RecipeError([Diagnostic(code="media-changed", message=message, hint=hint, path=job.at)])


def compiled_as(
    source: RecipeSource, recipe: Recipe, engine: Engine, memo: Memo | None, stop: Stop, runs: Path | None
) -> Compiled:
    """One recipe, of one output, that was read from `source`. Raises RecipeError, or Interrupted."""
    heed(stop)
    before = stamps_of(_files(recipe))
    generated = {
        media_id(medium): generated_media(medium, recipe.canvas, engine)
        for medium in sources_of(recipe)
        if isinstance(medium, GeneratedMedia)
    }
    within = source.confinement
    facts = {**_probed(recipe, memo, stop, within), **{name: known for name, (_, known) in generated.items()}}
    if faults := tuple(_not_as_stated(recipe, facts)):
        raise RecipeError(faults)
    timeline = arrange(recipe, facts)
    if faults := tuple(lasts_too_long(timeline, trusted=within is None)):
        raise RecipeError(faults)
    if faults := tuple(lacking(timeline, engine)):
        raise RecipeError(faults)
    upscaled = upscaled_clips(timeline)
    planned = plan(
        timeline,
        recipe.output,
        title=recipe.title,
        engine=engine,
        lettering=lettering(timeline, engine, within),
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


def _not_as_stated(recipe: Recipe, facts: Mapping[str, MediaFacts]) -> Iterator[Diagnostic]:
    """Media whose content is not what the recipe says that it is."""
    for source in sources_of(recipe):
        if isinstance(source, FileMedia):
            yield from not_as_stated(source, facts[media_id(source)].fingerprint)


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


def _probed(recipe: Recipe, memo: Memo | None, stop: Stop, within: Confinement | None) -> Mapping[str, MediaFacts]:
    from montage_recipe.media.survey import probe_all  # PyAV takes 80 ms to import

    media = [source for source in sources_of(recipe) if isinstance(source, FileMedia)]
    places = {source.file: source.at for source in media}
    try:
        return probe_all(places, memo=memo, workers=available_cores(), at=places, stop=stop, within=within)
    except RecipeError as error:
        stated = {medium.at: medium for medium in media if medium.sha256}
        faults = [
            next(_other_content(stated[fault.path], memo, stop, within), fault) if fault.path in stated else fault
            for fault in error.diagnostics
        ]
        raise RecipeError(faults) from error


def _other_content(
    medium: FileMedia, memo: Memo | None, stop: Stop, within: Confinement | None
) -> Iterator[Diagnostic]:
    """That a medium which cannot be used is another than the recipe means, as half of a download is: which explains it."""
    from montage_recipe.media.fingerprint import fingerprint

    with suppress(RecipeError):  # of a file that cannot be read at all, that is told
        yield from not_as_stated(medium, fingerprint(medium.file, memo=memo, stop=stop, within=within))


def _extradata(
    recipe: Recipe, timeline: Timeline, engine: Engine, memo: Memo | None, stop: Stop, runs: Path | None
) -> str:
    if not may_copy(timeline, recipe.output):
        return ""
    from montage_recipe.render.encoder import encoder_extradata

    return encoder_extradata(recipe.output, recipe.canvas, engine, memo, stop, runs)


@contextmanager
def located(source: RecipeSource) -> Iterator[None]:
    """Gives every fault that leaves the body its file, line and column."""
    try:
        yield
    except MontageError as error:
        error.diagnostics = tuple(source.locate(d) if d.path else d for d in error.diagnostics)
        raise
