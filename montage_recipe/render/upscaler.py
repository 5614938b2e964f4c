"""A build's way to its GPU hosts: the pool of them, and the upscalings that are done there."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, RecipeError, Severity, StoreError
from montage_recipe.jobs.model import FileInput, Job, Plan
from montage_recipe.recipe.model import Recipe
from montage_recipe.render.events import HostEntered, HostNoted, JobProgress, Listener, Warned
from montage_recipe.render.store import Store
from montage_recipe.stopping import never
from montage_recipe.upscale.cleaning import tidy
from montage_recipe.upscale.hosts.inventory import (
    ENVIRONMENT,
    THIS_MACHINE,
    Device,
    HostKind,
    HostSpec,
    hosts_file,
    read_hosts,
    unknown_host,
)
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.task import Task
from montage_recipe.upscale.telling import Advanced, Entered, Note, Noted, TakenOver
from montage_recipe.upscale.upscaling import Upscaled, upscale


@dataclass(frozen=True, slots=True, kw_only=True)
class HostChoice:
    """The hosts that a recipe may use and this user has, in order of preference; `absent` are those that they have not, or
    that there is none at all."""

    specs: tuple[HostSpec, ...] = ()
    absent: tuple[Diagnostic, ...] = ()


def hosts_for(recipe: Recipe, *, cgpu: bool = True) -> HostChoice:
    """Recipes are shared, and not everybody has every host: one is enough, and none where the recipe can do without.
    `cgpu` False leaves hosts of that kind out.

    Raises RecipeError where nothing else can take the place of those that are absent, SettingsError where the user's own
    list has faults.
    """
    known = read_hosts()
    specs = tuple(known[name] for name in recipe.gpu.hosts or known if name in known)
    absent = tuple(
        dataclasses.replace(unknown_host(name, known), path=("gpu", "hosts", number))
        for number, name in enumerate(recipe.gpu.hosts)
        if name not in known
    )
    if not specs and not absent:
        absent = (_no_host(recipe),)
    if not cgpu:
        absent += tuple(_switched_off(spec) for spec in specs if spec.kind is HostKind.CGPU)
        specs = tuple(spec for spec in specs if spec.kind is not HostKind.CGPU)
    if recipe.gpu.on_failure == "local" and not any(
        spec.kind is HostKind.LOCAL and spec.device is not Device.GPU for spec in specs
    ):
        absent = absent if specs else tuple(map(_taken_over, absent))
        specs = (*specs, THIS_MACHINE)
    if not specs and recipe.gpu.on_failure != "lanczos":
        raise RecipeError(absent)
    return HostChoice(specs=specs, absent=absent)


def _taken_over(fault: Diagnostic) -> Diagnostic:
    """As a warning: why a host did not do it, and who does."""
    message = f"{fault.message}; this machine takes its place (`on_failure: local`)"
    return dataclasses.replace(fault, message=message, severity=Severity.WARNING)


def _switched_off(spec: HostSpec) -> Diagnostic:
    message = f"the GPU host {spec.name} is left alone: hosts of the kind {spec.kind} are switched off"
    hint = "`montage-recipe config` shows who says so: CGPU_GPU_ENABLED, or `cgpu` in the settings"
    return Diagnostic(code="left-out-by-setting", message=message, hint=hint)


def _no_host(recipe: Recipe) -> Diagnostic:
    hint = f'{ENVIRONMENT}="studio=ssh:me@studio.example" names one; so does {hosts_file()}'
    at = next((clip.upscale.at for clip in recipe.clips if clip.upscale), ())
    return Diagnostic(code="no-gpu-host", message="no GPU host is named", hint=hint, path=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWork:
    """How a build goes about its upscalings. `hosts` is called, and may raise, only where one has to be done."""

    hosts: Callable[[], HostChoice] = HostChoice
    # Gives the plan that does without the upscalings of these keys, for when no host could do them; None ends the build.
    without: Callable[[Collection[str]], Plan] | None = None
    alone: bool = False  # all other jobs are left for later
    may_start: bool = True  # False fetches what hosts are at already, and begins nothing

    def bears(self, error: BaseException) -> bool:
        """Whether the other jobs go on after it."""
        return isinstance(error, HostError) and (self.without is not None or not self.may_start)


class Upscaler:
    """Close it at the end; what it has begun on hosts has ended by then."""

    def __init__(
        self,
        choice: HostChoice,
        *,
        store: Store,
        emit: Listener,
        stop: Callable[[], bool],
        may_start: bool = True,
        short_of_room: Callable[[], bool] = never,
    ) -> None:
        self._store, self._emit, self._stop, self._may_start = store, emit, stop, may_start
        self._warned, self._warning = set[str](), threading.Lock()
        # Where there are others, those that are absent have been told already, as warnings.
        absent = () if choice.specs else choice.absent
        self.pool = Pool(choice.specs, stop=stop, absent=absent, short_of_room=short_of_room)

    def do(self, job: Job, scratch: Path, *, unchanged: Callable[[], bool]) -> Upscaled:
        """Raises HostError with the place of the clip, RecipeError, StoreError, or Interrupted."""
        assert job.upscale is not None
        (source,) = job.inputs
        assert isinstance(source, FileInput)
        task = Task(
            request=job.upscale,
            source=Path(source.file),
            scratch=scratch,
            pool=self.pool,
            shelf=self._store,
            tell=lambda note: self._tell(job, note),
            stop=self._stop,
            keep_log=self._keep_log,
            unchanged=unchanged,
            may_start=self._may_start,
        )
        try:
            return upscale(task)
        except (HostError, RecipeError, StoreError) as error:
            error.diagnostics = tuple(
                dataclasses.replace(fault, path=fault.path or job.at) for fault in error.diagnostics
            )
            raise

    def _keep_log(self, name: str, text: str) -> Path | None:
        try:
            return self._store.keep_log(name, text)
        except StoreError:  # the fault that the log is of is the one to tell
            return None

    def tidy(self) -> None:
        """Takes old jobs off the hosts that were called, and what builds have left there of clips that are done. At the end
        of a good build only: the next one may have come for what is old. Ends when the build is to stop."""
        # Whatever comes in the way, the film is made, and the next build does it as well.
        with suppress(Interrupted, OSError), tempfile.TemporaryDirectory(prefix="montage-recipe-") as folder:
            for host in self.pool.idle() if self._may_start else ():
                with suppress(HostError, StoreError):
                    tidy(host, self._store, scratch=Path(folder), stop=self._stop)

    def close(self) -> None:
        self.pool.close()

    def _tell(self, job: Job, note: Note) -> None:
        match note:
            case Advanced():
                share = note.done / note.frames if note.frames else 0.0
                speed = note.frames_per_s / note.frames * float(job.duration) if note.frames_per_s else None
                self._emit(JobProgress(key=job.key, done_s=share * float(job.duration), speed=speed))
            case Noted():
                self._emit(HostNoted(key=job.key, label=job.label, host=note.host, text=note.text))
            case TakenOver():
                for fault in note.faults:
                    self._warn_once(dataclasses.replace(_taken_over(fault), path=fault.path or job.at))
            case Entered():
                self._emit(
                    HostEntered(
                        key=job.key,
                        label=job.label,
                        host=note.host,
                        phase=note.phase,
                        chunk=note.chunk,
                        chunks=note.chunks,
                    )
                )

    def _warn_once(self, warning: Diagnostic) -> None:
        """Several clips, and chunks of one, may meet the same fault."""
        with self._warning:
            if warning.message not in self._warned:
                self._warned.add(warning.message)
                self._emit(Warned(diagnostic=warning))
