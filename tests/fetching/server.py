"""A real HTTP server with the faults that servers have, each under a path of its own."""

from __future__ import annotations

import http.server
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

_BLOCK_BYTES = 16 << 10


@dataclass(slots=True)
class Manner:
    """How a server answers for one path."""

    content: bytes
    etag: str = '"one"'
    ranges: bool = True
    cut_after: int | None = None  # bytes of each answer, after which the connection is closed
    slow_after: int | None = None  # bytes, after which nothing comes for a long time
    status: int = 0  # of all answers
    failures: int = 0  # answers of 503 that come first
    moved_to: str = ""
    wrong_range: bool = False  # 206 with another part
    length: bool = True  # whether it says Content-Length


@dataclass(slots=True)
class Asked:
    path: str
    range: str | None
    if_range: str | None


@dataclass(slots=True)
class Served:
    port: int
    manners: dict[str, Manner]
    asked: list[Asked] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/a.bin", *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def serving(*, tls: ssl.SSLContext | None = None, **manners: Manner) -> Iterator[Served]:
    """`a=Manner(…)` is at `/a.bin`. `tls` has it speak HTTPS."""
    served = Served(port=0, manners={f"/{name}.bin": manner for name, manner in manners.items()})
    ending = threading.Event()

    class Handler(_Handler):
        world = served
        end = ending

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        served.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            ending.set()
            server.shutdown()
            thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    world: Served
    end: threading.Event

    def do_GET(self) -> None:
        headers: Mapping[str, str | None] = {name: self.headers.get(name) for name in ("Range", "If-Range")}
        self.world.asked.append(Asked(self.path, headers["Range"], headers["If-Range"]))
        manner = self.world.manners.get(self.path.partition("?")[0])
        if manner is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif manner.moved_to:
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", manner.moved_to)
            self.end_headers()
        elif manner.status or manner.failures > 0:
            manner.failures -= 1
            self.send_error(manner.status or HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._answer(manner)

    def _answer(self, manner: Manner) -> None:
        start = self._start(manner)
        if start is not None and start >= len(manner.content):
            self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            return
        body = manner.content[start or 0 :]
        self.send_response(HTTPStatus.OK if start is None else HTTPStatus.PARTIAL_CONTENT)
        if start is not None:
            first = start + 1 if manner.wrong_range else start
            self.send_header("Content-Range", f"bytes {first}-{len(manner.content) - 1}/{len(manner.content)}")
        if manner.length:
            self.send_header("Content-Length", str(len(body)))
        if manner.etag:
            self.send_header("ETag", manner.etag)
        self.end_headers()
        self._send(body, manner)

    def _start(self, manner: Manner) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not match or not manner.ranges or self.headers.get("If-Range", manner.etag) != manner.etag:
            return None
        return int(match[1])

    def _send(self, body: bytes, manner: Manner) -> None:
        limit = len(body) if manner.cut_after is None else min(len(body), manner.cut_after)
        sent = 0
        while sent < limit:
            if manner.slow_after is not None and sent >= manner.slow_after:
                self.end.wait(60)
                return
            most = limit if manner.slow_after is None else min(limit, manner.slow_after)
            block = body[sent : min(sent + _BLOCK_BYTES, most)]
            try:
                self.wfile.write(block)
            except (BrokenPipeError, ConnectionResetError):
                return  # whom it was sent to has gone
            sent += len(block)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def wait_for(condition: object, *, seconds: float = 20.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
