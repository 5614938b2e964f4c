"""What to do after a fault, decided by its cause; how long to wait; when to give up."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from montage_recipe.diagnostics import HostError
from montage_recipe.upscale.causes import CAUSES, UNKNOWN, Cause


class Decision(StrEnum):
    AGAIN = "again"  # on the same host, going on from what is there
    SMALLER = "smaller"  # on the same host, with smaller tiles
    NEXT_HOST = "next-host"  # this host cannot do it
    STOP = "stop"  # no host can, or a person must do something first


_KILLED = "killed-sigkill"  # once is bad luck; twice it is memory, of which a container's kernel does not speak
_SMALLER = {"cuda-oom", "vulkan-oom", "host-oom", "host-oom-kill", "cuda-launch-timeout"}
# Not marked as transient, as nothing of the same kind can be tried at once; here a pause, a new session or a new upload helps.
_AGAIN = {
    "timeout",
    "remote-script-missing",
    "remote-file-missing",
    "segfault",
    "pip-corrupt-download",
    "weights-corrupt",
}
# Somebody has to log in, or the fault lies in what every host would be given.
_STOP = {
    "auth-expired",
    "cgpu-not-configured",
    "key-passphrase",
    "script-bug",
    "script-bad-line-endings",
    "input-corrupt",
    "input-missing",
    "bad-dimensions",
    "weights-mismatch",
    "bad-input-shape",
    "disk-full",  # here, not there
}


def cause_of(fault: HostError) -> Cause:
    return CAUSES.get(fault.cause, CAUSES[UNKNOWN])


# Of the way to a host, not of what it does, which goes on meanwhile.
_OF_THE_WAY = {
    "dns-failure",
    "network-unreachable",
    "no-route",
    "connection-refused",
    "connection-reset",
    "connection-closed",
    "connection-timeout",
    "connection-lost",
    "proxy-command-failed",
}


def is_of_a_network(cause: Cause) -> bool:
    return cause.name in _OF_THE_WAY or cause.name == "network-refused"


def is_of_the_way(cause: Cause) -> bool:
    return cause.name in _OF_THE_WAY


def decide(cause: Cause, *, met: bool = False, before: Collection[str] = ()) -> Decision:
    """`met`: the host has been reached in this build, so its name and address are right. `before`: the causes for which it
    has failed at this chunk already."""
    if cause.name in _STOP:
        return Decision.STOP
    if cause.name in _SMALLER or (cause.name == _KILLED and _KILLED in before):
        return Decision.SMALLER
    if cause.transient or cause.name in _AGAIN or (met and is_of_the_way(cause)):
        return Decision.AGAIN
    return Decision.NEXT_HOST


# What says something of one chunk, or of luck, and nothing of the host.
_OF_THE_CHUNK = {
    "raw-size-mismatch",
    "unknown",
    "timeout",
    "segfault",
    _KILLED,
    "killed-term",
    "gpu-too-small",
    "output-verify-failed",
    "remote-file-missing",
    "remote-script-missing",
    *_SMALLER,
}


def concerns_host(cause: Cause) -> bool:
    """Whether a host that is given up for this is given up for all chunks."""
    return cause.name not in _OF_THE_CHUNK


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Waits of first_s, twice that and so on up to longest_s, each of them shortened by up to the part `jitter`, so that
    several clients do not come back at the same moment."""

    attempts: int = 6  # without any progress in between
    attempts_on_the_way: int = 10  # the same where the way to a host that was reached is gone: some minutes
    first_s: float = 2.0
    longest_s: float = 120.0
    jitter: float = 0.5
    deadline_s: float = 12 * 3600.0  # of one chunk on one host, without any progress


class Tries:
    """The attempts at one chunk. `random` gives numbers from 0 to 1, `clock` seconds."""

    def __init__(self, policy: Policy, *, random: Callable[[], float], clock: Callable[[], float]) -> None:
        self._policy, self._random, self._clock = policy, random, clock
        self._since = clock()  # when something was finished last
        self._failed, self._most = 0, policy.attempts
        self._faults = 0  # since something was finished

    def wait_s(self, *, advanced: bool, on_the_way: bool = False, alive: bool = False) -> float | None:
        """How long to wait after a fault; None when it is time to give this host up. `advanced`: something was finished
        since the last fault. `on_the_way`: it is of the way to a host that was reached before; `alive`: its job was found
        running after the last fault, so the way is shaky, and not gone."""
        if advanced:
            self._since, self._faults = self._clock(), 0
        self._faults += 1
        self._failed = 1 if advanced or (on_the_way and alive) else self._failed + 1
        policy = self._policy
        self._most = policy.attempts_on_the_way if on_the_way else policy.attempts
        if self._failed >= self._most or self._clock() - self._since > policy.deadline_s:
            return None
        wait = min(policy.longest_s, policy.first_s * 2.0 ** min(self._faults - 1, 60))
        return wait * (1 - policy.jitter * self._random())

    @property
    def failed(self) -> int:
        """How many tries have failed since something was finished, or another host was begun with."""
        return self._failed

    @property
    def told(self) -> str:
        """Which of how many tries comes next."""
        return f"{self._failed + 1} of {self._most}"

    def another_host(self) -> None:
        """Begins to count anew."""
        self._failed, self._faults, self._since = 0, 0, self._clock()
