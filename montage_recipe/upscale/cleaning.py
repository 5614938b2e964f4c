"""What is left of a chunk on a host is removed, as soon as the host can be reached: by the build that began it, or by a later
one that comes by."""

from __future__ import annotations

import time
from collections.abc import Set
from pathlib import Path

from montage_recipe.diagnostics import HostError, Interrupted, StoreError
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale import remote
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import Host, LoginLost
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.retry import Decision, cause_of, decide, is_of_the_way
from montage_recipe.upscale.task import Shelf

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


def note_left(shelf: Shelf, spec: HostSpec, key: str, name: str) -> None:
    """That the job of that name stays on a host, though its chunk is on the shelf under `key`."""
    _change(shelf, spec, add={(key, name)})


def clear_left(host: Host, shelf: Shelf, *, scratch: Path, timeout_s: float) -> None:
    """Removes what earlier builds noted as left there. What is not on the shelf any more is left to whoever makes it again,
    as they may have taken the job up. Raises HostError, StoreError, or Interrupted; what is not removed stays noted."""
    for key, name in sorted(_left(shelf, host.spec)):
        if not shelf.find(key) or remote.ask(host, "remove", name, scratch=scratch, timeout_s=timeout_s)["removed"]:
            _change(shelf, host.spec, without={(key, name)})


def _left(shelf: Shelf, spec: HostSpec) -> set[tuple[str, str]]:
    lines = (shelf.recall(f"left:{spec.name}") or "").splitlines()
    return {(key, name) for key, _, name in (line.partition(" ") for line in lines)}


def _change(
    shelf: Shelf,
    spec: HostSpec,
    *,
    add: Set[tuple[str, str]] = frozenset(),
    without: Set[tuple[str, str]] = frozenset(),
) -> None:
    with shelf.hold("left", never):  # for a moment only, by every build of this store
        left = (_left(shelf, spec) | add) - without
        shelf.remember(f"left:{spec.name}", "\n".join(f"{key} {name}" for key, name in sorted(left)))


def _removed(pool: Pool, spec: HostSpec, key: str, scratch: Path, stop: Stop) -> bool:
    host = pool.open_to_clean(spec, stop)
    try:
        removed: bool = remote.ask(host, "remove", key, scratch=scratch)["removed"]
        return removed
    finally:
        host.close()
