"""One chunk, from host to host and try to try."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.stopping import Stop, heed
from montage_recipe.upscale import packets, remote
from montage_recipe.upscale.attempt import Attempt, Past
from montage_recipe.upscale.cleaning import clean_up, is_begun, make_room, note_begun, note_gone
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.job_files import no_weights, scripts, tile_of
from montage_recipe.upscale.packets import Chunk
from montage_recipe.upscale.pool import Lease
from montage_recipe.upscale.remote import WRITING, NotThere
from montage_recipe.upscale.retry import Decision, Tries, cause_of, concerns_host, decide, is_of_the_way
from montage_recipe.upscale.task import Task
from montage_recipe.upscale.telling import Computed, Entered, MemoryAt, Noted, Phase, TakenOver

_SMALLEST_TILE = 32
# Bytes of a result for each pixel of each frame: what x264 needs at this quality for footage full of detail.
_RESULT_BYTES_PER_PIXEL = 0.4


class Trying:
    """What one chunk is tried with, and what came of it so far."""

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
        self._past = Past()  # of the host at hand
        self._causes: set[str] = set()  # of what went wrong there
        self._last: HostError | None = None
        self._is_done = False
        self._cleared = set[str]()  # hosts whose disk was full, and that were tidied therefore
        self._scratch = task.scratch / f"chunk-{chunk.number}"
        self._name = name  # of this store's own: two stores that want the same do not take it from each other

    def until_done(self) -> Path:
        with disk_faults(WRITING):
            self._scratch.mkdir()
        try:
            prefer = self._task.shelf.recall(place_of(self._key))  # a killed build may have begun it there
            if not self._task.may_start and prefer not in {spec.name for spec in self._task.pool.specs}:
                raise _nowhere()
            pool, shelf = self._task.pool, self._task.shelf
            self._touched |= {spec.name: spec for spec in pool.specs if is_begun(shelf, spec, self._name)}
            only = None if self._task.may_start else prefer
            while True:
                with self._task.pool.lease(prefer, self._without, only=only, stop=self._stop) as lease:
                    prefer = lease.spec.name
                    if lease.instead_of:
                        self._task.tell(TakenOver(host=prefer, faults=lease.instead_of))
                    if result := self._on(lease):
                        return result
                heed(self._stop)
        except StoreError:
            self._task.pool.leave_jobs()
            raise
        finally:
            self._clean_up()

    def _on(self, lease: Lease) -> Path | None:
        """Works on one host until it is done, or until this host is given up: then None."""
        while True:
            attempt = self._attempt(lease.spec)
            try:
                host = lease.host(opening=partial(attempt.enter, Phase.CONNECTING))
                self._task.shelf.remember(place_of(self._key), lease.spec.name)
                result, state = remote.finish(host, attempt)
                self._check(result, lease)
                if not self._task.unchanged():
                    raise remote.not_as_asked("its source was changed in the meantime", cause="input-corrupt")
                kept = self._task.shelf.publish(self._key, result)
                self._is_done = True
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
                if fault.cause == "remote-disk-full" and self._makes_room(lease.spec):
                    continue
                if not self._go_on(lease.spec, attempt, fault):
                    return None

    def _makes_room(self, spec: HostSpec) -> bool:
        """Whether what earlier builds have left on a full disk is gone: tried once."""
        if spec.name in self._cleared:
            return False
        self._cleared.add(spec.name)
        return make_room(self._task.pool, spec, self._task.shelf, scratch=self._scratch, stop=self._stop)

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
        wait = self._tries.wait_s(advanced=attempt.advanced, on_the_way=on_the_way, alive=attempt.alive)
        if wait is None or login_lost or decision is Decision.NEXT_HOST:
            self._note(spec, f"{cause.title}; it is given up")
            self._without[spec.name] = fault
            if concerns_host(cause):
                self._task.pool.rule_out(spec, fault)
            self._tries.another_host()
            self._halved, self._past = 0, Past()
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
            past=self._past,
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
            self._touched.pop(lease.spec.name, None)
            with suppress(StoreError, Interrupted):  # to remove it once more does no harm
                note_gone(self._task.shelf, lease.spec, self._name, stop=self._stop)

    def _clean_up(self) -> None:
        """Whatever happened: nothing of this chunk stays on a host that answers. One that does not is cleared, or swept,
        later."""
        if not self._task.may_start:
            return
        task, hosts = self._task, self._touched.values()
        if task.pool.leaves:
            stays = [(spec, "it cannot be kept here") for spec in hosts]
        else:
            done, soon = self._is_done, self._stop()
            stays = clean_up(task.pool, task.shelf, hosts, self._name, done=done, scratch=self._scratch, soon=soon)
        for spec, why in stays:
            text = f"what was begun there stays, as {why}: a later build takes it up or removes it, `gpu clean` ends it"
            self._note(spec, text)


def place_of(key: str) -> str:
    """What the shelf remembers a chunk's host as."""
    return f"host:{key}"


def _nowhere() -> HostError:
    message = "no GPU host is at this clip"
    hint = "`montage-recipe gpu run` begins it"
    return HostError([Diagnostic(code="not-on-a-host", message=message, hint=hint)])


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
