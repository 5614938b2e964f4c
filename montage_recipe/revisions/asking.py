"""The program git, asked one question. What a repository's own settings would have it run is switched off.

For a recipe from somebody else the repository may be theirs as well, `.git/config` included. What that names is run by what
compares with the working tree (`core.fsmonitor`, `filter.*`, `diff.*`, `core.hooksPath`), by what talks to a remote
(`core.sshCommand`, `credential.helper`, `remote.*.vcs`; a partial clone does so on its own where an object is missing), and
by a terminal's pager: nothing of the first is asked for, the second is forbidden, the third is not there. An alias never
stands for one of git's own commands. A folder that merely looks like a bare repository, as any commit can hold one, is none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.child import Child
from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.stopping import Stop, heed

_LOOK_S = 0.2
_MOST_SAID_BYTES = 1 << 20
_LONGEST_SILENCE_S = 120.0  # of a git whose repository is somebody else's: a named pipe in it has no end

_UNARMED = (
    *("--no-pager", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "safe.bareRepository=explicit"),
)
# What people set for git's output would change its answers; what tells it where the repository is stays.
_ANSWERING = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
_AT_HOME = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_ASKPASS": "", "SSH_ASKPASS": ""}
# All that a git gets whose repository may be somebody else's: programs, the user's own settings, among them which owners'
# repositories are read (safe.directory, and SUDO_UID with it), and where the repository is.
_KEPT = (
    *("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "SUDO_UID"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
    *("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    program: str
    untrusted: bool  # whether the repository may be somebody else's
    stop: Stop

    def ask(
        self, folder: Path, arguments: Sequence[str], feed: Callable[[bytes], object] | None = None
    ) -> tuple[int, bytes, str]:
        """Its status, its answer (unless that goes to `feed`), and what it complained about. Raises RecipeError where it
        cannot be asked or falls silent, Interrupted, and what `feed` raises."""
        said, fault = bytearray(), bytearray()

        def answered(block: bytes) -> None:
            if feed:
                feed(block)
            else:
                said.extend(block)

        def complained(block: bytes) -> None:
            fault.extend(block[: _MOST_SAID_BYTES - len(fault)])

        argv = (self.program, *_UNARMED, *arguments)
        try:
            child = Child(argv, feed_stdout=answered, feed_stderr=complained, cwd=folder, env=self._environment())
        except (OSError, ValueError) as error:
            raise self.failed(str(error)) from error
        heard = time.monotonic()
        try:
            while child.may_say_more or not child.has_exited():
                heed(self.stop)
                if child.read(_LOOK_S):
                    heard = time.monotonic()
                elif self.untrusted and time.monotonic() - heard > _LONGEST_SILENCE_S:
                    raise self.failed("it fell silent")
        finally:
            status, _ = child.finish()
        return status, bytes(said), os.fsdecode(bytes(fault))

    def answer(self, folder: Path, arguments: Sequence[str]) -> bytes:
        """Raises RecipeError where it does not answer, or Interrupted."""
        status, said, fault = self.ask(folder, arguments)
        if status:
            raise self.failed(fault)
        return said

    def failed(self, fault: str) -> RecipeError:
        """`fault` is what git said; of somebody else's repository that may tell of files elsewhere, and is kept back."""
        if self.untrusted:
            hint = "clone it anew, whole (no `--filter`) and as the user who asks; or, where it is yours, --trusted"
            return git_failed("git did not answer about this repository", hint)
        said = " ".join(fault.split()).removeprefix("fatal: ") or "it said nothing"
        return git_failed(
            f"git did not answer: {said}", "run `git status` in the recipe's folder, which should say the same"
        )

    def _environment(self) -> Mapping[str, str]:
        if not self.untrusted:
            return {**os.environ, **_ANSWERING}
        return {name: os.environ[name] for name in _KEPT if name in os.environ} | _ANSWERING | _AT_HOME


def git_failed(message: str, hint: str) -> RecipeError:
    return RecipeError([Diagnostic(code="git-failed", message=message, hint=hint)])
