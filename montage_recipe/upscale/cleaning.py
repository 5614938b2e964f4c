"""What is left of a chunk on a host is removed, as soon as the host can be reached."""

from __future__ import annotations

import time
from pathlib import Path

from montage_recipe.diagnostics import HostError, Interrupted, StoreError
from montage_recipe.stopping import Stop
from montage_recipe.upscale import remote
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import LoginLost
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.retry import Decision, cause_of, decide, is_of_the_way
from montage_recipe.upscale.task import Shelf, Task

CLEAN_UP_S, CLEAN_UP_SOON_S = 60.0, 10.0  # Ctrl-C is to be answered soon
# How often a host may be out of reach when it is cleaned: a server that restarts is there again, a network that is gone is not.
TRIES, FEW_TRIES = 40, 10
_PAUSE_S = 0.5


def clean_up(pool: Pool, spec: HostSpec, key: str, *, scratch: Path, end: float, tries: int) -> str | None:
    """Ends the job of that name and removes its files, by the moment `end` of the monotonic clock. None where that was done,
    else a clause that says why not. The host has been reached before; it may be out of reach, or its disk in the way, `tries`
    times, half a second apart."""
    unreached, why = 0, "it took too long"
    while time.monotonic() < end and unreached < tries:
        try:
            if _removed(pool, spec, key, scratch, lambda: time.monotonic() > end):
                return None
            unreached, why = unreached + 1, "its files cannot be removed"
        except (Interrupted, StoreError):
            break
        except HostError as fault:
            cause = cause_of(fault)
            why = cause.title
            full = cause.name == "remote-disk-full"  # for the agent, without which nobody knows what runs there
            if isinstance(fault, LoginLost) or not (full or decide(cause, met=True) is Decision.AGAIN):
                break
            unreached += full or is_of_the_way(cause)
        time.sleep(_PAUSE_S)
    return why


def remember_left(shelf: Shelf, spec: HostSpec, key: str) -> None:
    """That something of the chunk with that key stays on a host, for `clear_left`."""
    shelf.remember(_left(spec, key), "yes")


def clear_left(task: Task, key: str, name: str) -> None:
    """Removes what an earlier build had to leave of a chunk that has been done meanwhile; `name` is its job's."""
    for spec in task.pool.specs:
        if task.shelf.recall(_left(spec, key)):
            end = time.monotonic() + CLEAN_UP_SOON_S
            if clean_up(task.pool, spec, name, scratch=task.scratch, end=end, tries=FEW_TRIES) is None:
                task.shelf.remember(_left(spec, key), "")


def _left(spec: HostSpec, key: str) -> str:
    return f"left:{spec.name}:{key}"


def _removed(pool: Pool, spec: HostSpec, key: str, scratch: Path, stop: Stop) -> bool:
    host = pool.open_to_clean(spec, stop)
    try:
        removed: bool = remote.ask(host, "remove", key, scratch=scratch)["removed"]
        return removed
    finally:
        host.close()
