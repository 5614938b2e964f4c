"""A ProxyCommand: the program that carries the bytes to and from an SSH host.

paramiko has one of its own. It goes round in circles at full speed when the command has ended, instead of noticing it; a
command that does not read, or that fills its stderr, stops it for ever; and what it has started it neither ends nor waits for.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress

_LAST_SAID_BYTES = 500
_POLITE_S = 1.0
_LAST_MOMENT_S = 0.5


class ProxyCommand:
    """Runs from the beginning; `socket` leads through it, and ends when it does. Raises OSError."""

    def __init__(self, command: str) -> None:
        self.socket, theirs = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the command runs
        try:
            with theirs:
                self._process = subprocess.Popen(
                    ("/bin/sh", "-c", f"exec {command}"),  # a line for a shell, as ssh_config(5) says
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=self._stderr,
                    start_new_session=True,
                )
        except BaseException:
            self.socket.close()
            self._stderr.close()
            raise

    def said(self) -> str:
        """The end of what it has complained about."""
        with suppress(ValueError):  # it is closed
            size = os.fstat(self._stderr.fileno()).st_size
            start = max(0, size - _LAST_SAID_BYTES)
            return os.pread(self._stderr.fileno(), _LAST_SAID_BYTES, start).decode("utf-8", "replace").strip()
        return ""

    def ended(self) -> int | None:
        """Its exit status, negative for a signal; None where it still runs. Its output may have ended a moment before."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(_LAST_MOMENT_S)
        return None

    def close(self) -> None:
        self.socket.close()
        for number, wait_s in ((signal.SIGHUP, _POLITE_S), (signal.SIGKILL, None)):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(wait_s)
                break
        self._stderr.close()
