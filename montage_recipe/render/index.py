"""The store's index: sizes and last uses of objects, finished outputs, and what is remembered between runs.

Everything in it can be lost: it is rebuilt from the objects, what else it knew is found out again, and what was begun on GPU
hosts is swept there by its age.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from montage_recipe.diagnostics import Diagnostic, Severity, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.render.locks import exclusively

VERSION = 2
_BUSY_S = 30.0
_LONGEST_PATH = 504  # bytes: SQLite has 512 for a path, and adds "-journal" to it
_SCHEMA = f"""
CREATE TABLE objects (key TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE TABLE outputs (path BLOB PRIMARY KEY, stamp TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE memo (key BLOB PRIMARY KEY, value TEXT NOT NULL);
PRAGMA user_version = {VERSION};
"""

Row = tuple[str, str, int, int]  # key, name in the objects folder, size in bytes, last use in ns
_T = TypeVar("_T")


class Index:
    """One SQLite file with the default rollback journal; safe for several threads and processes."""

    def __init__(self, file: Path, rows_on_disk: Callable[[], Iterable[Row]]) -> None:
        """`rows_on_disk` says what the objects folder holds; asked only to rebuild. Raises StoreError."""
        self.warnings: list[Diagnostic] = []
        self._file = file
        self._rows_on_disk = rows_on_disk
        self._lock = threading.RLock()
        if (length := len(os.fsencode(file))) > _LONGEST_PATH:
            message = f"the path of {file} has {length} bytes, and SQLite opens none of more than {_LONGEST_PATH}"
            hint = "keep the store where its path is shorter: --cache DIR"
            raise StoreError([Diagnostic(code="path-too-long", message=message, hint=hint)])
        self._connection = self._open()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # --- objects ---------------------------------------------------------------------------------------------------

    def find_object(self, key: str) -> tuple[str, int] | None:
        """Name and size of an object."""
        rows = self._do(lambda c: c.execute("SELECT name, size FROM objects WHERE key = ?", (key,)).fetchall())
        return rows[0] if rows else None

    def objects_by_use(self) -> list[Row]:
        """All objects, the one unused for longest first."""
        return self._do(lambda c: c.execute("SELECT key, name, size, used FROM objects ORDER BY used, key").fetchall())

    def add_objects(self, rows: Iterable[Row]) -> None:
        rows = tuple(rows)
        self._write(lambda c: c.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", rows))

    def remove_objects(self, keys: Iterable[str]) -> None:
        rows = tuple((key,) for key in keys)
        self._write(lambda c: c.executemany("DELETE FROM objects WHERE key = ?", rows))

    def touch_objects(self, uses: Iterable[tuple[str, int]]) -> None:
        """Records the last use, in ns, of each key."""
        rows = tuple((used, key) for key, used in uses)
        self._write(lambda c: c.executemany("UPDATE objects SET used = max(used, ?) WHERE key = ?", rows))

    # --- outputs and memo ------------------------------------------------------------------------------------------

    def output(self, path: str) -> tuple[str, str] | None:
        """Stamp and key of the file that a build put at `path`."""
        rows = self._do(
            lambda c: c.execute("SELECT stamp, key FROM outputs WHERE path = ?", (_bytes(path),)).fetchall()
        )
        return rows[0] if rows else None

    def set_output(self, path: str, stamp: str, key: str) -> None:
        self._write(lambda c: c.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", (_bytes(path), stamp, key)))

    def memo(self, key: str) -> str | None:
        rows = self._do(lambda c: c.execute("SELECT value FROM memo WHERE key = ?", (_bytes(key),)).fetchall())
        return rows[0][0] if rows else None

    def set_memos(self, values: Iterable[tuple[str, str]]) -> None:
        rows = tuple((_bytes(key), value) for key, value in values)
        self._write(lambda c: c.executemany("INSERT OR REPLACE INTO memo VALUES (?, ?)", rows))

    def clear(self) -> None:
        self._write(lambda c: c.executescript("DELETE FROM objects; DELETE FROM outputs; DELETE FROM memo;"))

    # --- the file --------------------------------------------------------------------------------------------------

    def _write(self, action: Callable[[sqlite3.Connection], object]) -> None:
        def in_transaction(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                action(connection)
                if connection.in_transaction:  # executescript has committed by itself
                    connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

        self._do(in_transaction)

    def _do(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._lock:
            try:
                return action(self._connection)
            except sqlite3.Error as error:
                if not _is_broken(error):
                    raise self._fault(error) from error
            self._connection.close()
            self._connection = self._open()
            try:
                return action(self._connection)
            except sqlite3.Error as error:
                raise self._fault(error) from error

    def _open(self) -> sqlite3.Connection:
        """A connection to a sound index of this version; one that is not is rebuilt."""
        with disk_faults("open the store's index"), exclusively(self._file.with_suffix(".lock")):
            try:
                if connection := self._connect_if_sound():
                    return connection
                return self._rebuild()
            except sqlite3.Error as error:
                raise self._fault(error) from error

    def _connect_if_sound(self) -> sqlite3.Connection | None:
        if not self._file.exists():
            return None
        connection = self._connect()
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            if version == VERSION and sound:
                return connection
        except sqlite3.Error as error:
            if not _is_broken(error):
                connection.close()
                raise
        connection.close()
        return None

    def _rebuild(self) -> sqlite3.Connection:
        existed = self._file.exists()
        for suffix in ("", "-journal"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        rows = tuple(self._rows_on_disk())
        if existed or rows:
            message = (
                f"the store's index {self._file} was broken, missing or of another version; {len(rows)} objects kept"
            )
            self.warnings.append(Diagnostic(code="store-index-rebuilt", message=message, severity=Severity.WARNING))
        connection = self._connect()
        connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO objects VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return connection

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)

    def _fault(self, error: sqlite3.Error) -> StoreError:
        primary = _primary_code(error)
        if primary == sqlite3.SQLITE_CANTOPEN:  # which says nothing of why: that no file can be made, perhaps
            with disk_faults("write the store's index"), tempfile.TemporaryFile(dir=self._file.parent):
                pass
        code, hint = {
            sqlite3.SQLITE_FULL: ("disk-full", "free some space, or keep the store elsewhere: --cache DIR"),
            sqlite3.SQLITE_READONLY: ("not-writable", "make it writable for you, or use another store: --cache DIR"),
            sqlite3.SQLITE_CANTOPEN: ("not-writable", "make it writable for you, or use another store: --cache DIR"),
            sqlite3.SQLITE_BUSY: ("store-busy", "wait until the other build has ended, or use --cache DIR"),
        }.get(primary, ("disk-error", "check the disk, or keep the store elsewhere: --cache DIR"))
        return StoreError([Diagnostic(code=code, message=f"the store's index {self._file}: {error}", hint=hint)])


def _bytes(text: str) -> bytes:
    """A text with a path in it, which need not be UTF-8; SQLite's texts must."""
    return text.encode("utf-8", "surrogatepass")


def _primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits refine it


def _is_broken(error: sqlite3.Error) -> bool:
    return _primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
