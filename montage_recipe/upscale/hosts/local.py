"""This machine as a host: the same job, without a network."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from montage_recipe.child import Child
from montage_recipe.diagnostics import StoreError
from montage_recipe.disk import disk_fault
from montage_recipe.stopping import Stop, heed
from montage_recipe.upscale.hosts.files_here import read_here, receive, sha256_of
from montage_recipe.upscale.hosts.hearing import LINGER_S, Said
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.places import below
from montage_recipe.upscale.hosts.port import Ran, named_fault

_LOOK_S = 0.05
_CAUSES_THERE = {"disk-full": "remote-disk-full", "too-many-files": "too-many-files"}


@contextmanager
def _faults_there(spec: HostSpec, doing: str) -> Iterator[None]:
    """What the disk of the host's folder refuses is told as any host's, although it is this machine's: another one may do."""
    try:
        yield
    except (OSError, StoreError) as error:
        fault = error.diagnostics[0] if isinstance(error, StoreError) else disk_fault(error, doing)
        cause = _CAUSES_THERE.get(fault.code, "remote-readonly")
        raise named_fault(spec, doing, cause, str(error.__cause__ or error)) from error


class LocalHost:
    def __init__(self, spec: HostSpec, *, stop: Stop) -> None:
        self.spec = spec
        self._stop = stop
        self._folder = Path.home() / spec.place.removeprefix("~/")
        heed(stop)
        with _faults_there(spec, "use"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self._folder).close()

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        heed(self._stop)
        said = Said()
        try:
            child = Child(argv, cwd=self._folder, feed_stdout=said.hear_out, feed_stderr=said.hear_err)
        except OSError as error:
            return self._not_started(argv[0], error)
        deadline = time.monotonic() + timeout_s
        try:
            while not child.has_exited():
                heed(self._stop)
                if time.monotonic() > deadline:
                    raise named_fault(
                        self.spec, "run a command on", "timeout", f"{argv[0]} took more than {timeout_s:g} s"
                    )
                child.read(_LOOK_S)
            heard = time.monotonic()
            while child.may_say_more and time.monotonic() - heard < LINGER_S and time.monotonic() < deadline:
                heed(self._stop)
                if child.read(_LOOK_S):
                    heard = time.monotonic()
        finally:
            status, _ = child.finish(spare=True)  # what it left behind lives on, as it does on other hosts
        return said.ran(status if status >= 0 else 128 - status)

    def put(self, file: Path, place: str) -> None:
        doing = "send a file to"
        sha256 = sha256_of(self._blocks(doing, file, 0, "input-missing"))
        target = self._folder / below(place)
        with _faults_there(self.spec, doing):
            self._copy(doing, file, target, sha256, lost="input-missing")

    def get(self, place: str, file: Path, *, sha256: str) -> None:
        self._copy("fetch a file from", self._folder / below(place), file, sha256, lost="remote-file-missing")

    def remove(self, place: str) -> None:
        target = self._folder / below(place)
        with _faults_there(self.spec, "remove a file from"):
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                with suppress(NotADirectoryError):  # then nothing can be there
                    target.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is open."""

    def _copy(self, doing: str, source: Path, target: Path, sha256: str, *, lost: str) -> None:
        def blocks_from(start: int) -> Iterator[bytes]:
            return self._blocks(doing, source, start, lost)

        receive(self.spec, doing, target, sha256=sha256, blocks_from=blocks_from)

    def _blocks(self, doing: str, file: Path, start: int, lost: str) -> Iterator[bytes]:
        heed(self._stop)
        for block in read_here(self.spec, doing, file, start, otherwise=lost):
            yield block
            heed(self._stop)

    def _not_started(self, program: str, error: OSError) -> Ran:
        """As a shell tells it."""
        if not self._folder.is_dir():
            raise named_fault(self.spec, "run a command on", "remote-file-missing", str(error)) from error
        status = 126 if isinstance(error, PermissionError) else 127
        return Ran(status=status, stdout="", stderr=f"{program}: {error.strerror}\n")
