"""Hosts for tests, all of them on this machine, with their jobs in a folder that the test can look into."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.upscale.hosts.cgpu_fixture import install_stand_in
from tests.upscale.hosts.sshd import Sshd


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host called `here`."""

    setting: str  # for MONTAGE_GPU_HOSTS
    folder: Path  # where the host keeps its jobs

    @staticmethod
    def local(folder: Path, *, device: str = "cpu") -> Place:
        return Place(setting=f"here=local:{folder}?{_with(device)}", folder=folder)

    @staticmethod
    def ssh(folder: Path, server: Sshd, monkeypatch: pytest.MonkeyPatch, *, device: str = "cpu") -> Place:
        """Behind a real OpenSSH server, known by an SSH configuration in a home folder of its own."""
        home = folder.with_name(f"{folder.name}-home")
        (home / ".ssh").mkdir(parents=True)
        server.write_config(home / ".ssh" / "config")
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        return Place(setting=f"here=ssh:127.0.0.1?folder={folder}&{_with(device)}", folder=folder)

    @staticmethod
    def cgpu(folder: Path, monkeypatch: pytest.MonkeyPatch, *, device: str = "cpu") -> Place:
        """Behind the stand-in for `cgpu`."""
        folder.mkdir()
        stand_in = install_stand_in(folder, monkeypatch)
        return Place(setting=f"here=cgpu:{stand_in.folder}?{_with(device)}", folder=stand_in.folder)


def _with(device: str) -> str:
    return f"device={device}&python={sys.executable}"
