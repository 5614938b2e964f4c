"""A part of a source, enlarged on the hosts of a pool: chunk by chunk, each of them kept as soon as it is back."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.stopping import Stop, heed
from montage_recipe.upscale import packets, remote
from montage_recipe.upscale.cleaning import clean_up, note_begun, note_gone
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.job_files import no_weights, scripts, tile_of
from montage_recipe.upscale.packets import Chunk, Part
from montage_recipe.upscale.pool import Lease
from montage_recipe.upscale.remote import WRITING, Attempt, NotThere
from montage_recipe.upscale.request import UpscaleRequest
from montage_recipe.upscale.retry import Decision, Tries, cause_of, concerns_host, decide, is_of_the_way
from montage_recipe.upscale.task import Shelf, Task
from montage_recipe.upscale.telling import Advanced, Computed, Entered, MemoryAt, Noted, Phase, TakenOver

_SMALLEST_TILE = 32
# Bytes of a result for each pixel of each frame: what x264 needs at this quality for footage full of detail.
_RESULT_BYTES_PER_PIXEL = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscaled:
    file: Path
    computed: tuple[Computed, ...]  # of the chunks that hosts made in this call


def upscale(task: Task) -> Upscaled:
    """Enlarges all frames of the request into one MP4 without sound, at the times they have in the source.

    Raises RecipeError for a source that cannot be read, HostError when no host can do it (with one diagnostic for each) or
    where nothing was to be started and a chunk is nowhere, StoreError for a disk here, and Interrupted. Then nothing of it
    is left on a host that can still be reached, and finished chunks are on the shelf.
    """
    request = task.request
    part = packets.look_at(task.source, request.picture.index, request.start, request.end, task.limits)
    owner = owner_of(task.shelf, task.stop)
    work = _Work(task, part, owner)
    results = work.all_chunks()
    joined = task.scratch / "joined.mp4"
    with disk_faults(WRITING):
        packets.join(results, part, joined)
    return Upscaled(file=joined, computed=tuple(work.computed))


class _Work:
    def __init__(self, task: Task, part: Part, owner: str) -> None:
        self.computed: list[Computed] = []
        self._task, self._part, self._owner = task, part, owner
        self._failed = threading.Event()
        self._lock = threading.Lock()
        self._done = dict.fromkeys((chunk.number for chunk in part.chunks), 0)
        self._rates: dict[int, float | None] = {}

    def all_chunks(self) -> list[Path]:
        """Their results, in order; the first fault ends the others."""
        workers = min(len(self._part.chunks), self._task.pool.slots)
        with ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="chunk") as threads:
            futures = [threads.submit(self._attended, chunk) for chunk in self._part.chunks]
            if not self._task.may_start:
                wait(futures)  # one that is nowhere does not keep the others from being fetched
            try:
                return [future.result() for future in futures]
            except BaseException:
                self._failed.set()
                for future in futures:
                    future.cancel()
                faults = [future.exception() for future in futures if not future.cancelled()]
                for fault in faults:  # the first that is no consequence of another one
                    if fault is not None and not isinstance(fault, Interrupted):
                        raise fault from None
                raise

    def _attended(self, chunk: Chunk) -> Path:
        try:
            return self._one(chunk)
        except BaseException:
            if self._task.may_start:
                self._failed.set()
            raise

    def _stop(self) -> bool:
        return self._failed.is_set() or self._task.stop()

    def _one(self, chunk: Chunk) -> Path:
        key = chunk_key(self._task.request, chunk)
        with self._task.shelf.hold(key, self._stop, waits=lambda: self._waits(chunk, key)):
            if found := self._task.shelf.find(key):
                self._advanced(chunk, chunk.frames, None)
                return found
            name = hashlib.sha256(f"{self._owner} {key}".encode()).hexdigest()[:40]
            return _Trying(
                self._task, chunk, len(self._part.chunks), key, name, self._stop, self._advanced, self.computed
            ).until_done()

    def _waits(self, chunk: Chunk, key: str) -> None:
        where = self._task.shelf.recall(_place(key)) or ""
        number, chunks = chunk.number + 1, len(self._part.chunks)
        self._task.tell(Entered(host=where, phase=Phase.HELD, chunk=number, chunks=chunks))

    def _advanced(self, chunk: Chunk, done: int, rate: float | None) -> None:
        with self._lock:
            self._done[chunk.number], self._rates[chunk.number] = done, rate
            chunks = self._part.chunks
            rates = [rate for n, rate in self._rates.items() if rate and self._done[n] < chunks[n].frames]
            told = Advanced(
                done=sum(self._done.values()), frames=len(self._part.times), frames_per_s=sum(rates) or None
            )
        self._task.tell(told)


class _Trying:
    """One chunk, from host to host and try to try."""

    def __init__(
        self,
        task: Task,
        chunk: Chunk,
        chunks: int,
        key: str,
        name: str,
        stop: Stop,
        advanced: Callable[[Chunk, int, float | None], None],
        computed: list[Computed],
    ) -> None:
        self._task, self._chunk, self._chunks, self._key, self._stop = task, chunk, chunks, key, stop
        self._advanced, self._computed = advanced, computed
        self._tries = Tries(task.policy, random=task.random, clock=task.clock)
        self._halved = 0  # how often tiles were
        self._touched: dict[str, HostSpec] = {}  # hosts that may hold something of it
        # Hosts that cannot do it, or could not.
        self._without: dict[str, HostError] = {
            spec.name: fault for spec in task.pool.specs if (fault := no_weights(task.request, spec))
        }
        self._best = 0  # frames that the best try has reached
        self._heard: set[str] = set()
        self._sent = False  # whether the host at hand has been given the chunk
        self._causes: set[str] = set()  # of what went wrong there
        self._last: HostError | None = None
        self._scratch = task.scratch / f"chunk-{chunk.number}"
        self._name = name  # of this store's own: two stores that want the same do not take it from each other

    def until_done(self) -> Path:
        self._scratch.mkdir()
        try:
            prefer = self._task.shelf.recall(_place(self._key))  # a killed build may have begun it there
            if not self._task.may_start and prefer not in {spec.name for spec in self._task.pool.specs}:
                raise _nowhere()
            self._touched |= {spec.name: spec for spec in self._task.pool.specs if spec.name == prefer}
            only = None if self._task.may_start else prefer
            while True:
                with self._task.pool.lease(prefer, self._without, only=only) as lease:
                    prefer = lease.spec.name
                    if lease.instead_of:
                        self._task.tell(TakenOver(host=prefer, faults=lease.instead_of))
                    if result := self._on(lease):
                        return result
                heed(self._stop)
        finally:
            self._clean_up()

    def _on(self, lease: Lease) -> Path | None:
        """Works on one host until it is done, or until this host is given up: then None."""
        while True:
            attempt = self._attempt(lease.spec)
            try:
                host = lease.host(opening=partial(attempt.enter, Phase.CONNECTING))
                self._task.shelf.remember(_place(self._key), lease.spec.name)
                result, state = remote.finish(host, attempt)
                self._check(result, lease)
                if not self._task.unchanged():
                    raise remote.not_as_asked("its source was changed in the meantime", cause="input-corrupt")
                kept = self._task.shelf.publish(self._key, result)
                self._computed.append(_computed(lease.spec, state, self._chunk, attempt.memory))
                self._advanced(self._chunk, self._chunk.frames, None)
                try:
                    self._remove(lease)
                except HostError as fault:  # it is done; `_clean_up` tries once more
                    lease.broken()
                    self._task.pool.heed_login(lease.spec, fault)
                return kept
            except NotThere as end:
                raise (
                    self._with_log(lease.spec, end.fault, attempt) if end.fault else self._last or _nowhere()
                ) from None
            except HostError as fault:
                lease.broken()
                heed(self._stop)
                self._best, self._sent = max(self._best, attempt.best), attempt.sent
                if not self._go_on(lease.spec, attempt, fault):
                    return None

    def _go_on(self, spec: HostSpec, attempt: Attempt, fault: HostError) -> bool:
        """Whether to try again on this host, after a wait. Raises the fault where no host can help."""
        cause = cause_of(fault)
        login_lost = self._task.pool.heed_login(spec, fault)
        fault = self._last = self._with_log(spec, fault, attempt)
        met = self._task.pool.met(spec)
        decision = decide(cause, met=met, before=self._causes)
        self._causes.add(cause.name)
        if decision is Decision.STOP:
            raise fault
        if decision is Decision.SMALLER:
            self._halved += 1
            if tile_of(spec, halved=self._halved) < _SMALLEST_TILE:
                decision = Decision.NEXT_HOST
        if (
            decision is Decision.AGAIN
            and not met
            and self._tries.failed
            and self._task.pool.has_other(spec, self._without)
        ):
            decision = Decision.NEXT_HOST  # it has not answered twice, and another one may
        on_the_way = met and is_of_the_way(cause)
        wait = self._tries.wait_s(advanced=attempt.advanced, on_the_way=on_the_way)
        if wait is None or login_lost or decision is Decision.NEXT_HOST:
            self._note(spec, f"{cause.title}; it is given up")
            self._without[spec.name] = fault
            if concerns_host(cause):
                self._task.pool.rule_out(spec, fault)
            self._tries.another_host()
            self._halved, self._sent = 0, False
            self._causes.clear()
            return False
        how = f" with tiles of {tile_of(spec, halved=self._halved)} pixels" if decision is Decision.SMALLER else ""
        self._note(spec, f"{cause.title}; trying again{how} in {wait:.0f} s ({self._tries.told})")
        self._sleep(wait)
        return True

    def _with_log(self, spec: HostSpec, fault: HostError, attempt: Attempt) -> HostError:
        log = self._task.keep_log(f"{self._key[:16]}-{spec.name}", attempt.log) if attempt.log else None
        if log is None:
            return fault
        first = fault.diagnostics[0]
        return HostError([dataclasses.replace(first, message=f"{first.message}\n  the host's log: {log}")])

    def _enter(self, spec: HostSpec, phase: Phase) -> None:
        number = self._chunk.number + 1
        self._task.tell(Entered(host=spec.name, phase=phase, chunk=number, chunks=self._chunks))

    def _note(self, spec: HostSpec, text: str) -> None:
        self._task.tell(Noted(host=spec.name, text=text))

    def _sleep(self, seconds: float) -> None:
        end = self._task.clock() + seconds
        while (left := end - self._task.clock()) > 0:
            heed(self._stop)
            time.sleep(min(left, 0.2))

    def _attempt(self, spec: HostSpec) -> Attempt:
        request, chunk = self._task.request, self._chunk
        pixels = request.width * request.height * chunk.frames
        return Attempt(
            key=self._name,
            scripts=scripts(request, chunk, spec, halved=self._halved),
            source=self._write_chunk,
            scratch=self._scratch,
            result_bytes=int(pixels * _RESULT_BYTES_PER_PIXEL),
            tell=lambda done, rate: self._advanced(chunk, done, rate),
            note=lambda text: self._note(spec, text),
            enter=lambda phase: self._enter(spec, phase),
            answered=lambda: self._touch(spec),
            patience=self._task.patience,
            stop=self._stop,
            sleep=self._sleep,
            clock=self._task.clock,
            may_start=self._task.may_start,
            best=self._best,
            heard=self._heard,
            sent=self._sent,
        )

    def _write_chunk(self) -> Path:
        file = self._scratch / remote.SOURCE
        with disk_faults(WRITING):
            packets.write_chunk(self._task.source, self._task.request.picture.index, self._chunk, file)
        return file

    def _check(self, result: Path, lease: Lease) -> None:
        """Raises HostError where the host's result is not what was asked for, whatever its checksum says."""
        request = self._task.request
        expected = (self._chunk.frames, request.width, request.height)
        try:
            found = packets.count_frames(result)
            told = "{} frames of {}x{}".format
            if found != expected:
                raise ValueError(f"{told(*found)} instead of {told(*expected)}")
        except ValueError as error:
            self._remove(lease)  # to fetch it again would not mend it
            raise remote.not_as_asked(str(error)) from error

    def _touch(self, spec: HostSpec) -> None:
        """From now on something of it may be there. It is noted every time: who began it may have ended before noting it."""
        note_begun(self._task.shelf, spec, self._key, self._name, stop=self._stop)
        self._touched[spec.name] = spec

    def _remove(self, lease: Lease) -> None:
        if remote.ask(lease.host(), "remove", self._name, scratch=self._scratch)["removed"]:
            self._note_gone(lease.spec)
            self._touched.pop(lease.spec.name, None)

    def _note_gone(self, spec: HostSpec) -> None:
        with suppress(StoreError, Interrupted):  # to remove it once more does no harm
            note_gone(self._task.shelf, spec, self._name, stop=self._stop)

    def _clean_up(self) -> None:
        """Whatever happened: nothing of this chunk stays on a host that answers. One that does not is cleared, or swept,
        later."""
        if not self._task.may_start:
            return
        soon = self._stop()
        for spec in self._touched.values():
            lost = spec.name in self._without and is_of_the_way(cause_of(self._without[spec.name]))
            why = clean_up(self._task.pool, spec, self._name, scratch=self._scratch, soon=soon, lost=lost)
            if why is None:
                self._note_gone(spec)
            else:
                text = f"what was begun there stays, as {why}: a later build takes it up or removes it, `gpu clean` ends it"
                self._note(spec, text)


def owner_of(shelf: Shelf, stop: Stop) -> str:
    """What tells a store's jobs on a host from those of others, once for all of the store's builds. Raises Interrupted."""
    with shelf.hold("owner", stop):
        if (known := shelf.recall("owner")) is None:
            known = secrets.token_hex(8)
            shelf.remember("owner", known)
    return known


def _place(key: str) -> str:
    """What the shelf remembers a chunk's host as."""
    return f"host:{key}"


def _nowhere() -> HostError:
    message = "no GPU host is at this clip"
    hint = "`montage-recipe gpu run` begins it"
    return HostError([Diagnostic(code="not-on-a-host", message=message, hint=hint)])


def chunk_key(request: UpscaleRequest, chunk: Chunk) -> str:
    """What a chunk's result is kept under, and the name of its folder on a host."""
    what = f"{request.material} {chunk.packets} {chunk.skip} {chunk.frames}"
    return hashlib.sha256(what.encode()).hexdigest()


def _computed(spec: HostSpec, state: dict[str, object], chunk: Chunk, told: Sequence[MemoryAt]) -> Computed:
    memory = state.get("memory")
    return Computed(
        host=spec.name,
        device=str(state.get("device", "")),
        frames=chunk.frames,
        seconds=float(str(state.get("seconds", 0))),
        peak_bytes=int(memory.get("peak", 0)) if isinstance(memory, dict) else 0,
        tile=int(str(state.get("tile", 0))),
        batch=int(str(state.get("batch", 0))),
        memory=tuple(told),
    )
