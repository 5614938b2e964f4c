"""What is decided from measurements, here made up."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from montage_recipe.render.pressure import Curve, Pressure, Sample

MIB = 1 << 20


def seen(at_s: float, own: int, children: Mapping[int, int], others: int = 0) -> Sample:
    sizes = {pid: size * MIB for pid, size in children.items()}
    return Sample(at_s=at_s, own_bytes=own * MIB, children=sizes, others_bytes=others * MIB)


def after(samples: Iterable[Sample], limit: int = 1000) -> tuple[Pressure, list[int | None]]:
    pressure = Pressure(limit * MIB)
    return pressure, [pressure.see(sample) for sample in samples]


def test_below_four_fifths_nothing_happens() -> None:
    pressure, stops = after([seen(0, 100, {1: 300, 2: 399})])
    assert (stops, pressure.short, pressure.first_short, pressure.most_jobs) == ([None], False, None, sys.maxsize)


def test_at_four_fifths_memory_is_short_until_it_is_less() -> None:
    samples = [seen(0, 100, {1: 300, 2: 400}), seen(1, 100, {1: 300})]
    pressure, stops = after(samples[:1])
    assert (stops, pressure.short) == ([None], True)
    pressure, stops = after(samples)
    assert (stops, pressure.short) == ([None, None], False)
    assert pressure.first_short == samples[0]


@pytest.mark.parametrize(
    ("jobs_at_shortages", "most"), [([4], 3), ([4, 3], 2), ([4, 2, 4], 1), ([2, 1], 1), ([1], sys.maxsize)]
)
def test_each_shortage_leaves_fewer_jobs_at_once(jobs_at_shortages: list[int], most: int) -> None:
    samples = []
    for number, jobs in enumerate(jobs_at_shortages):
        samples += [seen(2 * number, 100, dict.fromkeys(range(jobs), 720 // jobs)), seen(2 * number + 1, 100, {})]
    assert after(samples)[0].most_jobs == most


def test_memory_of_other_children_counts() -> None:
    assert after([seen(0, 100, {1: 300}, others=450)])[0].short


def test_before_the_limit_the_largest_is_stopped() -> None:
    assert after([seen(0, 100, {1: 300, 2: 590})])[1] == [2]


def test_one_that_grows_fast_is_stopped_earlier() -> None:
    slow = [seen(0.0, 100, {1: 840}), seen(0.01, 100, {1: 842})]
    fast = [seen(0.0, 100, {1: 840}), seen(0.01, 100, {1: 860})]
    assert after(slow)[1] == [None, None]
    assert after(fast)[1] == [None, 1]


def test_one_that_has_just_begun_has_not_grown() -> None:
    assert after([seen(0.0, 100, {}), seen(0.01, 100, {1: 600})])[1] == [None, None]


def test_another_is_stopped_only_where_the_first_does_not_suffice() -> None:
    waits = [seen(0, 100, {1: 500, 2: 400}), seen(0.01, 100, {1: 500, 2: 400}), seen(1, 100, {2: 400})]
    assert after(waits)[1] == [1, None, None]
    both = [seen(0, 100, {1: 600, 2: 500}), seen(1, 100, {1: 600, 2: 890}), seen(2, 100, {1: 600, 2: 890})]
    assert after(both)[1] == [1, 2, None]


def test_a_process_id_that_comes_again_is_another_process() -> None:
    assert after([seen(0, 100, {1: 900}), seen(1, 100, {}), seen(2, 100, {1: 900})])[1] == [1, None, 1]


def test_where_only_this_program_is_left_there_is_nothing_to_stop() -> None:
    assert after([seen(0, 1200, {})])[1] == [None]


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 10**12)), min_size=1, max_size=2000))
def test_a_curve_has_few_points_and_the_peak(steps: list[tuple[float, int]]) -> None:
    curve, at_s = Curve(), 0.0
    for step_s, total in steps:
        at_s += step_s
        curve.add(at_s, total)
    assert len(curve.points) <= 240
    assert max(total for _, total in curve.points) == max(total for _, total in steps)
    times = [at for at, _ in curve.points]
    assert times == sorted(times)
    assert times[-1] <= at_s


def test_a_curve_covers_an_hour_evenly() -> None:
    curve = Curve()
    for tenth in range(36_000):
        curve.add(tenth / 10, tenth)
    times = [at for at, _ in curve.points]
    assert len(times) > 100
    assert max(b - a for a, b in pairwise(times)) < 60
