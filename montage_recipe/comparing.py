"""Two recipes, or one at two revisions, are compiled and compared."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from montage_recipe.compiler import Compiled, compile_source
from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.diff.model import Film, JobsDiff, RecipeDiff
from montage_recipe.diff.outputs import compare
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import FileInput, Plan
from montage_recipe.memo import Memo
from montage_recipe.recipe.model import FileMedia, Recipe
from montage_recipe.recipe.source import RecipeSource, read_recipe
from montage_recipe.render.engine import find_engine
from montage_recipe.render.execute import outstanding
from montage_recipe.render.scheduler import needed
from montage_recipe.render.store import Store, is_store, store_root
from montage_recipe.revisions.git import Repository
from montage_recipe.revisions.snapshot import snapshot
from montage_recipe.settings import Settings
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


class _Remembered(dict[str, str]):
    """A memo for one comparison, so that a file which both sides name is looked at once."""

    def put(self, key: str, value: str) -> None:
        self[key] = value


def sides_of(old: str, new: Path, stop: Stop = never) -> tuple[Side, Side]:
    """What OLD and NEW of the command line mean. OLD is a recipe file, or `A..B` (from revision A to B), `A...B` (from where B
    left A to B), or a revision, which is compared with the file on the disk. Raises RecipeError."""
    if os.path.exists(old):  # noqa: PTH110 - Path.exists raises for names that are too long
        return Side(file=Path(old)), Side(file=new)
    if Path(old).suffix in (".yaml", ".yml"):
        read_recipe(Path(old))  # says that it is not there
    repository = Repository.around(new.parent, stop)
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


def compare_recipes(old: Side, new: Side, *, settings: Settings, stop: Stop = never) -> RecipeDiff:
    """Compiles both and says what changes. Runs no job. Raises RecipeError with the faults of both, each naming its side."""
    with both_compiled(old, new, settings=settings, stop=stop) as ((before, names_before), (after, names_after), store):
        return RecipeDiff(
            old=old.label,
            new=new.label,
            outputs=compare(
                [film_of(one, names_before) for one in before], [film_of(one, names_after) for one in after]
            ),
            jobs=jobs_between([one.plan for one in before], [one.plan for one in after], store),
        )


_Result = tuple[tuple[Compiled, ...], Mapping[str, str]]  # one for each output, and the originals of copied files


@contextmanager
def both_compiled(
    old: Side, new: Side, *, settings: Settings, stop: Stop = never
) -> Iterator[tuple[_Result, _Result, Store | None]]:
    """Both sides, and the store where there is one. What was copied out of git is there while the body runs."""
    root = store_root(settings, new.file)
    with ExitStack() as opened:
        store = opened.enter_context(Store.open(root)) if is_store(root) else None
        memo = store.memo if store else _Remembered()
        compiling = _Compiling(engine=find_engine(settings.ffmpeg, memo), memo=memo, settings=settings, stop=stop)
        results: list[_Result] = []
        faults: list[Diagnostic] = []
        for side, which in ((old, "old"), (new, "new")):
            try:
                results.append(_compiled(side, compiling, opened))
            except RecipeError as error:
                said = f"in the {which} recipe, {side.label}: "
                faults += [replace(fault, message=said + fault.message) for fault in error.diagnostics]
        if faults:
            raise RecipeError(faults)
        yield results[0], results[1], store


def _compiled(side: Side, using: _Compiling, opened: ExitStack) -> _Result:
    untrusted = using.settings.untrusted
    if side.repository is None or side.commit is None:
        return using.compile(read_recipe(side.file, untrusted=untrusted)), {}
    files = opened.enter_context(snapshot(side.repository, side.commit, side.revision or side.commit))
    try:
        return using.compile(files.read(side.file, untrusted=untrusted), files.place), files.originals
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
