"""Two recipes, or one at two revisions, are compiled and compared."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from montage_recipe.compiler import Compiled, compile_source
from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.diff.model import Film, JobsDiff, RecipeDiff
from montage_recipe.diff.moments import telling_moments
from montage_recipe.diff.outputs import compare
from montage_recipe.diff.sentences import grouped
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import FileInput, Plan
from montage_recipe.memo import Memo
from montage_recipe.recipe.model import FileMedia, Recipe
from montage_recipe.recipe.source import RecipeSource, read_recipe
from montage_recipe.render.engine import find_engine
from montage_recipe.render.events import Listener
from montage_recipe.render.execute import outstanding
from montage_recipe.render.scheduler import needed
from montage_recipe.render.store import Store, is_store, store_root
from montage_recipe.revisions.git import Repository
from montage_recipe.revisions.snapshot import snapshot
from montage_recipe.settings import Settings
from montage_recipe.stills import stills, store_or_temporary
from montage_recipe.stopping import Stop, never
from montage_recipe.timeline.sources import sources_of

_RANGE = re.compile(r"(?P<old>.*?)(?P<dots>\.\.\.?)(?P<new>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A recipe, as it is on the disk or at a revision of its repository."""

    file: Path
    revision: str | None = None  # as the user called it
    commit: str | None = None
    repository: Repository | None = None  # both None on the disk

    @property
    def label(self) -> str:
        return f"{self.file} at {self.revision}" if self.revision else str(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiling:
    """What both sides are compiled with."""

    engine: Engine
    memo: Memo
    settings: Settings
    stop: Stop

    def compile(self, source: RecipeSource, place: Callable[[Recipe], Recipe] | None = None) -> tuple[Compiled, ...]:
        return compile_source(
            source, engine=self.engine, memo=self.memo, stop=self.stop, settings=self.settings, place=place
        )


class _Remembered:
    """A memo for one comparison, above the store's: a file which both sides name is looked at once, and nothing is written into
    a store about copies that are gone in a moment."""

    def __init__(self, under: Memo | None) -> None:
        self._under = under
        self._known: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._known.get(key) or (self._under.get(key) if self._under else None)

    def put(self, key: str, value: str) -> None:
        self._known[key] = value


def sides_of(old: str, new: Path, stop: Stop = never, *, untrusted: bool = False) -> tuple[Side, Side]:
    """What OLD and NEW of the command line mean. OLD is a recipe file, or `A..B` (from revision A to B), `A...B` (from where B
    left A to B), or a revision, which is compared with the file on the disk. `untrusted` where the recipe, and its repository
    with it, may be somebody else's. Raises RecipeError."""
    if os.path.exists(old):  # noqa: PTH110 - Path.exists raises for names that are too long
        return Side(file=Path(old)), Side(file=new)
    if Path(old).suffix in (".yaml", ".yml"):
        read_recipe(Path(old))  # says that it is not there
    repository = Repository.around(new.parent, stop, untrusted=untrusted)
    found = _RANGE.fullmatch(old)
    if not found:
        return _at(old, new, repository), Side(file=new)
    # As git has it, what is left out is HEAD.
    ours, theirs = (_at(found[name] or "HEAD", new, repository) for name in ("old", "new"))
    if found["dots"] == "..." and ours.commit and theirs.commit:
        ours = replace(ours, commit=repository.merge_base(ours.commit, theirs.commit))
    return ours, theirs


def _at(revision: str, file: Path, repository: Repository) -> Side:
    return Side(file=file, revision=revision, commit=repository.commit(revision), repository=repository)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillsWish:
    """Where pictures of what changes are written, and how wide they are."""

    folder: Path
    width: int
    on_event: Listener  # hears how they are made


@dataclass(frozen=True, slots=True, kw_only=True)
class StillPair:
    """Pictures of one change, before and after; None where it is not in that film."""

    output: str  # the output's name
    change: int  # number among the output's changes, from 0
    old: Path | None
    new: Path | None


def compare_recipes(
    old: Side, new: Side, *, settings: Settings, stop: threading.Event, wish: StillsWish | None = None
) -> tuple[RecipeDiff, tuple[StillPair, ...]]:
    """Compiles both and says what changes; runs no job but those of the stills that are wished for. Raises RecipeError with
    the faults of both, each naming its side, and what `stills` raises."""
    with both_compiled(old, new, settings=settings, stop=stop.is_set) as compiled:
        diff = RecipeDiff(
            old=old.label,
            new=new.label,
            outputs=compare(compiled.old.films, compiled.new.films),
            jobs=jobs_between(compiled.old.plans, compiled.new.plans, compiled.store),
        )
        return diff, tuple(_stills(diff, compiled, settings, stop, wish)) if wish else ()


def _stills(
    diff: RecipeDiff, compiled: BothCompiled, settings: Settings, stop: threading.Event, wish: StillsWish
) -> Iterator[StillPair]:
    """The most telling frames of each change that can be seen; of outputs in which the same changes, of the first one."""
    with ExitStack() as opened:
        # Looking at changes makes no store beside the recipe.
        store = store_or_temporary(compiled.store, opened)
        for output in (outputs[0] for outputs in grouped(diff)):
            before = compiled.old.of_output(output.old_name)
            after = compiled.new.of_output(output.name)
            if before is None or after is None:
                continue
            moments = telling_moments(
                output, film_of(before, compiled.old.originals), film_of(after, compiled.new.originals)
            )
            names = [f"{output.name}-{moment.change + 1:03}" for moment in moments]
            for side, which, frames in (
                (before, "old", [moment.old for moment in moments]),
                (after, "new", [moment.new for moment in moments]),
            ):
                wanted = [
                    (frame, wish.folder / f"{name}-{which}.png")
                    for name, frame in zip(names, frames, strict=True)
                    if frame is not None
                ]
                stills(
                    side,
                    wanted,
                    store=store,
                    engine=compiled.engine,
                    settings=settings,
                    on_event=wish.on_event,
                    stop=stop,
                    width=wish.width,
                )
            for moment, name in zip(moments, names, strict=True):
                yield StillPair(
                    output=output.name,
                    change=moment.change,
                    old=None if moment.old is None else wish.folder / f"{name}-old.png",
                    new=None if moment.new is None else wish.folder / f"{name}-new.png",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledSide:
    compiled: tuple[Compiled, ...]  # one for each output
    originals: Mapping[str, str]  # path of a file that was copied out of git -> its path in the working tree

    @property
    def films(self) -> tuple[Film, ...]:
        return tuple(film_of(one, self.originals) for one in self.compiled)

    @property
    def plans(self) -> tuple[Plan, ...]:
        return tuple(one.plan for one in self.compiled)

    def of_output(self, name: str | None) -> Compiled | None:
        return next((one for one in self.compiled if one.recipe.output.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BothCompiled:
    old: CompiledSide
    new: CompiledSide
    engine: Engine
    store: Store | None  # where there is one already


@contextmanager
def both_compiled(old: Side, new: Side, *, settings: Settings, stop: Stop = never) -> Iterator[BothCompiled]:
    """Both sides. What was copied out of git is there while the body runs."""
    root = store_root(settings, new.file)
    with ExitStack() as opened:
        store = opened.enter_context(Store.open(root)) if is_store(root) else None
        memo = _Remembered(store.memo if store else None)
        compiling = _Compiling(engine=find_engine(settings.ffmpeg, memo), memo=memo, settings=settings, stop=stop)
        results: list[CompiledSide] = []
        faults: list[Diagnostic] = []
        for side, which in ((old, "old"), (new, "new")):
            try:
                results.append(_compiled(side, compiling, opened))
            except RecipeError as error:
                said = f"in the {which} recipe, {side.label}: "
                faults += [replace(fault, message=said + fault.message) for fault in error.diagnostics]
        if faults:
            raise RecipeError(faults)
        yield BothCompiled(old=results[0], new=results[1], engine=compiling.engine, store=store)


def _compiled(side: Side, using: _Compiling, opened: ExitStack) -> CompiledSide:
    untrusted = using.settings.untrusted
    if side.repository is None or side.commit is None:
        return CompiledSide(compiled=using.compile(read_recipe(side.file, untrusted=untrusted)), originals={})
    files = opened.enter_context(snapshot(side.repository, side.commit, side.revision or side.commit, using.memo))
    try:
        compiled = using.compile(files.read(side.file, untrusted=untrusted), files.place)
        return CompiledSide(compiled=compiled, originals=files.originals)
    except RecipeError as error:
        raise RecipeError([_as_called(fault, files.originals) for fault in error.diagnostics]) from error


def _as_called(fault: Diagnostic, originals: Mapping[str, str]) -> Diagnostic:
    """The fault with copied files under the names that the user knows."""
    message = fault.message
    for copy, original in originals.items():
        message = message.replace(copy, original)
    return replace(fault, message=message)


def film_of(compiled: Compiled, originals: Mapping[str, str]) -> Film:
    """What of a compiled output is compared; `originals` are the true names of copied files."""
    folder = compiled.recipe.file.parent
    files = [str(source.file) for source in sources_of(compiled.recipe) if isinstance(source, FileMedia)]
    fonts = [str(title.font) for title in compiled.recipe.titles if title.font]
    contents = {
        source.file: source.fingerprint
        for job in compiled.plan.jobs
        for source in job.inputs
        if isinstance(source, FileInput) and source.file in fonts
    }
    names = {file: os.path.relpath(originals.get(file, file), folder) for file in (*files, *fonts)}
    return Film(recipe=compiled.recipe, timeline=compiled.timeline, names=names, contents=contents)


def jobs_between(old: Sequence[Plan], new: Sequence[Plan], store: Store | None) -> JobsDiff:
    """What a build of the new recipe has to do with all that a build of the old one leaves."""
    made = {job.key for plan in old for job in plan.jobs}
    jobs = {job.key: job for plan in new for job in plan.jobs}
    to_run = set[str]()
    for plan in new:
        if plan.final.key not in made:
            to_run |= {job.key for job in needed(plan, lambda key: Path(key) if key in made else None).jobs}
    stored = None
    if store:
        left = {job.key for plan in new for job in outstanding(plan, store).jobs}
        stored = len(to_run - left)
    return JobsDiff(
        total=len(jobs),
        reused=len(jobs) - len(to_run),
        to_run=len(to_run),
        stored=stored,
        run_s=sum((jobs[key].duration * Fraction(jobs[key].weight) for key in to_run), Fraction(0)),
    )
