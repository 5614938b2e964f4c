"""What the disk refuses, said with a cure; and what it holds, made sure to stay."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, StoreError

_CURES: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: (
        "disk-full",
        "the disk is full",
        "free some space (`montage-recipe cache prune`), or keep the store elsewhere: --cache DIR",
    ),
    errno.EDQUOT: (
        "disk-full",
        "the disk quota is used up",
        "free some space (`montage-recipe cache prune`), or keep the store elsewhere: --cache DIR",
    ),
    errno.EFBIG: (
        "disk-full",
        "the file is larger than this disk or this session allows",
        "use a disk that takes larger files, or raise the limit (`ulimit -f`)",
    ),
    errno.EROFS: ("not-writable", "the disk is read-only", "choose another place: --cache DIR or -o FILE"),
    errno.EACCES: (
        "not-writable",
        "permission denied",
        "make the folder writable for you, or choose another place: --cache DIR or -o FILE",
    ),
    errno.EPERM: (
        "not-writable",
        "the operation is not permitted",
        "make the folder writable for you, or choose another place: --cache DIR or -o FILE",
    ),
    errno.ENAMETOOLONG: (
        "path-too-long",
        "the name or the path is too long",
        "choose a shorter one, or keep the store where its path is shorter: --cache DIR",
    ),
    errno.ENOLCK: (
        "store-without-locks",
        "its file system gives no locks",
        "keep the store on a disk of this machine: --cache DIR",
    ),
    errno.EMFILE: ("too-many-files", "too many files are open", "raise `ulimit -n`, or do less at once: --jobs N"),
    errno.ENFILE: ("too-many-files", "this machine has too many files open", "end other programs"),
    errno.EIO: ("disk-error", "the disk reports an error", "check the disk, or choose another place: --cache DIR"),
}


def disk_fault(error: OSError, doing: str) -> Diagnostic:
    """`doing` says what was tried: "write the store's index"."""
    code, cause, cure = _CURES.get(
        error.errno or 0,
        ("disk-error", error.strerror or str(error), "check the place and its permissions"),
    )
    place = f" ({error.filename})" if error.filename else ""
    return Diagnostic(code=code, message=f"cannot {doing}: {cause}{place}", hint=cure)


@contextmanager
def disk_faults(doing: str) -> Iterator[None]:
    """Turns an OSError of its body into a StoreError with a cure."""
    try:
        yield
    except OSError as error:
        raise StoreError([disk_fault(error, doing)]) from error


def make_durable(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_durably(source: Path, target: Path) -> None:
    """Renames within one filesystem; afterwards the whole file is at `target`, also after a power cut."""
    make_durable(source)
    source.replace(target)
    make_durable(target.parent)


def write_durably(file: Path, content: str | bytes) -> None:
    """Writes the file anew in one step: at its place is the old one, or the whole new one. A link there is replaced, not
    followed. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=".montage-", suffix=".part", dir=file.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content if isinstance(content, bytes) else content.encode("utf-8"))
            os.fchmod(stream.fileno(), 0o666 & ~_umask())
        move_durably(aside, file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's own, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def is_at(status: os.stat_result, file: Path) -> bool:
    """Whether the open file of this status is still the one of that name. Raises OSError."""
    try:
        now = file.lstat()
    except FileNotFoundError:
        return False
    return (now.st_dev, now.st_ino) == (status.st_dev, status.st_ino)
