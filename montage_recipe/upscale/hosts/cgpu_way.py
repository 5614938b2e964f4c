"""The way to a Colab runtime: calls of `cgpu`, once more where that is known to help, and what it means when they fail."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import HostError
from montage_recipe.stopping import Stop
from montage_recipe.upscale.causes import UNKNOWN
from montage_recipe.upscale.diagnosis import diagnose
from montage_recipe.upscale.hosts.cgpu_command import BANNER, call
from montage_recipe.upscale.hosts.cgpu_frame import Told, told, typed
from montage_recipe.upscale.hosts.hearing import MOST_SAID_BYTES
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import LoginLost, Ran, host_fault, named_fault

_TRIES = 4
_STATUS_S = 60.0
_COPY_S = 300.0
# cgpu cannot tell a dropped connection from a command that has ended its terminal.
_CUT = "Command finished without reporting an exit code"
_REFUSED = re.compile(r"Failed request .*: (?:Unauthorized|Forbidden)|(?i:session (?:has )?expired)")
_NO_NETWORK = re.compile(r"request to https://oauth2\.\S+ failed, reason: ")  # it forgets its login over it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A command that was begun, and of which nobody knows how it ended, if it has ended."""

    cause: str
    said: str


class CgpuWay:
    def __init__(self, spec: HostSpec, *, stop: Stop) -> None:
        self.spec = spec
        self._stop = stop
        self._login_lost: LoginLost | None = None

    def log_in(self) -> None:
        """Proves that there is a login, not that there is a runtime."""
        answer = self._ask(("status",), doing="use", timeout_s=_STATUS_S)
        if answer.status != 0:
            raise self._fault(answer, "use") or self._broken("use", answer)

    def copy(self, file: Path, target: str) -> None:
        """Into a folder that was there a moment ago."""
        doing = "send a file to"
        answer = self._ask(("copy", "--", str(file), target), doing=doing, timeout_s=_COPY_S)
        if answer.status == 0:
            return
        said = answer.stderr.strip()
        if "Upload failed (400 " in said:  # a folder on the way there is hidden
            raise named_fault(self.spec, doing, "remote-readonly", said)
        fault = self._fault(answer, doing) or self._broken(doing, answer)
        raise named_fault(self.spec, doing, "session-lost", said) if fault.cause == "remote-file-missing" else fault

    def shell(
        self,
        argv: Sequence[str],
        *,
        folder: str,
        doing: str,
        timeout_s: float,
        most_bytes: int = MOST_SAID_BYTES,
        late: HostError | None = None,
    ) -> Told | Lost:
        """Runs a command once, and believes what comes back only where all of it does."""
        nonce = secrets.token_hex(8)
        line = typed(argv, folder=folder, nonce=nonce, most_bytes=most_bytes, timeout_s=timeout_s)
        answer = self._ask(("run", "--", line), doing=doing, timeout_s=timeout_s, late=late)
        found = told(answer.stdout, nonce)
        if found and not found.folder_is_there:
            raise named_fault(self.spec, doing, "session-lost", f"{folder} is not there any more")
        if found and found.status == answer.status:
            return found
        if not found and answer.status != 0 and (fault := self._fault(answer, doing)):
            raise fault
        cause = "connection-lost" if answer.status else "output-verify-failed"
        return Lost(cause=cause, said=answer.stderr.strip())

    def surely(
        self, argv: Sequence[str], *, folder: str, doing: str, timeout_s: float, most_bytes: int = MOST_SAID_BYTES
    ) -> Told:
        """Runs a command that does no harm when it runs again, until all that it says has come back."""
        found = self.shell(argv, folder=folder, doing=doing, timeout_s=timeout_s, most_bytes=most_bytes)
        for _ in range(_TRIES - 1):
            if isinstance(found, Told):
                break
            found = self.shell(argv, folder=folder, doing=doing, timeout_s=timeout_s, most_bytes=most_bytes)
        if isinstance(found, Lost):
            raise named_fault(self.spec, doing, found.cause, found.said)
        return found

    def _ask(self, words: tuple[str, ...], *, doing: str, timeout_s: float, late: HostError | None = None) -> Ran:
        if self._login_lost:
            raise LoginLost(self._login_lost.diagnostics)
        deadline = time.monotonic() + timeout_s
        silent = f"{self.spec.command} {words[0]} took more than {timeout_s:g} s"
        too_late = late or named_fault(self.spec, doing, "connection-timeout", silent)

        def once(words: tuple[str, ...]) -> Ran:
            left_s = max(0.0, deadline - time.monotonic())
            try:
                return call(self.spec, words, doing=doing, timeout_s=left_s, late=too_late, stop=self._stop)
            except LoginLost as lost:
                self._login_lost = lost
                raise

        answer = once(words)
        if words[0] == "run" and _says_nothing(answer):  # being out of GPUs it says with -v only
            answer = once(("run", "-v", *words[1:]))
        elif answer.status != 0 and _REFUSED.search(answer.stderr):
            once(("status",))  # gets a new token
            answer = once(words)
        if answer.status != 0 and _NO_NETWORK.search(answer.stderr):
            self._login_lost = LoginLost(host_fault(self.spec, doing, answer.stderr).diagnostics)
            raise self._login_lost
        return answer

    def _fault(self, answer: Ran, doing: str) -> HostError | None:
        """What a failed call says of itself; None where it says nothing, and may have got somewhere."""
        if _CUT in answer.stderr or answer.status is None or answer.status < 0:
            return None
        if diagnose(answer.stderr, 1).cause.name != UNKNOWN:
            return host_fault(self.spec, doing, answer.stderr)
        if "No space left on device" in answer.stdout:  # said of the outputs' files, as they travel in base64
            return named_fault(self.spec, doing, "remote-disk-full")
        if not _beyond_the_banner(answer.stdout):
            return named_fault(self.spec, doing, "colab-unavailable", answer.stderr.strip())
        return None

    def _broken(self, doing: str, answer: Ran) -> HostError:
        return named_fault(self.spec, doing, "connection-lost", answer.stderr.strip())


def _says_nothing(answer: Ran) -> bool:
    return answer.status == 1 and not answer.stderr.strip() and not _beyond_the_banner(answer.stdout)


def _beyond_the_banner(screen: str) -> bool:
    return any(line.strip() and not line.startswith(BANNER) for line in screen.split("\n"))
