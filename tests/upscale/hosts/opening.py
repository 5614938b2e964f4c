"""Hosts for tests, closed when a test is over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from montage_recipe.diagnostics import HostError
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.ssh import SshHost
from montage_recipe.upscale.hosts.ssh_line import Patience

SHORT = Patience(connect_s=2, banner_s=2, login_s=2, reply_s=2)


class Opener:
    """Opens SSH hosts whose folder is `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = sys.executable  # the one on a server's PATH may be another, or none
        self._open: list[SshHost] = []

    def __call__(
        self, config: Path, address: str = "127.0.0.1", *, stop: Stop = never, patience: Patience | None = None
    ) -> SshHost:
        spec = HostSpec(name="studio", kind=HostKind.SSH, address=address, folder=str(self.folder), python=self.python)
        patient = patience or Patience()
        host = SshHost(spec, stop=stop, config=config, patience=patient)
        self._open.append(host)
        return host

    def fault(self, config: Path, address: str = "127.0.0.1", *, patience: Patience | None = None) -> HostError:
        """Why it cannot be opened."""
        with pytest.raises(HostError) as caught:
            self(config, address, patience=patience)
        return caught.value

    def close(self) -> None:
        for host in self._open:
            host.close()


def content(size: int) -> bytes:
    """No block of it is like another."""
    blocks = (number.to_bytes(8, "big") * 32 for number in range(size // 256 + 1))
    return b"".join(blocks)[:size]


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own. Skips where none may be mounted."""
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder))
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(("umount", "-l", str(folder)), check=True)
