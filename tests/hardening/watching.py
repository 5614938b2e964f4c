"""A canary: a folder in which nothing may be opened, and a port to which nothing may connect."""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
from pathlib import Path
from types import TracebackType

_IN_ACCESS, _IN_OPEN = 0x1, 0x20
_EVENT = struct.Struct("iIII")  # inotify's: watch, mask, cookie, length of the name


class Watch:
    """Tells who touched a canary; whoever it is, in this process or in another. Linux only (inotify)."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._events = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._events < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._events)
        self._listener.close()

    def add(self, folder: Path) -> None:
        """From now on, an opened file of the folder is told."""
        if self._libc.inotify_add_watch(self._events, os.fsencode(folder), _IN_ACCESS | _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {folder}")

    def touched(self) -> list[str]:
        """The names of what was opened since the last call, and the connections that came."""
        ready, _, _ = select.select([self._events, self._listener], [], [], 0)
        found = []
        if self._events in ready:
            raw = os.read(self._events, 1 << 16)
            while raw:
                _, mask, _, length = _EVENT.unpack_from(raw)
                found.append(f"{raw[_EVENT.size : _EVENT.size + length].rstrip(bytes(1)).decode()} (mask {mask:#x})")
                raw = raw[_EVENT.size + length :]
        if self._listener in ready:
            connection, address = self._listener.accept()
            connection.close()
            found.append(f"a connection from {address}")
        return found
