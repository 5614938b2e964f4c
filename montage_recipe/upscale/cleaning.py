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


def _removed(pool: Pool, spec: HostSpec, key: str, scratch: Path, stop: Stop) -> bool:
    host = pool.open_to_clean(spec, stop)
    try:
        removed: bool = remote.ask(host, "remove", key, scratch=scratch)["removed"]
        return removed
    finally:
        host.close()
