"""The store: every job's output under the hash of all that decided it, shared by all builds, kept within a size.

ROOT/objects/ab/abcdef….mp4   finished outputs, complete from the moment they have this name
ROOT/index.sqlite3            their sizes and last uses; see `render.index`
ROOT/runs/…                   temporary files of running builds; see `render.runs`
ROOT/locks/…                  of what one build does at a time
ROOT/logs/*.log               what ffmpeg said in the jobs that failed last
ROOT/logs/*/…                 the logs of the last builds; see `render.run_log`
ROOT/use.lock                 shared by running builds; what removes objects, or the store, needs it alone; its time is that of
                              the last use
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from montage_recipe.diagnostics import Diagnostic, Severity, StoreError
from montage_recipe.disk import disk_faults, move_durably
from montage_recipe.render.filesystem import doubt_about, mounted
from montage_recipe.render.index import Index, Row
from montage_recipe.render.locks import FileLock, wait_for
from montage_recipe.render.masking import masked, secrets_of
from montage_recipe.render.runs import Freed, RunFolder, sweep
from montage_recipe.settings import Settings, untrusted_store
from montage_recipe.stopping import Stop, heed

STORE_FOLDER = ".montage"
USE_LOCK = "use.lock"
_LOGS_KEPT = 20
_LOOK_S = 0.2
_MEMOS_AT_ONCE = 256
_CACHEDIR_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by montage-recipe; safe to delete.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSize:
    objects: int
    bytes: int


def is_store(root: Path) -> bool:
    """Whether there is one already; False too where it cannot be seen."""
    return os.path.isdir(root / "objects")  # noqa: PTH112 # Path's raises where a folder may not be looked into


def store_root(settings: Settings, recipe: Path | None = None) -> Path:
    """Where the store is: as set, else beside the recipe (of somebody else's: in the user's own cache), else in the current
    folder."""
    if settings.untrusted and recipe and not settings.cache_dir:
        return untrusted_store(recipe)
    return settings.cache_dir or (recipe.absolute().parent if recipe else Path.cwd()) / STORE_FOLDER


class Store:
    """Open one per build, with `Store.open`; a context manager. Safe for threads, and for several processes at once."""

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        limit_bytes: int | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
        mounts: Callable[[], str] = mounted,
        logs: Path | None = None,
    ) -> Store:
        """Makes the folder where it is missing. `logs` is where logs of failed jobs outlive a store that does not last.

        At the beginning, as the last build may have been killed, and at the end, however it comes, the objects unused
        for longest go until `limit_bytes` holds, unless others build at that moment. `mounts` says what is mounted, as
        `render.filesystem` reads it. Raises StoreError.
        """
        doubt = doubt_about(Path(os.path.realpath(root)), mounts())
        if doubt and doubt.severity is Severity.ERROR:
            raise StoreError([doubt])
        store = cls(root.absolute(), limit_bytes, clock_ns, logs)
        store._index.warnings += [doubt] if doubt else []
        try:
            store._keep_within_limit()
        except BaseException:
            store._close()
            raise
        return store

    def __init__(self, root: Path, limit_bytes: int | None, clock_ns: Callable[[], int], logs: Path | None) -> None:
        self.root, self.logs = root, logs or root / "logs"
        self.runs, self.locks = root / "runs", root / "locks"
        self.memo = _StoreMemo(self)
        self._objects = root / "objects"
        self._limit_bytes, self._clock_ns = limit_bytes, clock_ns
        self._uses: dict[str, int] = {}
        self._memos: dict[str, str] = {}
        self._lock = threading.Lock()
        with disk_faults(f"use {root} as the store"):
            self._use = self._begin_use()
            while not self._use.is_in_place():  # the whole store has just been removed
                self._use.close()
                self._use = self._begin_use()
            os.utime(self._use.file)
        self._index = Index(root / "index.sqlite3", self._rows_on_disk)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is not None:
                with suppress(StoreError):  # the first fault is the one to tell; what is lost here is only time
                    self._flush()
                    self._keep_within_limit()
                return
            self._flush()
            self._keep_within_limit()
        finally:
            self._close()

    def take_warnings(self) -> tuple[Diagnostic, ...]:
        """What was repaired since the last call, and what is doubtful about the place of a store just opened."""
        taken, self._index.warnings = tuple(self._index.warnings), []
        return taken

    # --- objects ---------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Path | None:
        """The object of this key; None where there is none, or where its size is not the one it was published with."""
        if (known := self._index.find_object(key)) is None:
            return None
        name, size = known
        path = self._objects / name
        try:
            if path.stat().st_size != size:
                return None
        except OSError:
            return None  # gone, or out of reach: as good as absent, the job makes it again
        with self._lock:
            self._uses[key] = self._clock_ns()
        return path

    def publish(self, key: str, file: Path, remarks: str = "") -> Path:
        """Moves a complete file, on the store's filesystem, to its place; `remarks` are kept with it. Raises StoreError."""
        name = f"{key[:2]}/{key}{file.suffix}"
        path = self._objects / name
        with disk_faults("keep a finished job in the store"):
            path.parent.mkdir(exist_ok=True)
            self.keep_remarks(key, remarks)
            # The row first: killed in between, it is a miss. The other way round nobody would ever evict the file.
            self._index.add_objects([(key, name, file.lstat().st_size, self._clock_ns())])
            move_durably(file, path)
        return path

    def keep_remarks(self, key: str, remarks: str) -> None:
        """At once, so that a build that reuses what a killed one made says them too."""
        if remarks or self.remarks(key):
            self.remember(f"remarks:{key}", remarks)

    def remember(self, key: str, text: str) -> None:
        """A short text, at once."""
        self._index.set_memos([(key, text)])

    def recall(self, key: str) -> str | None:
        return self._index.memo(key)

    @contextmanager
    def hold(self, key: str, stop: Stop, *, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Something that one build does at a time, in this store; others wait until it is done, and call `waits` when they
        begin to. Raises Interrupted."""
        with disk_faults("lock a part of the store"):
            self.locks.mkdir(exist_ok=True)
            lock = FileLock(self.locks / key[:40])
        try:
            if not _taken(lock):
                waits()
                while not _taken(lock):
                    heed(stop)
                    time.sleep(_LOOK_S)
            yield
            with disk_faults("unlock a part of the store"):
                lock.file.unlink(missing_ok=True)
        finally:
            lock.close()

    def remarks(self, key: str) -> str:
        return self.recall(f"remarks:{key}") or ""

    def forget(self, key: str) -> None:
        """Removes one object, e.g. one that turned out to be damaged."""
        if (known := self._index.find_object(key)) is not None:
            self._index.remove_objects([key])
            with disk_faults("remove an object from the store"):
                (self._objects / known[0]).unlink(missing_ok=True)

    # --- size ------------------------------------------------------------------------------------------------------

    def size(self) -> StoreSize:
        rows = self._index.objects_by_use()
        return StoreSize(objects=len(rows), bytes=sum(size for _, _, size, _ in rows))

    def prune(self, limit_bytes: int) -> Freed | None:
        """Removes the objects unused for longest until the rest fits; None, and nothing removed, while others build."""
        self._flush()
        if self.size().bytes <= limit_bytes:
            return Freed()
        with self._alone() as alone:
            if not alone:
                return None
            rows = self._reconciled()
            surplus = sum(size for _, _, size, _ in rows) - limit_bytes
            going = []
            for row in rows:
                if surplus <= 0:
                    break
                going.append(row)
                surplus -= row[2]
            return self._remove(going)

    def clear(self) -> Freed | None:
        """Removes everything, the logs too; None, and nothing removed, while others build."""
        with self._alone() as alone:
            if not alone:
                return None
            freed = self._remove(self._reconciled())
            self._uses.clear()
            self._memos.clear()
            self._index.clear()
            with disk_faults("remove the store's logs"):
                for log in self.logs.rglob("*"):
                    if log.is_file():
                        freed += Freed(files=1, bytes=log.stat().st_size)
                if self.logs.is_dir():
                    shutil.rmtree(self.logs)
            return freed

    # --- outputs, runs, logs ---------------------------------------------------------------------------------------

    def is_output_current(self, path: Path, key: str) -> bool:
        """Whether a build put the file of this key at `path` and nobody has touched it since."""
        return self._index.output(str(path)) == (_stamp(path), key)

    def record_output(self, path: Path, key: str) -> None:
        self._index.set_output(str(path), _stamp(path), key)

    def run_folder(self) -> RunFolder:
        """A folder for this run's temporary files, on the same filesystem as the objects."""
        return RunFolder(self.runs)

    def sweep(self) -> Freed:
        """Removes the temporary files of killed builds; `run_folder` does so too."""
        return sweep(self.runs)

    def keep_log(self, name: str, text: str) -> Path:
        """Keeps the log of a failed job without secrets, with those of the last few others. Raises StoreError."""
        with disk_faults("keep a log"):
            self.logs.mkdir(exist_ok=True)
            log = self.logs / f"{name}.log"
            log.write_text(masked(text, secrets_of(os.environ)), encoding="utf-8", errors="backslashreplace")
            for old in self._logs()[:-_LOGS_KEPT]:
                old.unlink(missing_ok=True)
        return log

    # --- inside ----------------------------------------------------------------------------------------------------

    def _begin_use(self) -> FileLock:
        self._objects.mkdir(parents=True, exist_ok=True)
        for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _CACHEDIR_TAG)):
            if not (self.root / name).exists():
                (self.root / name).write_text(text, encoding="utf-8")
        use = FileLock(self.root / USE_LOCK)
        try:
            wait_for(use.try_shared, use.file)
        except BaseException:
            use.close()
            raise
        return use

    def _keep_within_limit(self) -> None:
        if self._limit_bytes is not None:
            self.prune(self._limit_bytes)

    def _close(self) -> None:
        self._index.close()
        self._use.close()

    def _logs(self) -> list[Path]:
        return sorted(self.logs.glob("*.log"), key=lambda log: (log.stat().st_mtime_ns, log.name))

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process uses the store, and for the body none begins to."""
        alone = self._use.try_exclusive()
        try:
            yield alone
        finally:
            # Trying for the exclusive lock may have dropped the shared one: flock does not convert in one step.
            wait_for(self._use.try_shared, self._use.file)

    def _remove(self, rows: Iterable[Row]) -> Freed:
        freed = Freed()
        rows = tuple(rows)
        with disk_faults("remove objects from the store"):
            for _, name, size, _ in rows:
                (self._objects / name).unlink(missing_ok=True)
                freed += Freed(files=1, bytes=size)
        self._index.remove_objects(key for key, _, _, _ in rows)
        return freed

    def _reconciled(self) -> list[Row]:
        """The objects by use, after the index is made to say what the folder holds."""
        known = {row[1]: row for row in self._index.objects_by_use()}
        present = {row[1]: row for row in self._rows_on_disk()}
        self._index.remove_objects(known[name][0] for name in known.keys() - present.keys())
        self._index.add_objects(present[name] for name in present.keys() - known.keys())
        return self._index.objects_by_use()

    def _rows_on_disk(self) -> Iterator[Row]:
        for file in sorted(self._objects.glob("??/*")):
            stat = file.stat()
            yield file.stem, f"{file.parent.name}/{file.name}", stat.st_size, stat.st_mtime_ns

    def _flush(self) -> None:
        """Writes the uses and memos gathered so far, each in one transaction."""
        with self._lock:
            uses, self._uses = self._uses, {}
            memos, self._memos = self._memos, {}
        if uses:
            self._index.touch_objects(uses.items())
        if memos:
            self._index.set_memos(memos.items())

    def _memo_get(self, key: str) -> str | None:
        with self._lock:
            if key in self._memos:
                return self._memos[key]
        return self._index.memo(key)

    def _memo_put(self, key: str, value: str) -> None:
        with self._lock:
            self._memos[key] = value
            full = len(self._memos) >= _MEMOS_AT_ONCE
        if full:
            self._flush()


class _StoreMemo:
    """A `memo.Memo` kept in the store's index; written many at a time, so the last ones are lost in a crash."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> str | None:
        return self._store._memo_get(key)

    def put(self, key: str, value: str) -> None:
        self._store._memo_put(key, value)


def _taken(lock: FileLock) -> bool:
    with disk_faults("lock a part of the store"):
        return lock.try_exclusive_in_place()


def _stamp(path: Path) -> str:
    """Changes whenever the file at `path` is replaced or written to; "" where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_dev}:{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}"
