"""What a running ffmpeg writes: its log, kept within bounds, and its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_HEAD_BYTES = 256 * 1024
_TAIL_BYTES = 1024 * 1024  # holds the last loudness summary many times over


class BoundedLog:
    """The beginning and the end of what a child writes to stderr.

    All of it is read: a pipe that is not read blocks the child after 64 KiB. Not all of it is kept: ffmpeg 9 under a
    memory cap wrote 216 MB in a minute.
    """

    def __init__(self, *, head_bytes: int = _HEAD_BYTES, tail_bytes: int = _TAIL_BYTES) -> None:
        self.total_bytes = 0
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes, self._tail_bytes = head_bytes, tail_bytes

    def feed(self, data: bytes) -> None:
        self.total_bytes += len(data)
        room = self._head_bytes - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: -self._tail_bytes]

    def text(self) -> str:
        """All of it; or the head, a line that says how much is left out, and the tail."""
        tail = self._tail[-self._tail_bytes :]
        left_out = self.total_bytes - len(self._head) - len(tail)
        note = f"\n[{left_out} bytes of the log left out here]\n".encode() if left_out else b""
        return (bytes(self._head) + note + bytes(tail)).decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    seconds: float  # of output written so far
    speed: float | None  # seconds of output per second; None while ffmpeg does not know


class ProgressReader:
    """Reads what `-progress` writes: blocks of `key=value` lines, each closed by `progress=`."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        self.advances = 0  # grows whenever ffmpeg has got further
        self.on_progress = on_progress
        self._unread = b""
        self._block: dict[str, str] = {}
        self._furthest = ("", "")

    def feed(self, data: bytes) -> None:
        *lines, self._unread = (self._unread + data).split(b"\n")
        self._unread = self._unread[-4096:]
        for line in lines:
            name, _, value = line.decode("ascii", errors="replace").partition("=")
            self._block[name.strip()] = value.strip()
            if name == "progress":
                self._close_block()

    def _close_block(self) -> None:
        block, self._block = self._block, {}
        furthest = (block.get("out_time_us", ""), block.get("total_size", ""))
        if furthest != self._furthest:
            self._furthest = furthest
            self.advances += 1
        # `out_time_ms` holds microseconds too, on every version; only the honest name is read.
        micro, speed = block.get("out_time_us", ""), block.get("speed", "")
        if micro.isdecimal():
            self.on_progress(Progress(seconds=int(micro) / 1_000_000, speed=_speed(speed)))


def _speed(text: str) -> float | None:
    try:
        return float(text.removesuffix("x"))
    except ValueError:
        return None  # "N/A"
