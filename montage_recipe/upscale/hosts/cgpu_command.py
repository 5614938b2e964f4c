"""One call of the `cgpu` command: no pipe left unread, no wait without end, no process left behind."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from montage_recipe.diagnostics import Diagnostic, HostError
from montage_recipe.stopping import Stop, heed
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import named_fault

BANNER = "Authenticated as "

_TICK_S = 0.1
_POLITE_S = 2.0  # between SIGTERM and SIGKILL
_REAP_S = 10.0  # after SIGKILL; a process that waits for a dead disk cannot be killed
_MOST_BYTES = 32 << 20  # of each output that are kept
_HEAD_BYTES = 4096
# After these words it waits for a browser, for ever. Later ones than the banner are those of a command.
_LOGIN = re.compile(
    rb"No cached session found\. Starting OAuth login|Opened browser for Google login|Stored session invalid, forcing login"
)
_NOT_STARTED = (126, 127)  # of shells and of env: an interpreter that is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int  # minus the signal's number for one that a signal ended
    stdout: str
    stderr: str


def call(spec: HostSpec, words: Sequence[str], *, doing: str, timeout_s: float, late: HostError, stop: Stop) -> Answer:
    """What `cgpu WORDS` answers.

    Raises HostError where the program is missing or waits for a login, `late` where it takes too long, and Interrupted.
    """
    heed(stop)
    child = _start(spec, words, doing)
    outputs = _Outputs(child)
    deadline = time.monotonic() + timeout_s
    try:
        while not _has_exited(child):
            heed(stop)
            if outputs.want_a_login():
                raise named_fault(spec, doing, "auth-expired")
            if time.monotonic() > deadline:
                raise late
            outputs.read(_TICK_S)
    finally:
        status = _end(child)
        outputs.read_rest()
        outputs.close()
    answer = Answer(status=status, stdout=_text(outputs.stdout), stderr=_text(outputs.stderr))
    if status in _NOT_STARTED and BANNER not in answer.stdout:  # else it is the status of a command there
        raise _missing(spec, doing, answer.stderr.strip())
    return answer


def _start(spec: HostSpec, words: Sequence[str], doing: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            (spec.command, *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # no terminal to ask at, and a group of its own to end
        )
    except OSError as error:
        raise _missing(spec, doing, str(error)) from error


def _missing(spec: HostSpec, doing: str, said: str) -> HostError:
    message = f"cannot {doing} {spec.name}: the program {spec.command} cannot be started: {said}"
    hint = f"install cgpu (`npm install --global cgpu`), or set `command` of {spec.name} to where it is"
    return HostError([Diagnostic(code="command-missing", message=message, hint=hint)])


def _text(said: bytearray) -> str:
    return said.decode("utf-8", "replace")


def _has_exited(child: subprocess.Popen[bytes]) -> bool:
    """Without reaping it where that can be: until then nobody else can get its process id, or its group's."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return child.poll() is not None
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: subprocess.Popen[bytes]) -> int:
    """Ends it, if it still runs, and all it has started; its status."""
    if not _has_exited(child):
        _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + _POLITE_S
        while not _has_exited(child) and time.monotonic() < deadline:
            time.sleep(_TICK_S / 5)
    _signal_group(child, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        child.wait(_REAP_S)
    return -signal.SIGKILL if child.returncode is None else child.returncode


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only a zombie is left in it
        os.killpg(child.pid, number)


class _Outputs:
    """Reads both pipes, of which neither may fill up, and keeps the beginning of what comes."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self._pipes = (child.stdout, child.stderr)
        self._selector = selectors.DefaultSelector()
        for pipe, kept in zip(self._pipes, (self.stdout, self.stderr), strict=True):
            assert pipe is not None  # both are PIPE
            self._selector.register(pipe, selectors.EVENT_READ, kept)

    def read(self, timeout_s: float) -> bool:
        """Reads what comes next; False when nothing came in time."""
        if not self._selector.get_map():
            time.sleep(min(timeout_s, _TICK_S / 10))  # both are closed: the exit is a moment away
            return False
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            if data := os.read(key.fd, 1 << 16):
                key.data.extend(data[: max(0, _MOST_BYTES - len(key.data))])
            else:
                self._selector.unregister(key.fileobj)
        return bool(ready)

    def read_rest(self) -> None:
        """Everything is dead now, so the pipes hold at most their buffers."""
        while self._selector.get_map() and self.read(0.0):
            pass

    def want_a_login(self) -> bool:
        before_the_banner = bytes(self.stdout[:_HEAD_BYTES]).partition(BANNER.encode())[0]
        return _LOGIN.search(before_the_banner + b"\n" + bytes(self.stderr[:_HEAD_BYTES])) is not None

    def close(self) -> None:
        self._selector.close()
        for pipe in self._pipes:
            if pipe:
                pipe.close()
