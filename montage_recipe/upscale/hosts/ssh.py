"""A host over SSH."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path

from montage_recipe.diagnostics import HostError
from montage_recipe.stopping import Stop
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.places import below
from montage_recipe.upscale.hosts.port import Ran, folder_fault, named_fault
from montage_recipe.upscale.hosts.ssh_command import ask, run_script
from montage_recipe.upscale.hosts.ssh_faults import SSH_ERRORS, fault_of
from montage_recipe.upscale.hosts.ssh_line import PATIENCE, Line, Patience
from montage_recipe.upscale.hosts.ssh_transfer import FETCH, SEND, fetch, send
from montage_recipe.upscale.hosts.ssh_way import ways_to
from montage_recipe.upscale.hosts.watch import Beat, Result, watched

_USE, _RUN, _REMOVE = "use", "run a command on", "remove a file from"
_LONGEST_REMOVE_S = 600.0
# $0 is a path.
_OPEN = 'umask 077; mkdir -p -- "$0" && cd -- "$0" && : > ".new-$$" && rm -f -- ".new-$$" && printf "\\0%s" "$PWD"'
# $1 is its time in seconds: SSH cannot end a command that is given up. The `exit` keeps a shell there, which tells by which
# signal the command died.
_RUN_THERE = """\
cd -- "$0" || exit
seconds=$1; shift
if command -v timeout > /dev/null; then timeout -s KILL "$seconds" "$@"; else "$@"; fi
exit $?
"""
_LATER_S = 2  # than here


class SshHost:
    """Connected from the beginning. `config` stands for the SSH configuration of user and system."""

    def __init__(
        self, spec: HostSpec, *, stop: Stop, config: Path | None = None, patience: Patience = PATIENCE
    ) -> None:
        self.spec = spec
        self._stop = stop
        self._line = Line(spec, patience)
        try:
            ways = ways_to(spec, config)
            self._attended("reach", lambda beat: self._line.connect(ways, beat))
            self._folder = self._attended(_USE, self._open_folder)
        except BaseException:
            self.close()
            raise

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        words = (self._folder, str(math.ceil(timeout_s) + _LATER_S), *argv)
        ran = self._attended(
            _RUN, lambda beat: run_script(self._line, _RUN_THERE, *words, timeout_s=timeout_s, beat=beat)
        )
        if ran is None:
            raise named_fault(self.spec, _RUN, "timeout", f"{argv[0]} took more than {timeout_s:g} s")
        return ran

    def put(self, file: Path, place: str) -> None:
        target = self._path(place)
        self._attended(SEND, lambda beat: send(self._line, file, target, beat))

    def get(self, place: str, file: Path, *, sha256: str) -> None:
        origin = self._path(place)
        self._attended(FETCH, lambda beat: fetch(self._line, origin, file, sha256, beat))

    def remove(self, place: str) -> None:
        target = self._path(place)
        self._attended(
            _REMOVE,
            lambda beat: ask(self._line, _REMOVE, 'rm -rf -- "$0"', target, beat=beat, timeout_s=_LONGEST_REMOVE_S),
        )

    def close(self) -> None:
        self._line.close()

    def _attended(self, doing: str, work: Callable[[Beat], Result]) -> Result:
        """Does `work`, within the host's patience and as long as nobody wants to stop. Raises HostError, Interrupted."""
        try:
            return watched(work, silence_s=self._line.patience.silence_s, stop=self._stop, give_up=self._line.close)
        except SSH_ERRORS as error:
            raise fault_of(self.spec, doing, error) from error

    def _open_folder(self, beat: Beat) -> str:
        """Makes it, and sees whether it can be written to. Where it is."""
        try:
            return ask(self._line, _USE, _OPEN, self.spec.place.removeprefix("~/"), beat=beat).rpartition("\0")[2]
        except HostError as fault:
            raise folder_fault(fault, self.spec) from fault

    def _path(self, place: str) -> str:
        return posixpath.join(self._folder, below(place))
