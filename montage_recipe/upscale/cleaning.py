"""What there is of a chunk on a host is removed: by the build that began it, as soon as the host can be reached, or by a
later one that works there. So that a later one knows, the shelf notes what is begun where until it is known to be gone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from montage_recipe.diagnostics import HostError, Interrupted, StoreError
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale import remote
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import Host
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.retry import Decision, cause_of, decide, is_of_the_way
from montage_recipe.upscale.task import Shelf

_OLD_S = 3 * 24 * 3600.0  # what a killed build has left on a host, and no later one has asked for, is swept there
_CLEAN_UP_S, _CLEAN_UP_SOON_S = 60.0, 10.0  # Ctrl-C is to be answered soon
# How often a host may be out of reach when it is cleaned: a server that restarts is there again, a network that is gone is not.
_TRIES, _FEW_TRIES = 40, 10
_PAUSE_S = 0.5
_TIDY_S = 20.0
_DONE = "done"


def clean_up(
    pool: Pool, shelf: Shelf, specs: Iterable[HostSpec], name: str, *, done: bool, scratch: Path, soon: bool
) -> list[tuple[HostSpec, str]]:
    """Ends the job of that name on each of the hosts and removes its files. Those where that could not be done, with a
    clause that says why not; a later build does it, as soon as it is `done`, which it is where its chunk is on the shelf.
    A host may be out of reach, or its disk in the way, for some tries: fewer where this build has not reached it or has lost
    it, or where that is to end `soon`."""
    stays = []
    for spec in specs:
        if why := _stays(pool, spec, name, scratch=scratch, soon=soon):
            stays.append((spec, why))
        with suppress(StoreError, Interrupted):  # to remove it once more does no harm
            if why is None:
                note_gone(shelf, spec, name, stop=never)
            elif done:
                _change(shelf, spec, name, _Begun(name, _DONE, time.time()), never)
    return stays


def _stays(pool: Pool, spec: HostSpec, name: str, *, scratch: Path, soon: bool) -> str | None:
    """Why it could not be removed; None where it is."""
    unreached, why = 0, "it took too long"
    end = time.monotonic() + (_CLEAN_UP_SOON_S if soon else _CLEAN_UP_S)
    tries = _FEW_TRIES if soon or not pool.met(spec) or pool.was_lost(spec) else _TRIES
    while time.monotonic() < end and unreached < tries:
        try:
            if _removed(pool, spec, name, scratch, lambda: time.monotonic() > end):
                return None
            unreached, why = unreached + 1, "its files cannot be removed"
        except (Interrupted, StoreError):
            break
        except HostError as fault:
            cause = cause_of(fault)
            why = cause.title
            full = cause.name == "remote-disk-full"  # for the agent, without which nobody knows what runs there
            if pool.heed_login(spec, fault) or not (full or decide(cause, met=True) is Decision.AGAIN):
                break
            unreached += full or is_of_the_way(cause)
        time.sleep(_PAUSE_S)
    return why


def _removed(pool: Pool, spec: HostSpec, name: str, scratch: Path, stop: Stop) -> bool:
    with closing(pool.open_to_clean(spec, stop)) as host:
        removed: bool = remote.ask(host, "remove", name, scratch=scratch)["removed"]
        return removed


class _Begun(NamedTuple):
    """A job that is on a host, as far as is known."""

    name: str
    key: str  # what its chunk is kept as when it is done; or that it was
    at_s: float  # since 1970


def note_begun(shelf: Shelf, spec: HostSpec, key: str, name: str, *, stop: Stop) -> None:
    """That the job of that name may be on the host from now on. Raises StoreError, or Interrupted."""
    _change(shelf, spec, name, _Begun(name, key, time.time()), stop)


def note_gone(shelf: Shelf, spec: HostSpec, name: str, *, stop: Stop) -> None:
    """That it is not. Raises StoreError, or Interrupted."""
    _change(shelf, spec, name, None, stop)


def is_begun(shelf: Shelf, spec: HostSpec, name: str) -> bool:
    """Whether the job of that name may be on the host."""
    return any(begun.name == name for begun in _begun(shelf, spec))


def tidy(host: Host, shelf: Shelf, *, scratch: Path, stop: Stop) -> None:
    """Removes from the host what was begun there of chunks that have been done, and jobs of anybody who has not come back
    for them. Raises HostError, StoreError, or Interrupted."""
    clear_done(host, shelf, scratch=scratch, stop=stop)
    remote.ask(host, "sweep", str(_OLD_S), scratch=scratch, timeout_s=_TIDY_S)


def make_room(pool: Pool, spec: HostSpec, shelf: Shelf, *, scratch: Path, stop: Stop) -> bool:
    """Does `clear_done` on a host whose disk is full; whether that helped. Raises Interrupted."""
    try:
        with closing(pool.open_to_clean(spec, stop)) as host:
            return clear_done(host, shelf, scratch=scratch, stop=stop)
    except (HostError, StoreError) as fault:  # that its disk is full is the fault to tell
        if isinstance(fault, HostError):
            pool.heed_login(spec, fault)
        return False


def clear_done(host: Host, shelf: Shelf, *, scratch: Path, stop: Stop) -> bool:
    """Removes from the host what was begun there of chunks that have been done; whether there was anything. What is not
    done, somebody may yet come back for. Raises HostError, StoreError, or Interrupted."""
    cleared, end = False, time.monotonic() + _TIDY_S
    for begun in list(_begun(shelf, host.spec)):
        if time.monotonic() > end:
            break
        done = begun.key == _DONE or shelf.find(begun.key)
        if not done or begun not in _begun(shelf, host.spec):  # another build may have begun it again
            continue
        if remote.ask(host, "remove", begun.name, scratch=scratch)["removed"]:
            _change(shelf, host.spec, begun.name, None, stop, only=begun)
            cleared = True
    return cleared


def _begun(shelf: Shelf, spec: HostSpec) -> Iterator[_Begun]:
    for line in (shelf.recall(_place(spec)) or "").splitlines():
        name, key, at_s = line.split()
        yield _Begun(name, key, float(at_s))


def _change(
    shelf: Shelf, spec: HostSpec, name: str, now: _Begun | None, stop: Stop, *, only: _Begun | None = None
) -> None:
    """`only`: where the note is still that."""
    with shelf.hold("begun", stop):  # for a moment, by every build of this store
        if only and only not in _begun(shelf, spec):
            return
        young = (one for one in _begun(shelf, spec) if one.name != name and one.at_s > time.time() - _OLD_S)
        told = (f"{one.name} {one.key} {one.at_s:.0f}" for one in (*young, *((now,) if now else ())))
        shelf.remember(_place(spec), "\n".join(told))


def _place(spec: HostSpec) -> str:
    """The folder itself, by whatever name it is called."""
    return f"begun:{spec.kind} {spec.address} {spec.command} {spec.place}"
