"""This machine as a host: the same job, without a network."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from montage_recipe.stopping import Stop, heed
from montage_recipe.upscale.hosts.files_here import faults_here, read_here, receive, sha256_of
from montage_recipe.upscale.hosts.hearing import LINGER_S, Said, keep
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.places import below
from montage_recipe.upscale.hosts.port import Ran, named_fault

_LOOK_S = 0.05


class LocalHost:
    def __init__(self, spec: HostSpec, *, stop: Stop) -> None:
        self.spec = spec
        self._stop = stop
        self._folder = Path.home() / spec.place.removeprefix("~/")
        heed(stop)
        with faults_here(spec, "use", otherwise="remote-readonly"):
            self._folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self._folder).close()

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        heed(self._stop)
        try:
            process = subprocess.Popen(
                tuple(argv),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return self._not_started(argv[0], error)
        try:
            said = _heard(process, time.monotonic() + timeout_s, self._stop)
        finally:
            _end(process)
        if said is None:
            raise named_fault(self.spec, "run a command on", "timeout", f"{argv[0]} took more than {timeout_s:g} s")
        return said.ran(process.returncode if process.returncode >= 0 else 128 - process.returncode)

    def put(self, file: Path, place: str) -> None:
        doing = "send a file to"
        sha256 = sha256_of(self._blocks(doing, file, 0, "input-missing"))
        self._copy(doing, file, self._folder / below(place), sha256, lost="input-missing")

    def get(self, place: str, file: Path, *, sha256: str) -> None:
        self._copy("fetch a file from", self._folder / below(place), file, sha256, lost="remote-file-missing")

    def remove(self, place: str) -> None:
        target = self._folder / below(place)
        with faults_here(self.spec, "remove a file from", otherwise="remote-readonly"):
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


def _heard(process: subprocess.Popen[bytes], until: float, stop: Stop) -> Said | None:
    """Reads both outputs, of which neither may fill up, and waits for the end; None where that takes too long."""
    said = Said()
    assert process.stdout and process.stderr  # both are pipes
    last = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, said.out)
        selector.register(process.stderr, selectors.EVENT_READ, said.err)
        while selector.get_map() or process.poll() is None:
            heed(stop)
            now = time.monotonic()
            if now > until:
                return None
            if not selector.get_map():
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_S)
            elif ready := selector.select(_LOOK_S):
                last = now
                for key, _ in ready:
                    _read(selector, key)
            elif process.poll() is not None and now - last > LINGER_S:
                break
    return said


def _read(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    data = os.read(key.fd, 1 << 16)
    keep(key.data, data)
    if not data:
        selector.unregister(key.fileobj)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Of one that has ended by itself only the pipes; what it left behind lives on, as it does on other hosts."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
    process.wait()
