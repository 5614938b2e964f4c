"""Calls beside which a watch stands."""

from __future__ import annotations

import threading
import time

import pytest

from montage_recipe.diagnostics import Interrupted
from montage_recipe.stopping import never
from montage_recipe.upscale.hosts.watch import Beat, watched


def nothing() -> None:
    """There is nothing to give up."""


def test_a_result_comes_back() -> None:
    assert watched(lambda beat: 7, silence_s=1, stop=never, give_up=nothing) == 7


def test_an_error_comes_back() -> None:
    def work(beat: Beat) -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        watched(work, silence_s=1, stop=never, give_up=nothing)


def test_silence_is_ended() -> None:
    ended = threading.Event()
    with pytest.raises(TimeoutError):
        watched(lambda beat: ended.wait(10), silence_s=0.1, stop=never, give_up=ended.set)
    assert ended.is_set()


def test_signs_of_life_prolong_it() -> None:
    def work(beat: Beat) -> str:
        for _ in range(10):
            time.sleep(0.05)
            beat()
        return "done"

    assert watched(work, silence_s=0.3, stop=never, give_up=nothing) == "done"


def test_being_asked_to_stop_ends_it() -> None:
    ended, begun = threading.Event(), time.monotonic()
    with pytest.raises(Interrupted):
        watched(
            lambda beat: ended.wait(10), silence_s=60, stop=lambda: time.monotonic() - begun > 0.1, give_up=ended.set
        )
    assert ended.is_set() and time.monotonic() - begun < 2


def test_nothing_is_begun_when_it_is_to_be_stopped() -> None:
    done = []
    with pytest.raises(Interrupted):
        watched(lambda beat: done.append(1), silence_s=1, stop=lambda: True, give_up=nothing)
    assert done == []


def test_what_cannot_be_ended_is_left_alone() -> None:
    never_set, begun = threading.Event(), time.monotonic()
    with pytest.raises(TimeoutError):
        watched(lambda beat: never_set.wait(30), silence_s=0.1, stop=never, give_up=nothing)
    assert time.monotonic() - begun < 5
    never_set.set()
