"""Two-pass loudness: what the first pass printed decides the filters of the second (EBU R128, ITU-R BS.1770)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from montage_recipe.jobs.model import LoudnessTarget

# Below this the meter's gate lets nothing through: silence has no loudness that a gain could change.
SILENCE_LUFS = -70.0
# AAC puts peaks a little above those of the samples it was given.
_CODEC_HEADROOM_DB = 0.5
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


def gain_text(loudness: Loudness, target: LoudnessTarget) -> str:
    """The filters that bring the programme to its target: one gain for all of it, and a limiter only where that gain
    would lift a true peak above the ceiling. The limiter works at four times the rate, to see peaks between samples."""
    if loudness.integrated <= SILENCE_LUFS:
        return "anull"
    gain = float(target.integrated) - loudness.integrated
    ceiling = float(target.true_peak) - _CODEC_HEADROOM_DB
    volume = f"volume={gain:.2f}dB:precision=float"
    if loudness.true_peak + gain <= ceiling:
        return volume
    limit = f"{10 ** (ceiling / 20):.6f}"
    # `latency` takes the look-ahead's delay out again: the sound stays in step with the picture.
    limiter = f"alimiter=limit={limit}:attack=5:release=50:level=false:latency=true"
    return f"{volume},aresample=192000,{limiter},aresample=48000"
