"""Judges finished films: by the plan, by the recipe's `checks`, by goldens; and writes goldens anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from montage_recipe.checks import CHECKS
from montage_recipe.checks.asked import needs_of, uses_of
from montage_recipe.checks.film import Film
from montage_recipe.checks.golden_render import as_png, golden_of, read_golden, size_of_picture, telling_frames
from montage_recipe.checks.goldens import Unusable, open_golden
from montage_recipe.checks.measured import Likeness, Measured
from montage_recipe.checks.plan import is_plan
from montage_recipe.checks.spec import GOLDEN_KEYS, CheckUse, Finding, Judgement, Need
from montage_recipe.compiler import Compiled, located
from montage_recipe.diagnostics import Diagnostic, RecipeError, RecipePath, RenderError, StoreError
from montage_recipe.disk import disk_faults, write_durably
from montage_recipe.engine import Engine
from montage_recipe.expected_film import film_of
from montage_recipe.found_stills import pictures_of
from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.measuring import (
    FRAME_FILE,
    Pass,
    frame_pass,
    has_vmaf,
    letters_pass,
    likeness_pass,
    picture_passes,
    reference_pass,
    sound_pass,
    statistics_size,
)
from montage_recipe.media.header import read_header
from montage_recipe.pipeline import looked_into
from montage_recipe.recipe.expand import absolute
from montage_recipe.render.custody import Custody
from montage_recipe.render.engine import find_engine
from montage_recipe.render.hardware import limits_for
from montage_recipe.render.measuring import Bench, Done, PictureReader, SoundReader, do_all, letters_of, likeness_of
from montage_recipe.render.runs import RunFolder
from montage_recipe.render.sandbox import find_sandbox
from montage_recipe.report.films import CheckedFilm, Renewed, StillsOfFindings, Verdict
from montage_recipe.settings import Settings
from montage_recipe.stopping import Stop
from montage_recipe.untrusted import Confinement


def check_recipe(
    recipe: Path,
    *,
    settings: Settings,
    stop: Stop,
    output: str | None = None,
    video: Path | None = None,
    update: bool = False,
    stills: StillsOfFindings | None = None,
) -> tuple[tuple[CheckedFilm, ...], Mapping[Finding, Path]]:
    """Judges the finished files of a recipe's outputs, or `video` in place of the only one; nothing is built. `update` writes
    goldens anew where they differ. Returns the films, and the picture of each finding that has one. Raises RecipeError,
    RenderError, StoreError, or Interrupted."""
    with looked_into(recipe, settings, output=output, stop=stop) as (compiled, engine, store):
        if video and len(compiled) > 1:
            message = f"the recipe makes {len(compiled)} films, and {video} can be but one of them"
            hint = f"say which: `--output {compiled[0].recipe.output.name}`"
            raise RecipeError([Diagnostic(code="several-outputs", message=message, hint=hint)])
        if update and not any(use.golden for one in compiled for use in one.recipe.checks):
            message = "the recipe has no check with a golden"
            hint = "add one: `checks: [{render: golden/NAME.png}]`"
            raise RecipeError([Diagnostic(code="nothing-to-update", message=message, hint=hint)])
        _refuse_missing([video] if video else [one.plan.output for one in compiled])
        films, pictures = [], dict[Finding, Path]()
        with _run_folder(store.runs if store else None) as run:
            for one in compiled:
                within = one.source.confinement
                bench = _bench(engine, run, settings, within, stop)
                with located(one.source):
                    checked = _Checking(film_of(one), video or one.plan.output, bench, one).checked(update=update)
                films.append(checked)
                if stills:
                    pictures |= pictures_of(checked, stills, bench)
        return tuple(films), pictures


def check_video(
    video: Path, *, settings: Settings, stop: Stop, stills: StillsOfFindings | None = None
) -> tuple[tuple[CheckedFilm, ...], Mapping[Finding, Path]]:
    """Judges a finished file of which no plan is known. Raises RenderError, StoreError, or Interrupted."""
    _refuse_missing([video])
    engine = find_engine(settings.ffmpeg)
    within = Confinement.around(video) if settings.untrusted else None
    with _run_folder(None) as run:
        bench = _bench(engine, run, settings, within, stop)
        checked = _Checking(None, video, bench, None).checked(update=False)
        return (checked,), pictures_of(checked, stills, bench) if stills else {}


def _refuse_missing(videos: Iterable[Path]) -> None:
    """Before any is judged. Raises RenderError."""
    faults = []
    for video in videos:
        if os.path.isfile(video):  # noqa: PTH113 - Path.is_file raises where a folder may not be looked into
            continue
        message = f"there is no finished film {video}"
        hint = "build it first: `montage-recipe build RECIPE`; or name it: -o FILE"
        if os.path.lexists(video):
            message, hint = f"{video} is no file", "name the film itself"
        faults.append(Diagnostic(code="render-missing", message=message, hint=hint))
    if faults:
        raise RenderError(faults)


def _bench(engine: Engine, run: RunFolder, settings: Settings, within: Confinement | None, stop: Stop) -> Bench:
    custody = Custody(within=within, sandbox=find_sandbox(engine.path)) if within else None
    return Bench(engine=engine, run=run, limits=limits_for(settings), custody=custody, stop=stop)


@contextmanager
def _run_folder(runs: Path | None) -> Iterator[RunFolder]:
    """In the store where there is one; checking makes none."""
    with ExitStack() as opened:
        if runs is None:
            with disk_faults("make a folder for temporary files"):
                runs = Path(opened.enter_context(TemporaryDirectory(prefix="montage-check-"))) / "runs"
        yield opened.enter_context(RunFolder(runs))


_LONGEST_PLAN = 64 << 20  # letters; a plan of 100,000 clips has 10 million
_FOUNDATIONS = ("duration", "format", "decoding", "sync")  # checks without which a film is no golden


class _Checking:
    """The checks of one film."""

    def __init__(self, film: Film | None, video: Path, bench: Bench, compiled: Compiled | None) -> None:
        self._video, self._bench, self._compiled = video.absolute(), bench, compiled
        read = read_header(video, stop=bench.stop)
        self._header, self._keyframes = read.header, read.keyframes
        rate = self._header.picture.rate if self._header.picture else film.rate if film else Fraction(30)
        # A file may have the plan's pictures at another rate: frames are counted as it has them.
        self._film = film.at(rate) if film else Film(name=video.stem, rate=rate)
        self._refuse_frames_outside()
        self._uses = uses_of(compiled.recipe.checks if compiled else (), planned=film is not None)
        self._active = tuple(use for use in self._uses if not use.is_off)
        self._needs = frozenset[Need]().union(*(CHECKS[use.name].needs for use in self._active))
        self._goldens = {
            use.at: self._golden(use) for use in self._active if use.golden or Need.REFERENCE in needs_of(use)
        }
        self._frames: dict[RecipePath, Path] = {}  # pictures that `frame` checks are of

    def _refuse_frames_outside(self) -> None:
        """Raises RecipeError for checks of frames that the plan has not."""
        faults = [
            Diagnostic(
                code="frame-outside",
                message=f"the film has no frame there: its last one is {self._film.frames - 1} (`end - 1f`)",
                hint="name a moment before the film's end",
                path=(*at, "frame"),
            )
            for at, frame in (self._film.moments or {}).items()
            if self._film.frames is not None and not 0 <= frame < self._film.frames
        ]
        if faults:
            raise RecipeError(faults)

    def checked(self, *, update: bool) -> CheckedFilm:
        measured = self._measured(update=update)
        verdicts = tuple(
            Verdict(use=use, judgement=None if use.is_off else CHECKS[use.name].judge(use, self._film, measured))
            for use in self._uses
        )
        renewed: tuple[Renewed, ...] = ()
        if update:
            self._refuse_bad_film(verdicts)
            renewed = tuple(self._renewed(verdict, measured) for verdict in verdicts if verdict.use.golden)
            anew = {each.use.at for each in renewed if each.written}
            verdicts = tuple(
                replace(v, judgement=Judgement(says="written anew")) if v.use.at in anew and v.judgement else v
                for v in verdicts
            )
        return CheckedFilm(
            film=self._film,
            video=self._video,
            picture=self._header.picture,
            verdicts=verdicts,
            renewed=renewed,
            source=self._compiled.source if self._compiled else None,
            at=self._compiled.recipe.output.at if self._compiled else (),
        )

    # --- goldens ---

    def _refuse_bad_film(self, verdicts: Iterable[Verdict]) -> None:
        """Raises RenderError where the film is none that a golden could be made of."""
        if bad := [f"`{each.use.name}`" for each in verdicts if each.failed and each.use.name in _FOUNDATIONS]:
            message = f"{self._video.name} fails {', '.join(bad)}: no golden is made of it"
            hint = "build it again; `montage-recipe check` without --update says what is the matter"
            raise RenderError([Diagnostic(code="golden-of-bad-film", message=message, hint=hint)])

    def _place(self, use: CheckUse) -> Path:
        assert self._compiled is not None
        assert use.golden is not None
        return absolute(use.golden, (*use.at, GOLDEN_KEYS[use.name]), self._compiled.source)

    @property
    def _within(self) -> Confinement | None:
        return self._compiled.source.confinement if self._compiled else None

    def _golden(self, use: CheckUse) -> Any:
        """What lies at a golden's place; None where nothing does."""
        match use.name:
            case "render":
                return read_golden(self._place(use), self._within)
            case "plan":
                try:
                    with TextIOWrapper(open_golden(self._place(use), self._within), encoding="utf-8") as file:
                        text = file.read(_LONGEST_PLAN)
                    return text if is_plan(text) else Unusable("it is another text, no timeline", is_foreign=True)
                except FileNotFoundError:
                    return None
                except (OSError, ValueError) as error:
                    return Unusable(f"it cannot be read ({error})")
            case "reference":
                return self._reference(use)
            case _:
                return self._place(use) if os.path.lexists(self._place(use)) else None

    def _reference(self, use: CheckUse) -> Unusable | None:
        """Why the reference cannot be compared with; None where it can."""
        if use.params.measure == "VMAF" and not has_vmaf(self._bench.engine):
            return Unusable("this ffmpeg has no libvmaf (`montage-recipe doctor`); `ssim` needs none")
        if not os.path.isfile(use.params.reference):  # noqa: PTH113 - Path.is_file raises for a name that is too long
            return Unusable("there is no such file")
        try:
            other = read_header(use.params.reference, stop=self._bench.stop).header.picture
        except RenderError as error:
            return Unusable(error.diagnostics[0].message)
        here = self._header.picture
        if other is None or here is None:
            return Unusable("one of the two has no picture")
        if (other.width, other.height, other.frames) != (here.width, here.height, here.frames):
            sizes = f"{other.frames} frames of {other.width}x{other.height}, and the film {here.frames} of "
            return Unusable(f"it has {sizes}{here.width}x{here.height}")
        return None

    def _renewed(self, verdict: Verdict, measured: Measured) -> Renewed:
        """Writes the golden where the one that is there is not as the film is."""
        use, file = verdict.use, self._place(verdict.use)
        there = self._goldens.get(use.at)
        changes = verdict.judgement.findings if verdict.judgement else ()
        if not changes:
            return Renewed(use=use, file=file, written=False, was_there=True)
        if isinstance(there, Unusable) and there.is_foreign:
            message = f"{use.golden} is left alone: {there.why}"
            hint = "give the golden another name, or remove the file yourself"
            path = (*use.at, GOLDEN_KEYS[use.name])
            raise RecipeError([Diagnostic(code="golden-foreign", message=message, hint=hint, path=path)])
        content = self._content(use, measured)
        with disk_faults(f"write {file}"):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(file, content)
        told = changes if there is not None and not isinstance(there, Unusable) else ()
        return Renewed(use=use, file=file, written=True, was_there=there is not None, changes=told)

    def _content(self, use: CheckUse, measured: Measured) -> bytes:
        import numpy as np

        match use.name:
            case "plan":
                return self._film.plan.encode()
            case "render":
                if measured.tiles is None:
                    raise _without_picture(self._video)
                levels = measured.sound.rms if measured.sound else np.zeros((0, 2), np.float32)
                return as_png(golden_of(self._film, telling_frames(self._film), measured.tiles, levels))
            case _:
                if use.at not in self._frames:
                    raise _without_picture(self._video)
                return self._frames[use.at].read_bytes()

    # --- measuring ---

    def _measured(self, *, update: bool) -> Measured:
        header, film = self._header, str(self._video)
        picture = header.picture
        tiles = Need.TILES in self._needs
        place = self._bench.run.path / "tiles.rgb" if tiles else None
        pictures = PictureReader(picture.frames, statistics_size(picture), tiles=place) if picture else None
        sounds, letters, likenesses = SoundReader(), dict[RecipePath, Any](), dict[RecipePath, Likeness]()
        passes: list[tuple[Pass, Callable[[Done], None]]] = []
        if header.sound and Need.SOUND in self._needs:
            passes.append((sound_pass(film), sounds.read))
        if picture and pictures and (Need.PICTURE in self._needs or tiles):
            passes += [(one, pictures.read) for one in picture_passes(film, picture, self._keyframes, tiles=tiles)]
        if self._compiled and Need.LETTERS in self._needs and (one := self._letters_pass()):
            passes.append((one, lambda done: letters.update(letters_of(done))))
        passes += [(one, self._keep_frame) for one in self._frame_passes(update=update)]
        passes += [(one, lambda done: self._note(likenesses, done)) for one in self._reference_passes()]
        readers = {one.name: reader for one, reader in passes}
        do_all([one for one, _ in passes], self._bench, lambda done: readers[done.task.name](done))
        do_all(list(self._likeness_passes()), self._bench, lambda done: self._note(likenesses, done))
        return Measured(
            header=header,
            errors=tuple(dict.fromkeys((*sounds.errors, *(pictures.errors if pictures else ())))),
            picture=pictures.statistics() if pictures and Need.PICTURE in self._needs else None,
            sound=sounds.statistics,
            tiles=pictures.tiles if pictures else None,
            letters=letters,
            likenesses=likenesses,
            goldens=self._goldens,
        )

    def _note(self, likenesses: dict[RecipePath, Likeness], done: Done) -> None:
        likeness = None if done.failed else likeness_of(done)
        if likeness is not None:
            likenesses[done.task.at] = likeness
        else:
            self._goldens[done.task.at] = Unusable(f"it cannot be compared ({', '.join(done.errors) or 'no frame'})")

    def _letters_pass(self) -> Pass | None:
        assert self._compiled is not None
        timeline = self._compiled.timeline
        return letters_pass(timeline, lettering(timeline, self._bench.engine, self._compiled.source.confinement))

    def _frame_passes(self, *, update: bool) -> Iterator[Pass]:
        """Of each frame that is to be compared, or to become a golden, where the film has it."""
        picture = self._header.picture
        for use in self._active:
            if use.name == "frame" and picture and (update or isinstance(self._goldens[use.at], Path)):
                frame = (self._film.moments or {})[use.at]
                if frame < picture.frames:
                    yield frame_pass(str(self._video), frame, picture.rate, use.at)

    def _keep_frame(self, done: Done) -> None:
        file = done.folder / FRAME_FILE
        if file.exists():
            kept = self._bench.run.path / f"{done.task.name}.png"
            file.rename(kept)
            self._frames[done.task.at] = kept

    def _likeness_passes(self) -> Iterator[Pass]:
        for use in self._active:
            golden = self._goldens.get(use.at)
            if use.name == "frame" and isinstance(golden, Path) and use.at in self._frames:
                size = size_of_picture(golden, self._within)
                if isinstance(size, Unusable):
                    self._goldens[use.at] = size
                    continue
                yield likeness_pass(str(self._frames[use.at]), str(golden), size, use.at)

    def _reference_passes(self) -> Iterator[Pass]:
        for use in self._active:
            if use.name == "reference" and self._goldens[use.at] is None:
                reference, vmaf = str(use.params.reference), use.params.measure == "VMAF"
                yield reference_pass(str(self._video), reference, use.at, vmaf=vmaf)


def _without_picture(video: Path) -> StoreError:
    message = f"no golden can be made of {video.name}: it lacks the frame"
    return StoreError([Diagnostic(code="render-unusable", message=message, hint="build it again")])
