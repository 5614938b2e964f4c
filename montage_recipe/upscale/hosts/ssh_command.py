"""Commands over an SSH connection, each on a channel of its own."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from montage_recipe.diagnostics import HostError
from montage_recipe.upscale.hosts.hearing import LINGER_S, Said
from montage_recipe.upscale.hosts.port import Ran, host_fault, named_fault
from montage_recipe.upscale.hosts.ssh_line import Line
from montage_recipe.upscale.hosts.watch import Beat

_POLL_S = 0.005
_NOT_THERE = ("No such file", "Directory nonexistent", "nonexistent directory")  # the last two are dash's and busybox's


def run_script(line: Line, script: str, *words: str, timeout_s: float, beat: Beat) -> Ran | None:
    """What became of `sh -c script words…`, run in the home folder without input; None where it takes too long.

    It may go on there all the same: SSH has no way to end it.
    """
    until = time.monotonic() + timeout_s
    with command(line, script, *words) as channel:
        said = Said()
        return said.ran(_status_of(channel)) if _heard(channel, said, until, beat) else None


def ask(line: Line, doing: str, script: str, *words: str, beat: Beat, timeout_s: float | None = None) -> str:
    """What a script of ours says, as an English one. Raises HostError where it does not end well."""
    limit_s = timeout_s or line.patience.reply_s
    ran = run_script(line, f"export LC_ALL=C; {script}", *words, timeout_s=limit_s, beat=beat)
    if ran is None:
        raise named_fault(line.spec, doing, "connection-timeout", f"no answer within {limit_s:g} s")
    if ran.status is None:
        raise EOFError("the connection broke while a command ran")
    if ran.status != 0:
        raise refusal(line, doing, ran)
    return ran.stdout


@contextmanager
def command(line: Line, script: str, *words: str, with_input: bool = False) -> Iterator[paramiko.Channel]:
    """`sh -c script words…`, whose outputs are to be read; with input, that is to be ended."""
    channel = line.transport.open_session(timeout=line.patience.connect_s)
    try:
        channel.settimeout(line.patience.reply_s)
        # The shell of the account may be any; what it is asked to do is to become another one.
        channel.exec_command(f"exec {shlex.join(('sh', '-c', script, *words))}")
        if not with_input:
            channel.shutdown_write()
        yield channel
    finally:
        channel.close()


def to_its_end(channel: paramiko.Channel, timeout_s: float, beat: Beat) -> Ran:
    """What a command still says, and its status, which is None where its connection has ended. Raises TimeoutError."""
    said = Said()
    if not _heard(channel, said, time.monotonic() + timeout_s, beat):
        raise TimeoutError(f"it took more than {timeout_s:g} s")
    return said.ran(_status_of(channel))


def _status_of(channel: paramiko.Channel) -> int | None:
    """Of a command that has ended; None where its connection has."""
    status = channel.recv_exit_status()
    return None if status < 0 else status


def _heard(channel: paramiko.Channel, said: Said, until: float, beat: Beat) -> bool:
    """Reads both outputs, of which neither may fill up, until the command has ended; False where that takes too long."""
    last = time.monotonic()
    while True:
        beat()
        over = channel.closed or (channel.eof_received and channel.exit_status_ready())
        now = time.monotonic()
        if now > until and not over:
            return False
        if _read(channel, said):
            last = now
        elif over or (channel.exit_status_ready() and now - last > LINGER_S):
            return True
        else:
            time.sleep(_POLL_S)


def _read(channel: paramiko.Channel, said: Said) -> bool:
    ready = False
    if channel.recv_ready():
        said.hear_out(channel.recv(1 << 16))
        ready = True
    if channel.recv_stderr_ready():
        said.hear_err(channel.recv_stderr(1 << 16))
        ready = True
    return ready


def refusal(line: Line, doing: str, ran: Ran) -> HostError:
    """Why something of ours did not end well that was to write there."""
    said = (ran.stderr.strip().splitlines() or [""])[-1]
    if "No space left" in said or "quota exceeded" in said:
        return named_fault(line.spec, doing, "remote-disk-full", said)
    if any(words in said for words in _NOT_THERE):
        return named_fault(line.spec, doing, "remote-file-missing", said)
    found = host_fault(line.spec, doing, f"{ran.stdout}\n{said}", ran.status)
    if found.cause in ("account-disabled", "command-missing"):
        return found
    return named_fault(line.spec, doing, "remote-readonly", said)
