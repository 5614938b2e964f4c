"""One call of the `cgpu` command: no pipe left unread, no wait without end, no process left behind."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from montage_recipe.child import Child
from montage_recipe.diagnostics import Diagnostic, HostError
from montage_recipe.stopping import Stop, heed
from montage_recipe.upscale.hosts.hearing import Said
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import LoginLost, Ran, named_fault

BANNER = "Authenticated as "

_TICK_S = 0.1
_MOST_BYTES = 32 << 20  # of each output that are kept
_HEAD_BYTES = 4096
# After these words it waits for a browser, for ever. Later ones than the banner are those of a command.
_LOGIN = re.compile(
    rb"No cached session found\. Starting OAuth login|Opened browser for Google login|Stored session invalid, forcing login"
)
_NOT_STARTED = (126, 127)  # of shells and of env: an interpreter that is missing


def call(spec: HostSpec, words: Sequence[str], *, doing: str, timeout_s: float, late: HostError, stop: Stop) -> Ran:
    """What `cgpu WORDS` answers; minus the signal's number is the status of one that a signal ended.

    Raises HostError where the program is missing or waits for a login, `late` where it takes too long, and Interrupted.
    """
    heed(stop)
    said = Said(_MOST_BYTES)
    try:
        child = Child((spec.command, *words), feed_stdout=said.hear_out, feed_stderr=said.hear_err)
    except OSError as error:
        raise _missing(spec, doing, str(error)) from error
    deadline = time.monotonic() + timeout_s
    try:
        while not child.has_exited():
            heed(stop)
            if _wants_a_login(said):
                raise LoginLost(named_fault(spec, doing, "auth-expired").diagnostics)
            if time.monotonic() > deadline:
                raise late
            child.read(_TICK_S)
    finally:
        status, _ = child.finish()
    answer = said.ran(status)
    if status in _NOT_STARTED and BANNER not in answer.stdout:  # else it is the status of a command there
        raise _missing(spec, doing, answer.stderr.strip())
    return answer


def _wants_a_login(said: Said) -> bool:
    before_the_banner = bytes(said.out[:_HEAD_BYTES]).partition(BANNER.encode())[0]
    return _LOGIN.search(before_the_banner + b"\n" + bytes(said.err[:_HEAD_BYTES])) is not None


def _missing(spec: HostSpec, doing: str, said: str) -> HostError:
    message = f"cannot {doing} {spec.name}: the program {spec.command} cannot be started: {said}"
    hint = f"install cgpu (`npm install --global cgpu`), or set `command` of {spec.name} to where it is"
    return HostError([Diagnostic(code="command-missing", message=message, hint=hint)])
