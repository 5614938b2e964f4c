"""Folders for one run's temporary files: removed at its end, or swept by the next run when it was killed."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.disk import disk_faults
from montage_recipe.render.locks import FileLock, exclusively

_LOCK = ".lock"
_LONGEST_NAME = 255  # bytes; of every file system that a film is likely to be on


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """What was removed: regular files, and their sizes together."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: Freed) -> Freed:
        return Freed(files=self.files + other.files, bytes=self.bytes + other.bytes)


class RunFolder:
    """A new folder under `runs`, locked while its owner lives. A context manager; it is removed at the end."""

    def __init__(self, runs: Path) -> None:
        """Sweeps the folders of killed runs first. Raises StoreError."""
        self.freed = Freed()
        with disk_faults("make a folder for temporary files"):
            runs.mkdir(parents=True, exist_ok=True)
            # Making, sweeping and removing exclude each other: a folder must not be swept before it is locked.
            with exclusively(runs / _LOCK):
                self.swept = _sweep(runs)
                self.path = runs / f"{os.getpid()}-{secrets.token_hex(6)}"
                self.path.mkdir(mode=0o700)
                self._file_lock = FileLock(self.path / _LOCK)
                self._file_lock.try_exclusive()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *ending: object) -> None:
        with disk_faults("remove the temporary files"), exclusively(self.path.parent / _LOCK):
            self._file_lock.close()  # first: NFS keeps an open file, and with it the folder; the other lock keeps sweepers out
            self.remove(self.path)

    def folder(self, name: str) -> Path:
        """A new folder inside, for one job."""
        path = self.path / name
        with disk_faults("make a folder for temporary files"):
            path.mkdir()
        return path

    def remove(self, path: Path) -> None:
        """Removes a folder inside, counting what it held."""
        self.freed += _remove(path)

    def aside(self, target: Path) -> Path:
        """A hidden, unique name beside `target` for a file that will be renamed to it; swept if this run is killed."""
        ending = f".part-{self.path.name}"
        kept = os.fsencode(target.name)[: _LONGEST_NAME - 1 - len(ending)]
        part = target.with_name(f".{os.fsdecode(kept)}{ending}")
        (self.path / f"aside-{secrets.token_hex(4)}").symlink_to(part)
        return part


def sweep(runs: Path) -> Freed:
    """Removes what killed runs left. Raises StoreError."""
    if not runs.is_dir():
        return Freed()
    with disk_faults("remove the temporary files of killed builds"), exclusively(runs / _LOCK):
        return _sweep(runs)


def _sweep(runs: Path) -> Freed:
    """Removes the folders whose lock nobody holds."""
    freed = Freed()
    for folder in sorted(path for path in runs.iterdir() if path.is_dir()):
        lock = FileLock(folder / _LOCK)
        try:
            left = lock.try_exclusive()
        finally:
            lock.close()  # nobody takes it up again: that would be a new build, and those wait for this sweep
        if left:
            freed += _remove(folder)
    return freed


def _remove(folder: Path) -> Freed:
    freed = Freed()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            part = path.readlink()
            # The name says that the file is this run's own; links to footage and objects are left alone.
            if part.name.endswith(f".part-{path.parent.name}") and part.is_file():
                freed += Freed(files=1, bytes=part.stat().st_size)
                part.unlink()
        elif path.is_file() and path.name != _LOCK:
            freed += Freed(files=1, bytes=path.stat().st_size)
    shutil.rmtree(folder)
    return freed
