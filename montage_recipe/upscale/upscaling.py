"""A part of a source, enlarged on the hosts of a pool: chunk by chunk, each of them kept as soon as it is back."""

from __future__ import annotations

import hashlib
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Interrupted
from montage_recipe.disk import disk_faults
from montage_recipe.stopping import Stop
from montage_recipe.upscale import packets
from montage_recipe.upscale.packets import Chunk, Part
from montage_recipe.upscale.remote import WRITING
from montage_recipe.upscale.request import UpscaleRequest
from montage_recipe.upscale.task import Shelf, Task
from montage_recipe.upscale.telling import Advanced, Computed, Entered, Phase
from montage_recipe.upscale.trying import Trying, place_of


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
            return Trying(
                self._task, chunk, len(self._part.chunks), key, name, self._stop, self._advanced, self.computed
            ).until_done()

    def _waits(self, chunk: Chunk, key: str) -> None:
        where = self._task.shelf.recall(place_of(key)) or ""
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


def owner_of(shelf: Shelf, stop: Stop) -> str:
    """What tells a store's jobs on a host from those of others, once for all of the store's builds. Raises Interrupted."""
    with shelf.hold("owner", stop):
        if (known := shelf.recall("owner")) is None:
            known = secrets.token_hex(8)
            shelf.remember("owner", known)
    return known


def chunk_key(request: UpscaleRequest, chunk: Chunk) -> str:
    """What a chunk's result is kept under, and the name of its folder on a host."""
    what = f"{request.material} {chunk.packets} {chunk.skip} {chunk.frames}"
    return hashlib.sha256(what.encode()).hexdigest()
