"""A real OpenSSH server on loopback, with keys of its own, for the user who runs the tests."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

SSHD = shutil.which("sshd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
SFTP = "Subsystem sftp internal-sftp"
_START_S = 10.0


class Sshd:
    """Runs between `with` and its end. `options` are lines for sshd_config; the first of a kind counts."""

    def __init__(self, folder: Path, *options: str, subsystem: str = SFTP) -> None:
        self.folder = folder
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.log = folder / "sshd.log"
        (folder / "home").mkdir(exist_ok=True)
        self.host_key = make_key(folder / "host_key")
        self.user_key = make_key(folder / "user_key")
        self.port = 0
        self._options = (*options, subsystem)
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Sshd:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it locks itself in
        for _ in range(5):  # somebody else may take the port that was free
            self.port = free_port()
            if self._started():
                return self
        raise RuntimeError(f"sshd does not start:\n{self.log.read_text(encoding='utf-8', errors='replace')}")

    def __exit__(self, *_: object) -> None:
        with self._one_at_a_time:
            if self._process:
                self.kill_sessions()
                self._process.kill()
                self._process.wait()

    def restart(self) -> None:
        """Once more, on the same port, when it has ended; nothing happens while it runs."""
        with self._one_at_a_time:
            runs = self._process and self._process.poll() is None
            if not runs and not self._started():
                raise RuntimeError(f"sshd does not start again on port {self.port}")

    def known_hosts(self, *ports: int) -> Path:
        """A file that knows this server, by its own port where none is named."""
        key = " ".join(self.host_key.with_suffix(".pub").read_text(encoding="utf-8").split()[:2])
        file = self.folder / f"known_hosts-{'-'.join(map(str, ports))}"
        lines = (f"[127.0.0.1]:{port} {key}\n" for port in ports or (self.port,))
        file.write_text("".join(lines), encoding="utf-8")
        return file

    def write_config(self, file: Path, *blocks: str, known_hosts: Path | None = None, key: Path | None = None) -> Path:
        """An ssh_config: `blocks`, and what they do not say as it is right for this server."""
        always = (
            "Host *",
            f"UserKnownHostsFile {known_hosts or self.known_hosts()}",
            "GlobalKnownHostsFile /dev/null",
            f"IdentityFile {key or self.user_key}",
            "IdentitiesOnly yes",
            f"User {self.user}",
            f"Port {self.port}",
            "StrictHostKeyChecking yes",
            "BatchMode yes",
        )
        file.write_text("\n".join((*blocks, *always, "")), encoding="utf-8")
        return file

    def sessions(self) -> list[psutil.Process]:
        """The processes that serve connections, and what they have started."""
        return _children(self._process.pid) if self._process else []

    def kill_sessions(self) -> None:
        for process in self.sessions():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _started(self) -> bool:
        config = self.folder / "sshd_config"
        config.write_text("\n".join((*self._options, *self._settings(), "")), encoding="utf-8")
        with self.log.open("wb") as log:
            assert SSHD
            self._process = subprocess.Popen(
                (SSHD, "-D", "-e", "-f", str(config)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as sock:
                if sock.recv(4) == b"SSH-":
                    return True
            time.sleep(0.01)
        self._process.kill()
        self._process.wait()
        return False

    def _settings(self) -> Sequence[str]:
        quiet = ("PerSourcePenalties no",) if _version() >= (9, 8) else ()
        return (
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.host_key}",
            f"AuthorizedKeysFile {self.user_key}.pub",
            "AuthenticationMethods publickey",
            "PermitRootLogin prohibit-password",
            "StrictModes no",
            "UsePAM no",
            "PidFile none",
            "MaxStartups 100",
            "LogLevel VERBOSE",
            f"SetEnv HOME={self.folder / 'home'}",  # a .bashrc may do anything, and take its time
            *quiet,
        )


@contextmanager
def running_sshd(folder: Path, *options: str, subsystem: str = SFTP) -> Iterator[Sshd]:
    """Without a server, the test is skipped; in CI, it fails."""
    if reason := hindrance():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder.mkdir(parents=True, exist_ok=True)
    with Sshd(folder, *options, subsystem=subsystem) as server:
        yield server


def hindrance() -> str:
    """Why there can be no server; "" where there can be."""
    if SSHD is None:
        return "there is no sshd: install openssh-server"
    try:
        shell = pwd.getpwuid(os.geteuid()).pw_shell
    except KeyError:
        return "the user who runs the tests has no account, and nobody else can log in to a server of theirs"
    return "the user who runs the tests may not log in" if shell.endswith(("nologin", "false")) else ""


def make_key(file: Path, *, passphrase: str = "") -> Path:
    if not file.exists():
        argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", str(file))
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return file


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _version() -> tuple[int, int]:
    told = subprocess.run(("ssh", "-V"), capture_output=True, text=True, check=False).stderr
    match = re.search(r"OpenSSH_(\d+)\.(\d+)", told)
    return (int(match[1]), int(match[2])) if match else (0, 0)
