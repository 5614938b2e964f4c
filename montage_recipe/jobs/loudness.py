"""Two-pass loudness: what the first pass printed decides the filters of the second (EBU R128, ITU-R BS.1770)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from montage_recipe.jobs.model import LoudnessTarget

# Below this the meter's gate lets nothing through: silence has no loudness that a gain could change.
SILENCE_LUFS = -70.0
# AAC puts peaks a little above those of the samples it was given.
_CODEC_HEADROOM_DB = 0.5
_CORRECTIONS = 4
_NEAR_ENOUGH_LU = 0.1
FAR_LU = 0.5  # from the target, and worth a word
# How far over full scale a sum may go before it is worth a word: loud footage overshoots by itself when it is decoded.
OVER_DB = 1.0
_PEAK = re.compile(r"Peak level dB: (-?\d+(?:\.\d+)?)")
_NUMBER = r"(-?\d+(?:\.\d+)?|-?inf|nan)"
_SUMMARY = re.compile(rf"I:\s*{_NUMBER} LUFS.*?LRA:\s*{_NUMBER} LU.*?Peak:\s*{_NUMBER} dBFS", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """What ebur128 found in a whole programme."""

    integrated: float  # LUFS
    range: float  # LU
    true_peak: float  # dBTP


def measured(stderr: str) -> Loudness:
    """Reads the last summary that ebur128 printed; raises ValueError when there is none."""
    summaries = _SUMMARY.findall(stderr[stderr.rfind("Summary:") :])
    if not summaries:
        raise ValueError("ffmpeg printed no loudness summary")
    integrated, loudness_range, peak = (float(text) for text in summaries[-1])
    return Loudness(integrated=integrated, range=loudness_range, true_peak=peak)


def peak_db(stderr: str) -> float | None:
    """The highest sample that astats saw, in dB relative to full scale; None where it saw nothing but silence."""
    peaks = _PEAK.findall(stderr)
    return float(peaks[-1]) if peaks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Levelling:
    filters: str
    integrated: float  # LUFS of the programme behind them


def levelling(measure: Callable[[str], Loudness], target: LoudnessTarget) -> Levelling:
    """What brings a programme to its target: one gain for all of it, and a limiter only where that gain would lift a true
    peak above the ceiling.

    `measure` tells the loudness of the programme after some filters. A limiter takes loudness away with the peaks, so
    its result is measured too and the gain is raised by what is missing, at most `_CORRECTIONS` times.
    """
    found = measure("anull")
    if found.integrated <= SILENCE_LUFS:
        return Levelling(filters="anull", integrated=found.integrated)
    wanted, ceiling = float(target.integrated), float(target.true_peak) - _CODEC_HEADROOM_DB
    gain = wanted - found.integrated
    if found.true_peak + gain <= ceiling:
        return Levelling(filters=_volume(gain), integrated=wanted)
    reached = measure(_limited(gain, ceiling)).integrated
    for _ in range(_CORRECTIONS):
        if abs(wanted - reached) <= _NEAR_ENOUGH_LU:
            break
        gain += wanted - reached
        reached = measure(_limited(gain, ceiling)).integrated
    return Levelling(filters=_limited(gain, ceiling), integrated=reached)


def _volume(gain: float) -> str:
    return f"volume={gain:.2f}dB:precision=float"


def _limited(gain: float, ceiling: float) -> str:
    """The limiter works at four times the rate, to see peaks between samples."""
    limit = f"{10 ** (ceiling / 20):.6f}"
    # `latency` takes the look-ahead's delay out again: the sound stays in step with the picture.
    limiter = f"alimiter=limit={limit}:attack=5:release=50:level=false:latency=true"
    return f"{_volume(gain)},aresample=192000,{limiter},aresample=48000"
