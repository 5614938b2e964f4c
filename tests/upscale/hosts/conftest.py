"""A server for all tests of a session, and hosts on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from montage_recipe.stopping import never
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.local import LocalHost
from montage_recipe.upscale.hosts.port import Host
from tests.upscale.hosts.opening import Opener
from tests.upscale.hosts.sshd import Sshd


@pytest.fixture(autouse=True)
def without_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of the host; its name is no easy one."""
    return tmp_path / "the host's folder"


@pytest.fixture
def open_ssh(folder: Path) -> Iterator[Opener]:
    opener = Opener(folder)
    yield opener
    opener.close()


@pytest.fixture
def config(sshd: Sshd, tmp_path: Path) -> Path:
    return sshd.write_config(tmp_path / "ssh_config")


@pytest.fixture(params=["local", "ssh"])
def host(request: pytest.FixtureRequest, folder: Path) -> Host:
    """One of each kind that is here; what holds for one holds for the other."""
    if request.param == "local":
        return LocalHost(HostSpec(name="here", kind=HostKind.LOCAL, folder=str(folder)), stop=never)
    opener: Opener = request.getfixturevalue("open_ssh")
    return opener(request.getfixturevalue("config"))
