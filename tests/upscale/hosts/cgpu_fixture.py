"""The stand-in `cgpu` on the PATH, and what tests do to it and see of it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec

SCRIPT = Path(__file__).with_name("cgpu_stand_in.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """`content` is what it has for /content."""

    program: Path
    state: Path
    content: Path

    @property
    def spec(self) -> HostSpec:
        return HostSpec(name="colab", kind=HostKind.CGPU, folder=str(self.content / "montage-recipe"))

    @property
    def folder(self) -> Path:
        return Path(self.spec.folder)

    def will(self, *faults: str) -> None:
        """What happens to the calls to come; `ok` is nothing."""
        (self.state / "faults").write_text("".join(f"{fault}\n" for fault in faults), encoding="utf-8")

    def forget(self) -> None:
        """What has been called so far, except for the number of calls."""
        (self.state / "seen").write_text(str(len(self._all_calls())), encoding="utf-8")

    def calls(self, verb: str = "") -> list[list[str]]:
        """The arguments of each call since `forget`, or of those with that verb."""
        seen = self.state / "seen"
        calls = self._all_calls()[int(seen.read_text(encoding="utf-8")) if seen.exists() else 0 :]
        return [call for call in calls if not verb or call[0] == verb]

    def alive(self) -> list[int]:
        """The processes of calls, and what these have started, that have not ended."""
        started = (self.state / "pids").read_text(encoding="utf-8").split()
        return [int(number) for number in started if _lives(int(number))]

    def _all_calls(self) -> list[list[str]]:
        calls = self.state / "calls"
        lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        return [json.loads(line) for line in lines]


def _lives(process: int) -> bool:
    """One that has ended and that nobody has waited for is dead."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


def install_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Makes `cgpu` on the PATH the stand-in, until the test ends."""
    stand_in = StandIn(program=folder / "bin" / "cgpu", state=folder / "state", content=folder / "content")
    for made in (stand_in.program.parent, stand_in.state, stand_in.content):
        made.mkdir()
    command = shlex.join((sys.executable, "-I", "-S", str(SCRIPT)))
    stand_in.program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    stand_in.program.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.program.parent), prepend=os.pathsep)
    monkeypatch.setenv("CGPU_STAND_IN_STATE", str(stand_in.state))
    monkeypatch.setenv("CGPU_STAND_IN_CONTENT", str(stand_in.content))
    return stand_in
