"""What the times of a stream's packets say: how many frames, at what rate, how evenly, and where one may cut."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from montage_recipe.timecode import nearest

# Rates that cameras and editors use; a stream whose times fit one of them has that rate.
_USUAL_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "120")
)


@dataclass(slots=True)
class PictureTimes:
    """The pictures of one stream in the order of decoding; times in ticks of the stream's time base."""

    shown: array[int] = field(default_factory=lambda: array("q"))  # presentation times of the pictures that are shown
    order: array[int] = field(default_factory=lambda: array("q"))  # of all pictures, trimmed ones too
    anew: list[tuple[int, int]] = field(default_factory=list)  # (place in `order`, time) of shown clean keyframes
    last_step: int = 0  # how long the picture with the latest time is shown, 0 where the container does not say
    _latest: int | None = None
    _untimed: list[tuple[int, bool, bool]] = field(default_factory=list)  # at the beginning: step, shown, clean

    def add(self, time: int | None, step: int, *, shown: bool, clean: bool) -> None:
        """`clean`: a keyframe that later pictures do not look behind.

        Pictures without a time (Matroska with a negative start has some) follow the one before, or, at the beginning,
        come before the first that has one; so does ffmpeg.
        """
        if time is None:
            if not self.order:
                self._untimed.append((step, shown, clean))
                return
            time = self.order[-1] + step
        if self._untimed:
            earlier, self._untimed = self._untimed, []
            first = time - sum(entry[0] for entry in earlier)
            for entry in earlier:
                self.add(first, entry[0], shown=entry[1], clean=entry[2])
                first += entry[0]
        if shown and clean:
            self.anew.append((len(self.order), time))
        self.order.append(time)
        if shown:
            self.shown.append(time)
            if self._latest is None or time > self._latest:
                self._latest, self.last_step = time, step


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    rate: Fraction | None  # frames a second; None for fewer than two
    constant: bool  # every frame is within one tick of its place at `rate`
    even: bool  # every step between frames is the same number of ticks


def cadence(times: Sequence[int], time_base: Fraction, declared: Iterable[Fraction | None]) -> Cadence:
    """The rate of frames at the sorted `times`; the first of the `declared` and usual rates that fits is the one.

    >>> cadence([0, 33, 67, 100], Fraction(1, 1000), [Fraction(30)])
    Cadence(rate=Fraction(30, 1), constant=True, even=False)
    >>> cadence([0, 512, 1024], Fraction(1, 12800), [])
    Cadence(rate=Fraction(25, 1), constant=True, even=True)
    >>> cadence([0, 40, 200], Fraction(1, 1000), [Fraction(25)])
    Cadence(rate=Fraction(10, 1), constant=False, even=False)
    """
    steps = len(times) - 1
    length = times[-1] - times[0] if times else 0
    if steps < 1 or length <= 0:
        return Cadence(rate=None, constant=False, even=False)
    average = Fraction(steps, length) / time_base
    even = length % steps == 0 and _fits(times, Fraction(length, steps), tolerance=0)
    if even and average in _USUAL_RATES:
        return Cadence(rate=average, constant=True, even=True)
    for rate in (*declared, *_USUAL_RATES, average):
        if rate and _fits(times, 1 / (rate * time_base), tolerance=1):
            return Cadence(rate=rate, constant=True, even=even)
    return Cadence(rate=average, constant=False, even=even)


def _fits(times: Sequence[int], step: Fraction, *, tolerance: int) -> bool:
    """Whether every time is within `tolerance` ticks of its place; whole numbers only, as there may be a million."""
    first, over, under = times[0], step.numerator, step.denominator
    room = tolerance * under
    if abs((times[-1] - first) * under - (len(times) - 1) * over) > room:
        return False
    return all(abs((time - first) * under - place * over) <= room for place, time in enumerate(times))


def closed_keyframes(pictures: PictureTimes) -> tuple[int, ...]:
    """Numbers, in the order of showing, of the clean keyframes after which nothing is shown that comes before them."""
    sorted_times = sorted(pictures.shown)
    earliest_after = array("q", pictures.order)
    for place in range(len(earliest_after) - 2, -1, -1):
        earliest_after[place] = min(earliest_after[place], earliest_after[place + 1])
    end = len(earliest_after)
    return tuple(
        bisect_left(sorted_times, time)
        for place, time in pictures.anew
        if place + 1 >= end or earliest_after[place + 1] > time
    )


@dataclass(slots=True)
class SoundTimes:
    """The span of one stream's sound that is heard. Whole ticks in the loop, as an hour has 200,000 packets."""

    time_base: Fraction
    sample_rate: int
    _start: int | None = None  # ticks
    _end: int = 0
    _skipped: int = 0  # samples cut off the packet at `_start`
    _discarded: int = 0  # samples cut off the packet at `_end`
    _to_skip: int = 0  # samples of the encoder's priming that are still to come

    def add(self, time: int, duration: int, *, trimmed: bool, skip: int = 0, discard: int = 0) -> None:
        """One packet, in ticks; `skip` and `discard` are the samples its side data cuts off at its start and end."""
        self._to_skip = skip or self._to_skip
        skipped = 0
        if self._to_skip:
            samples = nearest(duration * self.time_base * self.sample_rate)
            skipped = min(self._to_skip, samples)
            self._to_skip -= skipped
            trimmed = trimmed or (samples > 0 and skipped == samples)
        if trimmed:
            return
        if self._start is None:
            self._start, self._skipped = time, skipped
        if time + duration >= self._end:
            self._end, self._discarded = time + duration, discard

    def span(self, origin: int) -> tuple[Fraction, Fraction] | None:
        """Start after the tick `origin`, and duration, in seconds and whole samples; None when nothing is heard."""
        if self._start is None:
            return None
        start = self._samples(self._start - origin) + self._skipped
        end = self._samples(self._end - origin) - self._discarded
        return Fraction(start, self.sample_rate), Fraction(max(0, end - start), self.sample_rate)

    def _samples(self, ticks: int) -> int:
        return nearest(ticks * self.time_base * self.sample_rate)
