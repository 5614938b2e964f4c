"""A file that is not complete yet, beside the place where it will be, and what must be known to go on with it.

`.montage-fetch-<first digits of its SHA-256>.part` holds the bytes so far, `….from` the server's mark for the content that
they are of. Both have names of a fixed length, as that of a medium may be as long as the file system allows.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from pathlib import Path
from types import TracebackType

from montage_recipe.disk import is_at, make_durable, write_durably
from montage_recipe.fetching.connection import validated
from montage_recipe.fetching.model import Wanted

_BLOCK_BYTES = 1 << 20
_MOST_MARK_BYTES = 4096
# Where a file system knows no hard links (FAT), or none here.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)


class Busy(Exception):
    """Another process is fetching the same file."""


def part_of(wanted: Wanted) -> Path:
    return wanted.file.with_name(f".montage-fetch-{wanted.sha256[:16]}.part")


def mark_of(wanted: Wanted) -> Path:
    return part_of(wanted).with_suffix(".from")


class Part:
    """Opened, and held against other processes; a context manager. Its methods raise OSError."""

    def __init__(self, wanted: Wanted) -> None:
        """Raises Busy, or OSError."""
        self._wanted = wanted
        self._file = part_of(wanted)
        self._descriptor = _held(self._file)
        self._digest = hashlib.sha256()
        self.size_bytes = 0
        self.validator = self._mark()
        self._take_up()

    def __enter__(self) -> Part:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None and not self.size_bytes:
            forget(self._wanted)  # nothing has come that the next time could go on from
        os.close(self._descriptor)

    def _take_up(self) -> None:
        """What is there from before counts where it is known of which content it is a part."""
        if not self.validator:
            self.reset()
            return
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        while block := os.read(self._descriptor, _BLOCK_BYTES):
            self._digest.update(block)
            self.size_bytes += len(block)

    def _mark(self) -> str:
        try:
            descriptor = os.open(mark_of(self._wanted), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return ""  # then it begins anew
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            lines = stream.read(_MOST_MARK_BYTES).decode(errors="replace").splitlines()
        return validated(lines[1]) if len(lines) == 2 and lines[0] == self._wanted.url else ""

    def begin(self, validator: str) -> None:
        """Before the first byte of a content that the server marks so."""
        self.reset()
        self.validator = validator
        if validator:
            write_durably(mark_of(self._wanted), f"{self._wanted.url}\n{validator}\n")

    def reset(self) -> None:
        """Forgets all that is there."""
        mark_of(self._wanted).unlink(missing_ok=True)
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._digest, self.size_bytes, self.validator = hashlib.sha256(), 0, ""

    def add(self, block: bytes) -> None:
        rest = memoryview(block)
        while rest:
            count = os.write(self._descriptor, rest)
            self._digest.update(rest[:count])
            self.size_bytes += count
            rest = rest[count:]

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def deliver(self) -> bool:
        """Puts the complete file at its place; False where something is there by now, which is left as it is."""
        os.fsync(self._descriptor)
        target = self._wanted.file
        try:
            os.link(self._file, target)  # unlike a rename it never replaces anything
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(target):
                return False
            self._file.rename(target)
        make_durable(target.parent)
        self.remove()
        return True

    def remove(self) -> None:
        forget(self._wanted)


def forget(wanted: Wanted) -> None:
    """Removes what is left of a transfer."""
    part_of(wanted).unlink(missing_ok=True)
    mark_of(wanted).unlink(missing_ok=True)


def _held(file: Path) -> int:
    """Opens the file and holds its lock. A link in its place, which could lead anywhere, is removed. Raises Busy."""
    while True:
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO) and file.is_symlink():
                file.unlink()
                continue
            raise
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
                file.unlink(missing_ok=True)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if is_at(status, file):
                    return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise Busy from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process has finished with it in this moment
