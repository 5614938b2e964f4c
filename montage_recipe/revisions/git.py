"""The program git, asked about one repository. Only questions: nothing is checked out, fetched or written by it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.child import Child
from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.stopping import Stop, heed, never

_LOOK_S = 0.2
_MOST_SAID_BYTES = 1 << 20
_LINK = "120000"  # the mode of a symbolic link
_FILES = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit."""

    oid: str  # the name of its content in the repository
    is_link: bool  # a symbolic link, whose content is what it leads to


@dataclass(frozen=True, slots=True)
class Repository:
    program: str
    top: Path  # of the working tree, as it is reached from the folder that was asked about
    objects: Path  # where git keeps its own things
    stop: Stop = never

    @classmethod
    def around(cls, folder: Path, stop: Stop = never) -> Repository:
        """The repository that `folder` lies in. Raises RecipeError where there is none, or no git."""
        program = shutil.which("git")
        if program is None:
            hint = "install git; or compare two recipe files: `montage-recipe diff OLD.yaml NEW.yaml`"
            message = "there is no program `git` on PATH, which is asked for a recipe's revisions"
            raise RecipeError([Diagnostic(code="git-missing", message=message, hint=hint)])
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where a folder may not be looked into
            raise _failed(f"there is no folder {folder}")
        asked = ("rev-parse", "--show-toplevel", "--show-prefix", "--git-common-dir")
        status, said, fault = _ask(program, folder, asked, stop)
        if status:
            if "not a git repository" in fault:
                hint = "name a recipe in a repository; or compare two recipe files"
                message = f"{folder} is not in a git repository, so it has no revisions"
                raise RecipeError([Diagnostic(code="no-repository", message=message, hint=hint)])
            raise _failed(fault)
        real, prefix, common = os.fsdecode(said).split("\n")[:3]
        absolute = Path(os.path.abspath(folder))  # noqa: PTH100 # as `..` is meant by who wrote it
        inside = Path(prefix).parts
        # By the names that the user uses, unless a symbolic link leads into the middle of the repository.
        lexical = absolute.parts[len(absolute.parts) - len(inside) :] == inside
        top = absolute.parents[len(inside) - 1] if inside and lexical else absolute if lexical else Path(real)
        return cls(program=program, top=top, objects=absolute / common, stop=stop)

    def commit(self, revision: str) -> str:
        """The name of the commit that `revision` (a branch, a tag, `HEAD~2`) stands for. Raises RecipeError."""
        status, said, _ = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if status:
            raise RecipeError([unknown_revision(revision)])
        return os.fsdecode(said).strip()

    def merge_base(self, one: str, other: str) -> str:
        """The last commit that two commits have in common. Raises RecipeError."""
        status, said, _ = self._ask("merge-base", one, other)
        if status:
            message = "the two revisions have no commit in common"
            hint = "write `..` instead of `...`; in CI, fetch more of the history (`fetch-depth: 0`)"
            raise RecipeError([Diagnostic(code="unknown-revision", message=message, hint=hint)])
        return os.fsdecode(said).split()[0]

    def path_of(self, file: Path) -> str | None:
        """What the repository calls a file; None where it lies outside of the working tree."""
        absolute = Path(os.path.abspath(file))  # noqa: PTH100 # as above
        if absolute.is_relative_to(self.top):
            return absolute.relative_to(self.top).as_posix()
        real, top = Path(os.path.realpath(absolute.parent)) / absolute.name, os.path.realpath(self.top)
        return real.relative_to(top).as_posix() if real.is_relative_to(top) else None

    def entries(self, commit: str, paths: Iterable[str]) -> dict[str, Entry]:
        """The files among `paths` that a commit has. Raises RecipeError."""
        if not (asked := tuple(paths)):
            return {}
        said = self._answer("--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", *asked)
        found = {}
        for line in os.fsdecode(said).split("\0")[:-1]:
            kind, _, path = line.partition("\t")
            mode, _, oid = kind.split(" ")
            if mode == _LINK or mode in _FILES:
                found[path] = Entry(oid, is_link=mode == _LINK)
        return found

    def changed(self, commit: str, paths: Iterable[str]) -> set[str]:
        """Those of `paths` that are not in the working tree as they are in a commit. Raises RecipeError."""
        if not (asked := tuple(paths)):
            return set()
        options = ("--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff", "--ignore-submodules")
        said = self._answer("--literal-pathspecs", "diff", *options, commit, "--", *asked)
        return {path for path in os.fsdecode(said).split("\0") if path}

    def content(self, oid: str, feed: Callable[[bytes], object]) -> None:
        """Hands over what an entry holds, block by block. Raises RecipeError, and what `feed` raises."""
        status, _, fault = _ask(self.program, self.top, ("cat-file", "blob", oid), self.stop, feed)
        if status:
            raise _failed(fault)

    def _ask(self, *arguments: str) -> tuple[int, bytes, str]:
        return _ask(self.program, self.top, arguments, self.stop)

    def _answer(self, *arguments: str) -> bytes:
        status, said, fault = self._ask(*arguments)
        if status:
            raise _failed(fault)
        return said


def unknown_revision(revision: str) -> Diagnostic:
    hint = "name a branch, a tag or a commit; in CI, fetch more of the history (`fetch-depth: 0`)"
    return Diagnostic(
        code="unknown-revision", message=f"git knows no revision `{revision}` in this repository", hint=hint
    )


def _failed(fault: str) -> RecipeError:
    said = " ".join(fault.split()).removeprefix("fatal: ") or "it said nothing"
    hint = "run `git status` in the recipe's folder, which should say the same"
    return RecipeError([Diagnostic(code="git-failed", message=f"git did not answer: {said}", hint=hint)])


def _ask(
    program: str,
    folder: Path,
    arguments: Sequence[str],
    stop: Stop,
    feed: Callable[[bytes], object] | None = None,
) -> tuple[int, bytes, str]:
    """Its status, its answer (unless that goes to `feed`), and what it complained about. Raises RecipeError, Interrupted."""
    said, fault = bytearray(), bytearray()

    def answered(block: bytes) -> None:
        if feed:
            feed(block)
        else:
            said.extend(block)

    def complained(block: bytes) -> None:
        fault.extend(block[: _MOST_SAID_BYTES - len(fault)])

    # What people set for git's output would change its answers; what tells it where the repository is stays.
    env = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        child = Child((program, *arguments), feed_stdout=answered, feed_stderr=complained, cwd=folder, env=env)
    except (OSError, ValueError) as error:
        raise _failed(str(error)) from error
    try:
        while child.may_say_more or not child.has_exited():
            heed(stop)
            child.read(_LOOK_S)
    finally:
        status, _ = child.finish()
    return status, bytes(said), os.fsdecode(bytes(fault))
