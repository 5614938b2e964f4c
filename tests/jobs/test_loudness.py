from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from montage_recipe.jobs.loudness import Loudness, levelling, measured, peak_db
from montage_recipe.jobs.model import LoudnessTarget

SUMMARY = """\
[Parsed_ebur128_0 @ 0x1] Summary:

  Integrated loudness:
    I:         {i} LUFS
    Threshold: -31.6 LUFS

  Loudness range:
    LRA:         4.2 LU
    Threshold: -41.6 LUFS
    LRA low:   -24.0 LUFS
    LRA high:  -19.8 LUFS

  True peak:
    Peak:       {peak} dBFS
"""
WEB = LoudnessTarget(integrated=Fraction(-14), true_peak=Fraction(-1))


def test_the_last_summary_counts() -> None:
    log = SUMMARY.format(i="-70.0", peak="-inf") + "[info] something\n" + SUMMARY.format(i="-21.5", peak="-3.4")
    assert measured(log) == Loudness(integrated=-21.5, range=4.2, true_peak=-3.4)


def test_a_log_without_a_summary_is_refused() -> None:
    with pytest.raises(ValueError, match="no loudness summary"):
        measured("frame= 10")


def programme(integrated: float, true_peak: float, *, lost: float = 0.0) -> Callable[[str], Loudness]:
    """A programme of that loudness, from which a limiter takes `lost` LU."""

    def measure(filters: str) -> Loudness:
        gain = float(filters.partition("volume=")[2].partition("dB")[0] or 0)
        taken = lost if "alimiter" in filters else 0.0
        return Loudness(integrated=integrated + gain - taken, range=5, true_peak=true_peak + gain)

    return measure


def test_one_gain_is_enough_where_the_peaks_stay_under_the_ceiling() -> None:
    assert levelling(programme(-11.0, -0.2), WEB).filters == "volume=-3.00dB:precision=float"


def test_a_limiter_is_added_where_they_would_not() -> None:
    text = levelling(programme(-20.0, -2.0), WEB).filters
    assert text.startswith("volume=6.00dB")
    assert "alimiter=limit=0.841395" in text  # -1 dBTP less half a decibel for the codec


def test_what_the_limiter_takes_away_is_given_back() -> None:
    assert levelling(programme(-20.0, -2.0, lost=0.8), WEB).filters.startswith("volume=6.80dB")


def test_silence_is_left_alone() -> None:
    assert levelling(programme(-70.0, float("-inf")), WEB).filters == "anull"


def test_what_was_reached_is_said_also_where_it_is_not_what_was_asked_for() -> None:
    assert levelling(programme(-11.0, -0.2), WEB).integrated == -14
    assert levelling(programme(-20.0, -2.0, lost=0.8), WEB).integrated == pytest.approx(-14, abs=0.1)

    def stubborn(filters: str) -> Loudness:
        return Loudness(integrated=-30.0 if filters == "anull" else -19.0, range=20, true_peak=-1)

    assert levelling(stubborn, WEB).integrated == -19


def test_the_peak_of_an_unlevelled_sum_is_read_from_the_log() -> None:
    said = "[astats@montage_n9 @ 0x1] Overall\n[astats@montage_n9 @ 0x1] Peak level dB: {}\n"
    assert [peak_db(said.format(text)) for text in ("4.905179", "-1.2", "-inf")] == [4.905179, -1.2, None]
