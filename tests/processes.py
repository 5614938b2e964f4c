"""The processes that a test has started, and waiting for what they do."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

SERVER = "sshd"  # that of a session's tests, which a worker keeps for all of them


def children() -> list[psutil.Process]:
    """Of this process, and their children; the server that other tests need is none of a test's."""
    own = [child for child in psutil.Process().children() if child.name() != SERVER]
    return [process for child in own for process in (child, *child.children(recursive=True))]


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
