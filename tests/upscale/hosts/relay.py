"""A TCP relay before a server, which counts, and does something once a number of bytes has passed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class Relay:
    """Runs between `with` and its end. `there` and `back` are the bytes that have passed, of all connections."""

    def __init__(self, port: int) -> None:
        self.there = self.back = 0
        self.at: tuple[str, int, Callable[[], None]] | None = None  # "there" or "back", bytes from now on, what to do
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._open: list[socket.socket] = [self._server]
        self._lock = threading.Lock()

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._close(self._server)

    def cut(self) -> None:
        """Ends all connections."""
        for sock in self._open[1:]:
            self._close(sock)

    def when(self, way: str, after: int, action: Callable[[], None]) -> None:
        self.at = (way, getattr(self, way) + after, action)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for one, other, way in ((near, far, "there"), (far, near, "back")):
                    threading.Thread(target=self._carry, args=(one, other, way), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
                self._count(way, len(data))
        self._close(source)
        self._close(sink)

    def _count(self, way: str, size: int) -> None:
        with self._lock:
            setattr(self, way, getattr(self, way) + size)
            due = self.at if self.at and self.at[0] == way and getattr(self, way) >= self.at[1] else None
            if due:
                self.at = None
        if due:
            due[2]()

    @staticmethod
    def _close(sock: socket.socket) -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()
