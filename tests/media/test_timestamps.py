"""Rates, cuts and spans out of packets' times; no media needed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from montage_recipe.media.timestamps import PictureTimes, SoundTimes, cadence, closed_keyframes

MS = Fraction(1, 1000)
NTSC = Fraction(30000, 1001)


def rounded(rate: Fraction, frames: int) -> list[int]:
    """Times of `frames` frames in milliseconds, as Matroska stores them."""
    return [round(number / rate / MS) for number in range(frames)]


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(24), Fraction(25), NTSC, Fraction(60)])
def test_a_usual_rate_is_found_behind_milliseconds(rate: Fraction) -> None:
    found = cadence(rounded(rate, 2000), MS, [])
    assert (found.rate, found.constant) == (rate, True)


def test_a_declared_rate_that_fits_comes_before_a_usual_one() -> None:
    assert cadence(rounded(Fraction(2997, 100), 20), MS, [Fraction(2997, 100)]).rate == Fraction(2997, 100)


def test_a_declared_rate_that_does_not_fit_is_not_believed() -> None:
    found = cadence(rounded(Fraction(25), 100), MS, [Fraction(1000), Fraction(90000)])
    assert (found.rate, found.constant) == (Fraction(25), True)


def test_an_unusual_but_even_rate_is_exact() -> None:
    times = [3013 * number for number in range(36)]
    assert cadence(times, Fraction(1, 90000), []).rate == Fraction(90000, 3013)


def test_one_frame_two_ticks_late_makes_the_rate_variable() -> None:
    times = rounded(Fraction(25), 100)
    times[50] += 2
    found = cadence(times, MS, [Fraction(25)])
    assert (found.constant, found.even) == (False, False)


@pytest.mark.parametrize("times", [[], [7], [7, 7]])
def test_fewer_than_two_moments_have_no_rate(times: list[int]) -> None:
    assert cadence(times, MS, [Fraction(25)]).rate is None


def pictures(*entries: tuple[int | None, bool, bool]) -> PictureTimes:
    """Of (time, shown, clean keyframe), in the order of decoding; each lasts 10 ticks."""
    times = PictureTimes()
    for time, shown, clean in entries:
        times.add(time, 10, shown=shown, clean=clean)
    return times


def test_a_keyframe_with_pictures_before_it_decoded_after_it_is_no_place_to_cut() -> None:
    open_group = pictures((0, True, True), (10, True, False), (40, True, True), (20, True, False), (30, True, False))
    assert closed_keyframes(open_group) == (0,)


def test_a_keyframe_with_only_later_pictures_after_it_is_a_place_to_cut() -> None:
    closed = pictures((0, True, True), (20, True, False), (10, True, False), (30, True, True), (40, True, False))
    assert closed_keyframes(closed) == (0, 3)


def test_a_keyframe_that_is_cut_off_is_no_place_to_cut_and_does_not_count_as_a_frame() -> None:
    trimmed = pictures((0, False, True), (10, True, False), (20, True, True), (30, True, False))
    assert closed_keyframes(trimmed) == (1,)
    assert list(trimmed.shown) == [10, 20, 30]


def test_a_picture_without_a_time_follows_the_one_before() -> None:
    assert list(pictures((0, True, True), (None, True, False), (20, True, False)).shown) == [0, 10, 20]


def test_pictures_without_times_at_the_beginning_come_before_the_first_time() -> None:
    assert list(pictures((None, True, True), (None, True, False), (20, True, False)).shown) == [0, 10, 20]


def test_the_last_step_is_that_of_the_last_picture_shown_not_the_last_decoded() -> None:
    times = PictureTimes()
    for time, step in ((0, 10), (30, 99), (20, 10)):
        times.add(time, step, shown=True, clean=False)
    assert times.last_step == 99


def sound(*packets: tuple[int, int, int, int], trimmed: int = 0) -> SoundTimes:
    """Of (time, samples, skip, discard) at 1,000 Hz; the first `trimmed` ones are cut off by an edit list."""
    times = SoundTimes(MS, 1000)
    for number, (time, length, skip, discard) in enumerate(packets):
        times.add(time, length, trimmed=number < trimmed, skip=skip, discard=discard)
    return times


def test_sound_begins_after_the_encoders_priming() -> None:
    assert sound((-30, 20, 30, 0), (-10, 20, 0, 0), (10, 20, 0, 0)).span(0) == (Fraction(0), Fraction(30, 1000))


def test_priming_inside_a_packet_that_is_cut_off_counts() -> None:
    assert sound((-20, 20, 20, 0), (0, 20, 0, 0), trimmed=1).span(0) == (Fraction(0), Fraction(20, 1000))


def test_padding_at_the_end_is_not_heard() -> None:
    assert sound((0, 20, 0, 0), (20, 20, 0, 15)).span(0) == (Fraction(0), Fraction(25, 1000))


def test_a_span_counts_from_the_containers_start() -> None:
    assert sound((500, 20, 0, 0)).span(100) == (Fraction(4, 10), Fraction(20, 1000))


def test_sound_of_which_nothing_is_heard_has_no_span() -> None:
    assert sound((0, 20, 40, 0)).span(0) is None
