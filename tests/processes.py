"""The processes that a test has started."""

from __future__ import annotations

import psutil

SERVER = "sshd"  # that of a session's tests, which a worker keeps for all of them


def children() -> list[psutil.Process]:
    """Of this process, and their children; the server that other tests need is none of a test's."""
    own = [child for child in psutil.Process().children() if child.name() != SERVER]
    return [process for child in own for process in (child, *child.children(recursive=True))]
