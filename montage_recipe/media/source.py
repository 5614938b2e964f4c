"""Opens media files, and refuses what is no file with content before any library sees it."""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path
from typing import BinaryIO

from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.untrusted import LARGEST_MEDIUM_BYTES, Confinement, open_to_read
from montage_recipe.wording import format_size

_GIT_LFS = b"version https://git-lfs.github.com/spec/"
_LARGEST_POINTER_BYTES = 1024  # https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md


def open_regular(file: Path, within: Confinement | None = None) -> BinaryIO:
    """The file, open for reading, at its beginning. Raises RecipeError, also where `within` does not hold the file or it is
    larger than somebody else's may be; never waits, not even for a pipe's writer."""
    try:
        descriptor = open_to_read(file, within)
    except ValueError as error:
        hint = "copy the file into the recipe's folder; or, where the recipe is your own or you have read it, --trusted"
        raise refusal("outside-of-folder", str(error), hint) from None
    except FileNotFoundError:
        broken = f", a link to {file.readlink()} which is not there," if file.is_symlink() else ""
        raise refusal("missing-media", f"{file}{broken} does not exist", "correct the path or bring the file") from None
    except OSError as error:
        code = "media-not-a-file" if isinstance(error, IsADirectoryError) or file.is_dir() else "media-unreadable"
        hint = "name a file" if code == "media-not-a-file" else "check the file's permissions"
        raise refusal(code, f"{file} cannot be opened: {error.strerror}", hint) from None
    try:
        _refuse_unusable(file, descriptor)
        if within and os.fstat(descriptor).st_size > LARGEST_MEDIUM_BYTES:
            most = f"{LARGEST_MEDIUM_BYTES >> 30} GiB are the most for somebody else's recipe"
            raise refusal("medium-too-large", f"{file.name} is too large: {most}", "use a smaller file, or --trusted")
    except RecipeError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb", buffering=0)


class Nameless:
    """A file without a name for PyAV, as ffmpeg reads names like `a%03d.png` as patterns of many files."""

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell


def refusal(code: str, message: str, hint: str) -> RecipeError:
    return RecipeError([Diagnostic(code=code, message=message, hint=hint)])


def _refuse_unusable(file: Path, descriptor: int) -> None:
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise refusal("media-not-a-file", f"{file} is a folder", "name a file inside it")
    if not stat.S_ISREG(status.st_mode):
        raise refusal("media-not-a-file", f"{file} is a pipe, a socket or a device", "save it to a file first")
    if status.st_size == 0:
        raise refusal("media-empty", f"{file} is empty", "copy or download the file again")
    if is_lfs_pointer(head := os.read(descriptor, _LARGEST_POINTER_BYTES)):
        raise _lfs_refusal(file, head)
    os.lseek(descriptor, 0, os.SEEK_SET)


def is_lfs_pointer(head: bytes) -> bool:
    """Whether a file that begins so is a text that stands for the true one: Git LFS keeps that elsewhere."""
    return head.startswith(_GIT_LFS)


def _lfs_refusal(file: Path, head: bytes) -> RecipeError:
    size = re.search(rb"^size (\d{1,18})$", head, re.MULTILINE)
    what = f", not the medium of {format_size(int(size[1]))} itself" if size else ", not the medium itself"
    name = shlex.quote(_in_work_tree(file))
    return refusal(
        "git-lfs-pointer",
        f"{file} is a Git LFS pointer{what}",
        f"run `git lfs pull --include {name}` in the repository, after `git lfs install` where Git LFS is new here",
    )


def _in_work_tree(file: Path) -> str:
    """As Git calls it, counted from the folder that holds `.git`; its name alone where none does."""
    for folder in file.parents:
        if os.path.exists(folder / ".git"):  # noqa: PTH110 # Path's raises where a folder may not be looked into
            return file.relative_to(folder).as_posix()
    return file.name
