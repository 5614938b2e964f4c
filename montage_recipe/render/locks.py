"""Locks between processes: flock, which the system drops when its holder dies in whatever way."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, StoreError
from montage_recipe.disk import is_at

_POLL_S = 0.02


class FileLock:
    """One open file description of a lock file. Not shared with children: Python opens it close-on-exec."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor = _opened(file)

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_exclusive_in_place(self) -> bool:
        """As `try_exclusive`, for a file that each holder removes before it lets go: opened anew where one has done so, as
        whoever comes next would hold another file's lock. Raises OSError."""
        while self.try_exclusive():
            if self.is_in_place():
                return True
            self.close()
            self._descriptor = _opened(self.file)
        return False

    def is_in_place(self) -> bool:
        """Whether who opens the file now gets the same lock. Raises OSError."""
        return is_at(os.fstat(self._descriptor), self.file)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def release(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Releases the lock for good; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o666)


def wait_for(
    attempt: Callable[[], bool], file: Path, *, timeout_s: float = 60.0, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Repeats `attempt` until it succeeds. Raises StoreError after `timeout_s`."""
    for _ in range(int(timeout_s / _POLL_S)):
        if attempt():
            return
        sleep(_POLL_S)
    raise StoreError(
        [
            Diagnostic(
                code="store-busy",
                message=f"another process has held {file} for {timeout_s:g} seconds",
                hint="wait until it has ended, or use another store: --cache DIR",
            )
        ]
    )


@contextmanager
def exclusively(file: Path) -> Iterator[None]:
    """Holds the exclusive lock of `file` for the body; for moments only."""
    lock = FileLock(file)
    try:
        wait_for(lock.try_exclusive, file)
        yield
    finally:
        lock.close()
