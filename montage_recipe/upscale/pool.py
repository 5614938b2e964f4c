"""The hosts of one build: who is free, who is ruled out, and the connections that are open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from montage_recipe.diagnostics import Diagnostic, HostError
from montage_recipe.stopping import Stop, heed, never
from montage_recipe.upscale.causes import CAUSES, UNKNOWN
from montage_recipe.upscale.hosts import open_host
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import Host, LoginLost
from montage_recipe.upscale.retry import is_of_the_way

SLOTS = 2  # chunks on a host at once: one that computes, one that is on its way
_LOOK_S = 0.2


class NoHostLeft(HostError):
    """Every host is ruled out, and the diagnostics say why, one a host; or there was none, and they say so."""


class Pool:
    """Safe for threads. `absent` says why there are no `specs`, `short_of_room` whether a disk here is nearly full."""

    def __init__(
        self,
        specs: Sequence[HostSpec],
        *,
        stop: Stop,
        absent: Sequence[Diagnostic] = (),
        open_way: Callable[..., Host] = open_host,
        short_of_room: Callable[[], bool] = never,
    ) -> None:
        self.specs, self._absent = tuple(specs), tuple(absent)
        self._stop, self._open_way, self._short_of_room = stop, open_way, short_of_room
        self._leaves = False
        self._busy = dict.fromkeys((spec.name for spec in specs), 0)
        self._logins_lost: dict[str, LoginLost] = {}
        self._out: dict[str, tuple[Diagnostic, ...]] = {}
        self._idle: dict[str, list[_Way]] = {spec.name: [] for spec in specs}
        self._met: set[str] = set()
        self._changed = threading.Condition()

    @property
    def slots(self) -> int:
        """Chunks that are worked on at once; where there is no host, one asks in vain and says why."""
        return SLOTS * len(self.specs) or 1

    @contextmanager
    def lease(
        self,
        prefer: str | None = None,
        without: Mapping[str, HostError] | None = None,
        *,
        only: str | None = None,
        stop: Stop = never,
    ) -> Iterator[Lease]:
        """A place on a host: on `prefer` where it is not ruled out, else on the one with the fewest chunks, the earlier
        one of two that have as few; a last resort only where no other is left. `without` are hosts that cannot do this
        chunk, and why; `only` is one that is not to be replaced by another; `stop` ends the calls of this place, besides
        the build's. Waits for a place. Raises NoHostLeft, or Interrupted."""
        spec = self._take(prefer, without or {}, only, stop)
        lease = Lease(self, spec, stop, self._faults(without or {}) if spec.last_resort else ())
        try:
            yield lease
        finally:
            lease.give_back()
            with self._changed:
                self._busy[spec.name] -= 1
                self._changed.notify_all()

    def rule_out(self, spec: HostSpec, fault: HostError) -> None:
        """Nothing more is sent to this host in this build; and with its login lost, it is not called on at all."""
        with self._changed:
            if isinstance(fault, LoginLost):
                self._logins_lost[spec.name] = fault
            self._out.setdefault(spec.name, fault.diagnostics)
            self._changed.notify_all()

    def leave_jobs(self) -> None:
        """A disk here ends the build: what hosts are at, or have done, is left there for the next one."""
        self._leaves = True

    @property
    def leaves(self) -> bool:
        return self._leaves or self._short_of_room()

    def heed_login(self, spec: HostSpec, fault: HostError) -> bool:
        """Rules the host out where its login is lost; whether it is."""
        if lost := isinstance(fault, LoginLost):
            self.rule_out(spec, fault)
        return lost

    def close(self) -> None:
        for ways in self._idle.values():
            while ways:
                ways.pop().host.close()

    def _take(self, prefer: str | None, without: Mapping[str, HostError], only: str | None, stop: Stop) -> HostSpec:
        with self._changed:
            while True:
                heed(self._stop)
                heed(stop)
                usable = [spec for spec in self.specs if spec.name not in self._out and spec.name not in without]
                usable = [spec for spec in usable if only in (None, spec.name)]
                if not usable:
                    raise NoHostLeft(self._absent or self._faults(without))
                usable = [spec for spec in usable if not spec.last_resort] or usable
                named = [spec for spec in usable if spec.name == prefer]
                free = [spec for spec in named or usable if self._busy[spec.name] < SLOTS]
                if free:
                    chosen = min(free, key=lambda spec: (self._busy[spec.name], self.specs.index(spec)))
                    self._busy[chosen.name] += 1
                    return chosen
                self._changed.wait(_LOOK_S)

    def _faults(self, without: Mapping[str, HostError]) -> tuple[Diagnostic, ...]:
        """Why hosts are ruled out."""
        out = {**self._out, **{name: fault.diagnostics for name, fault in without.items()}}
        return tuple(fault for faults in out.values() for fault in faults)

    def open(self, lease: Lease, opening: Callable[[], None]) -> _Way:
        """A way to the host, one that is open already where there is one, else `opening` is called first. Raises
        HostError, or Interrupted."""
        spec = lease.spec
        self._refuse_without_login(spec)
        with self._changed:
            if self._idle[spec.name]:
                way = self._idle[spec.name].pop()
                way.stop.lease = lease.stop
                return way
        opening()
        stop = _WayStop(self._stop, lease.stop)
        way = _Way(self._open_way(spec, stop=stop), stop)
        with self._changed:
            self._met.add(spec.name)
        return way

    def met(self, spec: HostSpec) -> bool:
        """Whether it has been reached."""
        return spec.name in self._met

    def was_lost(self, spec: HostSpec) -> bool:
        """Whether it was given up as it could not be reached any more."""
        return any(is_of_the_way(CAUSES.get(fault.code, CAUSES[UNKNOWN])) for fault in self._out.get(spec.name, ()))

    def has_other(self, spec: HostSpec, without: Mapping[str, HostError]) -> bool:
        """Whether another one could do it, besides a last resort."""
        out = {spec.name, *self._out, *without}
        return any(one.name not in out and not one.last_resort for one in self.specs)

    def idle(self) -> list[Host]:
        """A way to each host to which one is open that nobody uses."""
        return [ways[-1].host for name, ways in self._idle.items() if ways and name not in self._out]

    def open_to_clean(self, spec: HostSpec, stop: Stop) -> Host:
        """A way of its own, which the build's stop does not close. Raises HostError, or Interrupted by `stop`."""
        self._refuse_without_login(spec)
        return self._open_way(spec, stop=stop)

    def _refuse_without_login(self, spec: HostSpec) -> None:
        if lost := self._logins_lost.get(spec.name):
            raise LoginLost(lost.diagnostics)

    def keep(self, way: _Way) -> None:
        way.stop.lease = never
        with self._changed:
            self._idle[way.host.spec.name].append(way)


@dataclass(slots=True)
class _WayStop:
    """What ends the calls of a way: the build's stop, and that of who has it at the moment."""

    build: Stop
    lease: Stop

    def __call__(self) -> bool:
        return self.build() or self.lease()


class _Way(NamedTuple):
    host: Host
    stop: _WayStop


class Lease:
    """One place on a host. The way to it is opened when it is asked for, and may be thrown away and opened anew."""

    def __init__(self, pool: Pool, spec: HostSpec, stop: Stop, instead_of: tuple[Diagnostic, ...] = ()) -> None:
        self.spec, self.stop = spec, stop
        self.instead_of = instead_of  # of a last resort: why no other host does it
        self._pool = pool
        self._way: _Way | None = None

    def host(self, opening: Callable[[], None] = lambda: None) -> Host:
        """`opening` is called before a new way is opened, which may take its time. Raises HostError, or Interrupted."""
        if self._way is None:
            self._way = self._pool.open(self, opening)
        return self._way.host

    def broken(self) -> None:
        """The way may not work any more."""
        way, self._way = self._way, None
        if way:
            way.host.close()

    def give_back(self) -> None:
        if self.stop():  # a call that it has ended may have broken the way
            self.broken()
        elif self._way:
            self._pool.keep(self._way)
        self._way = None
