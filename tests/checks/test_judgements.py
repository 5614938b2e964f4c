"""What checks say of measured numbers: each side of every threshold, without any film."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from montage_recipe.checks import ALL_CHECKS, CHECKS
from montage_recipe.checks.film import Film
from montage_recipe.checks.measured import (
    Box,
    Likeness,
    Measured,
)
from montage_recipe.checks.spec import CheckUse
from montage_recipe.fields import keys_of
from tests.checks.numbers import (
    FILM,
    FRAMES,
    RATE,
    STEPS,
    codes,
    header,
    marked,
    measured,
    with_picture,
    with_sound,
    with_sound_stream,
    with_statistics,
)
from tests.recipe.making import codes_of, recipe_of


@pytest.mark.parametrize("check", [check for check in ALL_CHECKS if check.default], ids=lambda check: check.name)
def test_a_film_without_fault_passes(check: Any) -> None:
    use = CheckUse(at=(), name=check.name, params=check.default)
    assert check.judge(use, FILM, measured()).findings == ()


@pytest.mark.parametrize("check", [check for check in ALL_CHECKS if not check.planned], ids=lambda check: check.name)
def test_a_film_of_no_plan_is_judged_by_itself(check: Any) -> None:
    if check.default is not None:
        use = CheckUse(at=(), name=check.name, params=check.default)
        assert check.judge(use, Film(name="film", rate=RATE), measured()).findings == ()


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.name)
def test_the_examples_of_a_check_are_valid(check: Any) -> None:
    for example in check.examples:
        entries = ", ".join(f"{name}: {value}" for name, value in example.items())
        text = f"recipe: 1\nclips: [{{id: walk, src: a.mp4}}]\nchecks: [{{{entries}}}]\n"
        assert codes_of(text) == [], example
        (use,) = recipe_of(text).checks
        assert use.name == check.name


@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.name)
def test_a_check_has_a_key_of_its_own_name(check: Any) -> None:
    assert check.name in {name for name, _, _ in keys_of(check.params)}


def test_frames_are_counted() -> None:
    assert codes("duration", with_picture(frames=299)) == ["wrong-duration"]
    assert codes("duration", with_picture(frames=301)) == ["wrong-duration"]
    assert codes("duration", with_picture(uneven=7)) == ["wrong-duration"]
    assert codes("duration", header(picture=None)) == ["wrong-duration"]


def test_a_duration_has_its_tolerance() -> None:
    from montage_recipe.timecode import Time

    assert codes("duration", with_picture(frames=299), tolerance=Time(frames=1)) == []
    assert codes("duration", with_picture(frames=298), tolerance=Time(frames=1)) == ["wrong-duration"]
    assert codes("duration", measured(), duration=Time(seconds=Fraction(10))) == []
    assert codes("duration", measured(), duration=Time(seconds=Fraction(11))) == ["wrong-duration"]


def test_the_same_film_at_another_rate_lasts_as_long() -> None:
    film = FILM.at(Fraction(60))
    assert film.scenes[1].frames == (300, 600)
    assert codes("duration", with_picture(frames=600, rate=Fraction(60)), film) == []
    assert codes("duration", with_picture(frames=598, rate=Fraction(60)), film) == ["wrong-duration"]


@pytest.mark.parametrize(
    "found",
    [
        header(container="matroska,webm"),
        with_picture(width=1280),
        with_picture(rate=Fraction(25)),
        with_picture(codec="hevc"),
        with_picture(profile="High 10"),
        with_picture(pixel_format="yuv444p"),
        with_picture(full_range=True),
        with_picture(sar=Fraction(4, 3)),
        with_picture(rotation=90),
        with_picture(matrix=None),
        with_sound_stream(codec="opus"),
        with_sound_stream(sample_rate=44100),
        with_sound_stream(channels=1),
        header(sounds=0, sound=None),
        header(pictures=2),
        header(others=1),
    ],
)
def test_each_part_of_the_format_counts(found: Measured) -> None:
    assert codes("format", found) == ["wrong-format"]


def test_one_channel_is_told_as_one() -> None:
    use = CheckUse(at=(), name="format", params=CHECKS["format"].default)
    (found,) = CHECKS["format"].judge(use, FILM, with_sound_stream(channels=1)).findings
    assert found.message == "1 channel of sound instead of 2"


def test_what_plays_wherever_the_planned_profile_does_will_do() -> None:
    assert codes("format", with_picture(profile="Main")) == []


def test_sound_and_picture_begin_and_end_together() -> None:
    assert codes("sync", with_sound_stream(start=Fraction(1, 1000))) == []
    assert codes("sync", with_sound_stream(start=Fraction(2, 1000))) == ["sync-off"]
    unplanned = Film(name="film", rate=RATE)
    assert codes("sync", with_sound_stream(start=Fraction(35, 1000)), unplanned) == []
    assert codes("sync", with_sound_stream(start=Fraction(36, 1000)), unplanned) == ["sync-off"]
    assert codes("sync", with_sound_stream(end=Fraction(10) + Fraction(34, 1000))) == []
    assert codes("sync", with_sound_stream(end=Fraction(10) + Fraction(35, 1000))) == ["sync-off"]
    assert codes("sync", with_sound_stream(end=Fraction(10) + Fraction(2, 30))) == ["sync-off"]
    assert codes("sync", with_sound_stream(end=Fraction(9))) == ["sync-off"]
    assert codes("sync", header(sounds=0, sound=None)) == []


def test_errors_of_decoding_are_told_three_at_most_and_counted() -> None:
    assert codes("decoding", measured(errors=("a",))) == ["decode-errors"]
    assert len(codes("decoding", measured(errors=tuple("abcdefg")))) == 4


def test_loudness_has_its_tolerance() -> None:
    assert codes("loudness", with_sound(integrated=-14.5)) == []
    assert codes("loudness", with_sound(integrated=-14.6)) == ["wrong-loudness"]
    assert codes("loudness", with_sound(integrated=-13.4)) == ["wrong-loudness"]
    assert codes("loudness", with_sound(integrated=-23.2), loudness=Fraction(-23)) == []
    assert codes("loudness", with_sound(integrated=-15.9), tolerance=Fraction(2)) == []
    assert codes("loudness", with_sound(integrated=-40.0), replace(FILM, integrated=None)) == []


def test_peaks_have_their_tolerance() -> None:
    assert codes("true_peak", with_sound(true_peak=-0.5)) == []
    assert codes("true_peak", with_sound(true_peak=-0.4)) == ["peak-too-high"]
    assert codes("true_peak", with_sound(true_peak=1.0), replace(FILM, true_peak=None)) == []


def test_a_single_peak_is_no_clipping() -> None:
    assert codes("clipping", with_sound(flat=marked(STEPS, 5, 7))) == []
    assert codes("clipping", with_sound(flat=marked(STEPS, 5, 8))) == ["clipped-sound"]


def test_what_lasts_too_long_is_told_with_its_clip() -> None:
    assert codes("black", with_statistics(black=marked(FRAMES, 160, 174))) == []
    use = CheckUse(at=(), name="black", params=CHECKS["black"].default)
    (found,) = CHECKS["black"].judge(use, FILM, with_statistics(black=marked(FRAMES, 160, 175))).findings
    assert (found.code, found.at) == ("black-span", ("clips", 1))
    assert (found.start, found.end) == (Fraction(5333333, 10**6), Fraction(5833333, 10**6))
    assert "0:05.33 to 0:05.83" in found.message


def test_what_is_planned_is_no_fault() -> None:
    black = with_statistics(black=marked(FRAMES, 160, 200))
    assert codes("black", black, replace(FILM, dark=((155, 195),))) == []
    assert codes("black", black, replace(FILM, dark=((155, 180),))) == ["black-span"]
    still = with_statistics(change=np.where(marked(FRAMES, 10, 100), 0, 2).astype(np.float32))
    assert codes("frozen", still) == ["frozen-span"]
    assert codes("frozen", still, replace(FILM, still=((0, 150),))) == []
    silent = with_sound(peak=np.where(marked(STEPS, 100, 300)[:, None], -200, -12).repeat(2, 1).astype(np.float32))
    assert codes("silence", silent) == ["silent-span"]
    assert codes("silence", silent, replace(FILM, quiet=((30, 90),))) == []


def test_a_second_that_stands_is_thirty_frames() -> None:
    """Twenty-nine of them are as the one before."""
    for first, last, expected in (
        (10, 39, ["frozen-span"]),
        (10, 38, []),
        (1, 30, ["frozen-span"]),
        (271, 300, ["frozen-span"]),
    ):
        still = np.where(marked(FRAMES, first, last), 0, 2).astype(np.float32)
        assert codes("frozen", with_statistics(change=still)) == expected


def test_the_first_frame_that_stands_may_be_refined_by_its_encoder() -> None:
    for refinement, last, expected in (
        (0.04, 39, ["frozen-span"]),
        (0.04, 38, []),
        (0.07, 39, []),  # that is movement
    ):
        still = np.where(marked(FRAMES, 10, last), 0, 2).astype(np.float32)
        still[10] = refinement
        assert codes("frozen", with_statistics(change=still)) == expected
    twice = np.where(marked(FRAMES, 10, 39), 0, 2).astype(np.float32)
    twice[10:12] = 0.04
    assert codes("frozen", with_statistics(change=twice)) == []


def test_each_picture_that_stands_is_measured_by_itself() -> None:
    at_half_the_rate = np.tile([2, 0], FRAMES // 2).astype(np.float32)
    slides = np.where(np.arange(FRAMES) % 15, 0, 60).astype(np.float32)
    slow = np.tile([0.05, 0.02], FRAMES // 2).astype(np.float32)
    for change in (at_half_the_rate, slides, slow):
        assert codes("frozen", with_statistics(change=change)) == []
    second = np.where(marked(FRAMES, 2, 20) | marked(FRAMES, 21, 50), 0, 2).astype(np.float32)
    assert codes("frozen", with_statistics(change=second)) == ["frozen-span"]  # frames 20 to 49


def test_a_film_that_begins_and_ends_standing_is_told_of_its_end() -> None:
    still = np.where(marked(FRAMES, 0, 2) | marked(FRAMES, 271, 300), 0, 2).astype(np.float32)
    assert codes("frozen", with_statistics(change=still)) == ["frozen-span"]


def test_times_are_those_of_the_file() -> None:
    """Of a phone's film, whose frames are not evenly spaced."""
    times = np.concatenate((np.arange(240) / 30, 8 + np.arange(FRAMES - 240 + 1) / 10))
    (found,) = (
        CHECKS["black"]
        .judge(
            CheckUse(at=(), name="black", params=CHECKS["black"].default),
            Film(name="film", rate=RATE),
            with_statistics(times=times, black=marked(FRAMES, 240, 260)),
        )
        .findings
    )
    assert "from 0:08.00 to 0:10.00, 2.00s" in found.message


def test_one_channel_is_enough_to_be_heard() -> None:
    peak = np.full((STEPS, 2), -200, np.float32)
    peak[:, 1] = -30
    assert codes("silence", with_sound(peak=peak)) == []


def test_bars_are_on_two_sides_and_of_one_size() -> None:
    bars = np.zeros((FRAMES, 4), np.float32)
    bars[:150, 2:] = 0.12
    assert codes("letterbox", with_statistics(bars=bars)) == ["letterbox-unplanned"]
    assert codes("letterbox", with_statistics(bars=bars), replace(FILM, barred=((0, 150),))) == []
    bars[:150, 3] = 0.3
    assert codes("letterbox", with_statistics(bars=bars)) == []


def test_bars_that_are_not_always_there_are_none() -> None:
    bars = np.zeros((FRAMES, 4), np.float32)
    bars[:149, 2:] = 0.12
    assert codes("letterbox", with_statistics(bars=bars)) == []


def test_black_frames_say_nothing_of_bars() -> None:
    bars = np.full((FRAMES, 4), 0.5, np.float32)
    assert codes("letterbox", with_statistics(bars=bars, black=np.ones(FRAMES, bool))) == []


def test_titles_keep_their_margin() -> None:
    def box(**changes: int) -> Measured:
        return measured(letters={("titles", 0): replace(Box(left=96, right=1823, top=54, bottom=1025), **changes)})

    assert codes("safe_area", box()) == []
    for side in ({"left": 90}, {"right": 1830}, {"top": 48}, {"bottom": 1032}):
        assert codes("safe_area", box(**side)) == ["text-outside-safe-area"], side
    assert codes("safe_area", box(), safe_area=Fraction(1, 10)) == ["text-outside-safe-area"]
    assert codes("safe_area", measured(letters={})) == []


def test_sizes_and_rates_of_bits() -> None:
    assert codes("file_size", measured(), file_size=10_000_000) == []
    assert codes("file_size", measured(), file_size=9_999_999) == ["file-too-large"]
    assert codes("bitrate", measured(), bitrate=8_000_000) == []
    assert codes("bitrate", measured(), bitrate=7_999_999) == ["bitrate-too-high"]


def test_a_plan_is_compared_line_by_line() -> None:
    film = replace(FILM, plan="one\ntwo\n")
    assert codes("plan", measured(goldens={("checks", 0): "one\ntwo\n"}), film, plan="p.txt") == []
    assert codes("plan", measured(goldens={("checks", 0): "one\n2\n"}), film, plan="p.txt") == ["plan-differs"]
    assert codes("plan", measured(goldens={("checks", 0): None}), film, plan="p.txt") == ["golden-missing"]


def test_a_reference_is_as_alike_as_is_asked() -> None:
    from pathlib import Path

    alike = {("checks", 0): Likeness(score=0.97, worst=0.9, worst_frame=170)}
    assert codes("reference", measured(likenesses=alike), reference=Path("a.mp4")) == ["reference-differs"]
    assert codes("reference", measured(likenesses=alike), reference=Path("a.mp4"), ssim=0.95) == []
