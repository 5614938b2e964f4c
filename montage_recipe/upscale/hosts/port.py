"""What a GPU host can be asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from montage_recipe.diagnostics import Diagnostic, HostError
from montage_recipe.upscale.causes import CAUSES
from montage_recipe.upscale.diagnosis import diagnose
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.wording import without_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended. `status` None is unknown: its connection broke, which does not mean that it failed."""

    status: int | None
    stdout: str
    stderr: str  # "" where the host cannot tell the two apart


class Host(Protocol):
    """One open way to a host. Places on it are paths below the host's folder, with `/` between their parts.

    Every call ends within a time of its own, and soon after the host's `stop` says so, then with Interrupted. Every fault
    is a HostError, or a StoreError where this machine has no room. After one the way may be broken: close it and open another.
    """

    spec: HostSpec

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        """Runs a short command in the host's folder, without input, and waits for it."""
        ...

    def put(self, file: Path, place: str) -> None:
        """Sends a file, and makes the folders that it needs. It has its name there only when it is complete and its
        SHA-256 has been compared; what an earlier try has sent of it is gone on with."""
        ...

    def get(self, place: str, file: Path, *, sha256: str) -> None:
        """Fetches a file, of which the SHA-256 is known, in the same way."""
        ...

    def remove(self, place: str) -> None:
        """Removes a file or a folder with all in it; nothing where there is none."""
        ...

    def close(self) -> None:
        """Never raises."""
        ...


class LoginLost(HostError):
    """To call on the host again would open a browser, for a login that only a person can do."""


def host_fault(spec: HostSpec, doing: str, said: str, status: int | None = 1) -> HostError:
    """The fault that `said` states: what a library or a program said of it, and the exit status where there was one."""
    found = diagnose(said, status)
    name = found.cause.name if found.cause.name not in ("unknown", "ok") else "connection-lost"
    return named_fault(spec, doing, name, found.root_line or said.strip())


def named_fault(spec: HostSpec, doing: str, cause: str, said: str = "", *, remedy: str = "") -> HostError:
    """`doing` is a verb and what belongs to it, as in "send a file to"; `remedy` is one that knows more than the cause's."""
    known = CAUSES[cause]
    told = f": {without_numbers(said)}" if said else ""
    message = f"cannot {doing} {spec.name} ({spec.address or spec.kind}): {known.title}{told}"
    return HostError([Diagnostic(code=cause, message=message, hint=remedy or known.remedy)])


def folder_fault(fault: HostError, spec: HostSpec) -> HostError:
    """Why a host's folder cannot be made: what is missing there is no file that should have been sent."""
    if fault.cause != "remote-file-missing":
        return fault
    return named_fault(spec, "use", "remote-readonly", f"no folder can be made at {spec.place}")
