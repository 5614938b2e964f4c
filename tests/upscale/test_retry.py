"""What follows a fault is decided by its cause."""

from __future__ import annotations

import pytest

from montage_recipe.upscale.causes import ALL_CAUSES, CAUSES
from montage_recipe.upscale.retry import Decision, Policy, Tries, decide


@pytest.mark.parametrize(
    ("cause", "decision"),
    [
        ("connection-lost", Decision.AGAIN),
        ("session-lost", Decision.AGAIN),
        ("killed-sigkill", Decision.AGAIN),
        ("output-verify-failed", Decision.AGAIN),
        ("timeout", Decision.AGAIN),
        ("cuda-illegal-access", Decision.AGAIN),  # a dead context: a new process
        ("cuda-oom", Decision.SMALLER),
        ("host-oom-kill", Decision.SMALLER),
        ("gpu-quota", Decision.NEXT_HOST),
        ("gpu-too-small", Decision.NEXT_HOST),
        ("no-cuda-device", Decision.NEXT_HOST),
        ("remote-disk-full", Decision.NEXT_HOST),
        ("host-key-changed", Decision.NEXT_HOST),
        ("raw-size-mismatch", Decision.NEXT_HOST),  # its ffmpeg may have been killed
        ("auth-expired", Decision.STOP),
        ("input-corrupt", Decision.STOP),
    ],
)
def test_a_cause_decides_what_is_done(cause: str, decision: Decision) -> None:
    assert decide(CAUSES[cause]) is decision


def test_the_name_of_a_host_that_was_reached_is_right() -> None:
    cause = CAUSES["dns-failure"]
    assert (decide(cause), decide(cause, met=True)) == (Decision.NEXT_HOST, Decision.AGAIN)


def test_a_process_that_is_killed_again_has_too_little_memory() -> None:
    assert decide(CAUSES["killed-sigkill"], before={"killed-sigkill"}) is Decision.SMALLER


def test_every_cause_leads_somewhere() -> None:
    assert {decide(cause) for cause in ALL_CAUSES} == set(Decision)


def tries(policy: Policy, *, random: float = 0.0, now: list[float] | None = None) -> Tries:
    moment = [0.0] if now is None else now
    return Tries(policy, random=lambda: random, clock=lambda: moment[0])


def test_waits_double_up_to_the_longest() -> None:
    waiting = tries(Policy(attempts=6, first_s=2, longest_s=10))
    assert [waiting.wait_s(advanced=False) for _ in range(6)] == [2, 4, 8, 10, 10, None]


def test_a_way_that_is_gone_is_waited_for_longer() -> None:
    waiting = tries(Policy(attempts=2, attempts_on_the_way=4, first_s=2))
    assert [waiting.wait_s(advanced=False, on_the_way=True) for _ in range(2)] == [2, 4]
    assert waiting.told == "3 of 4"
    assert waiting.wait_s(advanced=False) is None
    assert sum(Policy().longest_s for _ in range(3)) < sum(usual_waits()) < 600


def usual_waits() -> list[float]:
    waiting = tries(Policy())
    return [wait for _ in range(20) if (wait := waiting.wait_s(advanced=False, on_the_way=True)) is not None]


def test_jitter_shortens_a_wait_by_its_part_at_most() -> None:
    assert tries(Policy(first_s=2, jitter=0.5), random=1.0).wait_s(advanced=False) == 1


def test_progress_begins_the_count_anew() -> None:
    waiting = tries(Policy(attempts=3, first_s=2))
    waits = [waiting.wait_s(advanced=advanced) for advanced in (False, False, True, False, False)]
    assert waits == [2, 4, 2, 4, None]


def test_a_way_that_breaks_again_and_again_is_no_reason_to_leave_a_job_that_runs() -> None:
    waiting = tries(Policy(attempts=2, attempts_on_the_way=4, first_s=2))
    waits = [waiting.wait_s(advanced=False, on_the_way=True, alive=True) for _ in range(100)]
    assert waits == [2, 4, 8, 16, 32, 64, *[120] * 94]
    assert waiting.wait_s(advanced=False, alive=True) is None  # as the job itself fails


def test_a_deadline_ends_what_gets_no_further() -> None:
    now = [0.0]
    waiting = tries(Policy(deadline_s=100), now=now)
    now[0] = 101.0
    assert waiting.wait_s(advanced=True) is not None
    now[0] = 201.0
    assert waiting.wait_s(advanced=False, on_the_way=True, alive=True) is not None
    now[0] = 202.0
    assert waiting.wait_s(advanced=False, on_the_way=True, alive=True) is None
    waiting.another_host()
    assert waiting.wait_s(advanced=False) is not None


def test_another_host_has_all_its_attempts() -> None:
    waiting = tries(Policy(attempts=2, first_s=2))
    assert [waiting.wait_s(advanced=False) for _ in range(2)] == [2, None]
    waiting.another_host()
    assert waiting.wait_s(advanced=False) == 2
