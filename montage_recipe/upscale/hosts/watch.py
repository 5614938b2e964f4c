"""Calls that may block for ever, made so that they do not: beside each of them stands a watch."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from montage_recipe.stopping import Stop, heed

Result = TypeVar("Result")
Beat = Callable[[], None]  # a sign of life

_LOOK_S = 0.05
_FAREWELL_S = 2.0


def watched(work: Callable[[Beat], Result], *, silence_s: float, stop: Stop, give_up: Callable[[], None]) -> Result:
    """What `work` returns or raises. It runs in a thread of its own and calls what it is given whenever it got further.

    When it has not for `silence_s` (TimeoutError), or when `stop` says so (Interrupted), `give_up` is called, which must
    make it end. One that does not is left alone: nobody waits for it.
    """
    heed(stop)
    signs = [time.monotonic()]
    outcome: Future[Result] = Future()
    worker = Thread(target=_settle, args=(outcome, work, signs), daemon=True)
    worker.start()
    try:
        while not wait((outcome,), timeout=_LOOK_S).done:
            heed(stop)
            if time.monotonic() - signs[-1] > silence_s:
                raise TimeoutError(f"nothing happened for {silence_s:g} s")
    except BaseException:
        give_up()
        worker.join(_FAREWELL_S)
        raise
    return outcome.result()


def _settle(outcome: Future[Result], work: Callable[[Beat], Result], signs: list[float]) -> None:
    def beat() -> None:
        signs[-1] = time.monotonic()

    try:
        outcome.set_result(work(beat))
    except BaseException as error:  # whatever it is, the one who waits shall have it
        outcome.set_exception(error)
