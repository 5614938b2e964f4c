"""A child process: no pipe of it is left unread, and it is ended with all that it has started."""

from __future__ import annotations

import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_BLOCK_BYTES = 64 * 1024
_MOST_BLOCKS = 64
_POLITE_S = 2.0  # between SIGTERM and SIGKILL
_REAP_S = 10.0  # after SIGKILL; a process that waits for a dead disk cannot be killed
_LOOK_S = 0.05


class Child:
    """Has no input, and a session of its own: no terminal to ask at, and a group to be ended with.

    `feed_stdout` and `feed_stderr` get what it says, block by block. Call `finish` at the end, whatever happens.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        feed_stdout: Callable[[bytes], None],
        feed_stderr: Callable[[bytes], None],
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """`prepare` is called in the child before the program. Raises OSError where it cannot be started, ValueError where
        a word of `argv` cannot be given to any program."""
        try:
            self._process = subprocess.Popen(
                tuple(argv),
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=prepare,
            )
        except subprocess.SubprocessError as error:  # `prepare` has failed
            raise OSError(str(error)) from error
        self.pid = self._process.pid
        self._pipes = (self._process.stdout, self._process.stderr)
        self._selector = selectors.DefaultSelector()
        for pipe, feed in zip(self._pipes, (feed_stdout, feed_stderr), strict=True):
            assert pipe is not None  # both are PIPE
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, feed)

    def read(self, timeout_s: float) -> bool:
        """Reads what is there; False when nothing came in time."""
        if not self._selector.get_map():
            time.sleep(min(timeout_s, 0.005))  # both pipes are closed: the exit is a moment away
            return False
        ready = self._selector.select(timeout_s)
        for key, _ in ready:
            if data := os.read(key.fd, _BLOCK_BYTES):
                key.data(data)
            else:
                self._selector.unregister(key.fileobj)
        return bool(ready)

    @property
    def may_say_more(self) -> bool:
        """Whether somebody still holds one of its pipes: it, or what it has started."""
        return bool(self._selector.get_map())

    def has_exited(self) -> bool:
        """Without reaping: until then nobody else can get its process id, or its group's."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return bool(psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE)
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def finish(self, *, spare: bool = False) -> tuple[int, resource.struct_rusage]:
        """Ends it, if it still runs, and all that it has started; reads what is left; its status (minus the signal's number
        for one that a signal ended) and what it has used. `spare` leaves alone what outlives a child that has ended."""
        try:
            ran = not self._wait_exited(0.0)
            if ran:
                self._signal_group(signal.SIGTERM)
                if not self._wait_exited(_POLITE_S):
                    self._signal_group(signal.SIGKILL)
                    self._wait_exited(_REAP_S)
            if ran or not spare:
                self._signal_group(signal.SIGKILL)
            for _ in range(_MOST_BLOCKS):  # what the pipes' buffers hold; what outlives it may go on writing
                if not self.may_say_more or not self.read(0.0):
                    break
            return self._reap()
        finally:
            self._selector.close()
            for pipe in self._pipes:
                if pipe:
                    pipe.close()

    def _wait_exited(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not (exited := self.has_exited()) and time.monotonic() < deadline:
            self.read(_LOOK_S)
        return exited

    def _reap(self) -> tuple[int, resource.struct_rusage]:
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        # A child that SIGKILL does not end waits inside the kernel; it is left to init.
        self._process.returncode = os.waitstatus_to_exitcode(status) if pid else -signal.SIGKILL
        return self._process.returncode, usage

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(
            ProcessLookupError, PermissionError
        ):  # nobody is left in it; macOS refuses where only a zombie is
            os.killpg(self.pid, number)
