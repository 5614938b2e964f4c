"""Ctrl-C, `kill` and a closed terminal ask a build to stop; they do not tear it down."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from montage_recipe.stopping import interrupted

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event that is set by the first SIGINT, SIGTERM or SIGHUP. Use it from the main thread.

    Further ones change nothing: stopping takes a few seconds at most, and ends with no child and no temporary file.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    # One that is ignored stays so: that is how `nohup` works.
    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, on_signal) for number in heeded}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interrupted_by_signals(hint: str) -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP raises Interrupted in the body, also where it waits for the network; further
    ones change nothing. `hint` says how to go on. Use it from the main thread."""
    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]

    def on_signal(number: int, frame: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise interrupted(hint)

    before = {number: signal.signal(number, on_signal) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
