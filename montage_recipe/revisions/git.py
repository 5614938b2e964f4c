"""A git repository: its revisions and what they hold. Only questions: nothing is checked out, fetched or written.

Nothing is compared with the working tree by git itself, as that would run the filters which a repository names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.revisions.asking import Git, git_failed
from montage_recipe.revisions.belonging import borrows
from montage_recipe.stopping import Stop, never

_LINK = "120000"  # the mode of a symbolic link
_FILES = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit."""

    oid: str  # the name of its content in the repository
    is_link: bool  # a symbolic link, whose content is what it leads to
    size_bytes: int | None = None  # None where a partial clone lacks some of what was asked for


@dataclass(frozen=True, slots=True)
class Repository:
    git: Git
    top: Path  # of the working tree, as it is reached from the folder that was asked about
    objects: Path  # where git keeps its own things

    @classmethod
    def around(cls, folder: Path, stop: Stop = never, *, untrusted: bool = False) -> Repository:
        """The repository that `folder` lies in; `untrusted` where it may be somebody else's. Raises RecipeError where there is
        none, or no git, or where somebody else's has its things elsewhere."""
        program = shutil.which("git")
        if program is None:
            hint = "install git; or compare two recipe files: `montage-recipe diff OLD.yaml NEW.yaml`"
            message = "there is no program `git` on PATH, which is asked for a recipe's revisions"
            raise RecipeError([Diagnostic(code="git-missing", message=message, hint=hint)])
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where a folder may not be looked into
            raise git_failed(f"there is no folder {folder}", "correct the recipe's path")
        git = Git(program=program, untrusted=untrusted, stop=stop)
        asked = ("rev-parse", "--show-toplevel", "--show-prefix", "--git-common-dir", "--absolute-git-dir")
        status, said, fault = git.ask(folder, asked)
        if status:
            if "not a git repository" in fault:
                hint = "name a recipe in a repository; or compare two recipe files"
                message = f"{folder} is not in a git repository, so it has no revisions"
                raise RecipeError([Diagnostic(code="no-repository", message=message, hint=hint)])
            raise git.failed(fault)
        real, prefix, common, own = os.fsdecode(said).split("\n")[:4]
        absolute = Path(os.path.abspath(folder))  # noqa: PTH100 # as `..` is meant by who wrote it
        inside = Path(prefix).parts
        # By the names that the user uses, unless a symbolic link leads into the middle of the repository.
        lexical = absolute.parts[len(absolute.parts) - len(inside) :] == inside
        top = absolute.parents[len(inside) - 1] if inside and lexical else absolute if lexical else Path(real)
        if untrusted and "GIT_DIR" not in os.environ and borrows(Path(real), Path(own), absolute / common):
            message = "this repository has its revisions, or some of them, outside of its own folder"
            raise git_failed(message, "clone it anew, whole; or, where it is yours, --trusted")
        return cls(git=git, top=top, objects=absolute / common)

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
        words = ("-z", "--full-tree", commit, "--", *asked)
        status, said, _ = self._ask("--literal-pathspecs", "ls-tree", "-l", *words)
        if status:
            said = self.git.answer(self.top, ("--literal-pathspecs", "ls-tree", *words))
        found = {}
        for line in os.fsdecode(said).split("\0")[:-1]:
            kind, _, path = line.partition("\t")
            mode, _, oid, *size = kind.split()
            if mode == _LINK or mode in _FILES:
                size_bytes = int(size[0]) if size and size[0].isdecimal() else None
                found[path] = Entry(oid, is_link=mode == _LINK, size_bytes=size_bytes)
        return found

    def content(self, oid: str, feed: Callable[[bytes], object]) -> None:
        """Hands over what an entry holds, block by block. Raises RecipeError, and what `feed` raises."""
        status, _, fault = self.git.ask(self.top, ("cat-file", "blob", oid), feed)
        if status:
            raise self.git.failed(fault)

    def _ask(self, *arguments: str) -> tuple[int, bytes, str]:
        return self.git.ask(self.top, arguments)


def unknown_revision(revision: str) -> Diagnostic:
    hint = "name a branch, a tag or a commit; in CI, fetch more of the history (`fetch-depth: 0`)"
    return Diagnostic(
        code="unknown-revision", message=f"git knows no revision `{revision}` in this repository", hint=hint
    )
