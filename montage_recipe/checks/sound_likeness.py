"""Compares a film's sound with a golden's, by its levels in hundredths of a second, and says what is the matter."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from montage_recipe.checks.displaced import Displacement, displacements
from montage_recipe.checks.film import Film
from montage_recipe.checks.golden_render import bounded
from montage_recipe.checks.measured import STEP_S
from montage_recipe.checks.spans import stretches
from montage_recipe.checks.spec import Finding
from montage_recipe.diagnostics import RecipePath
from montage_recipe.timecode import clock
from montage_recipe.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_REACH = 40  # steps that are looked at before and after
_WINDOW = 200  # steps that are compared together
_LATE = 2  # steps that are heard: two hundredths of a second
_CLEARLY = 0.6  # what another explanation must leave of a difference
_NOISE_DB = 0.5  # encoding alone moves a level by less, on average
_AUDIBLE_DB = -50.0  # below, encoders do as they like
_LEVEL_DB = 0.7
_ALIKE_DB, _MOSTLY = 2.0, 0.75  # how near to one level how much of the sound must be for it to be told as one
_ENDS = (10, 90)  # percentiles that are told where it is not
_OTHER_DB, _SMOOTHED, _OTHER_STEPS = 4.0, 10, 20  # away, on average of so many steps, for so many steps
_GAP_DB, _GAP_STEPS = 20.0, 4  # a gap is short and deep
_SHORTER = 5  # steps by which the sound may be shorter or longer: encoders end with a whole frame
_MOST_TOLD = 4
_HINT = "listen to the film there; where it is meant: `montage-recipe check RECIPE --update`"


def sound_findings(golden: NDArray[np.float32], found: NDArray[np.float32], film: Film) -> Iterator[Finding]:
    """Both are levels in dB, [steps, 2]."""
    import numpy as np

    length = min(len(golden), len(found))
    if not length:
        if len(golden) or len(found):
            order = "no sound, and the golden has some" if len(golden) else "a sound, and the golden has none"
            yield Finding(code="sound-differs", message=f"the film has {order}", hint=_HINT)
        return
    if abs(len(golden) - len(found)) > _SHORTER:
        seconds = [f"{float(len(levels) * STEP_S):.2f} s" for levels in (found, golden)]
        message = f"the sound lasts {seconds[0]} instead of {seconds[1]}"
        yield Finding(code="sound-differs", message=message, hint=_HINT)
    golden, found = bounded(golden[:length]), bounded(found[:length])
    if _are_swapped(golden, found):
        yield Finding(code="channels-swapped", message="left and right are exchanged", hint=_HINT)
        found = found[:, ::-1]
    moved = tuple(_moved(golden, found))
    yield from (_late(each, length, film) for each in moved)
    found = _put_back(golden, found, moved)
    away = _level_differences(golden, found)
    level = float(np.median(away)) if len(away) else 0.0
    if abs(level) > _LEVEL_DB:
        if _agrees(away, level):
            message = f"the sound is {_level_text(level)}"
            found = found - level
        else:
            ends = [_level_text(float(end)) for end in np.percentile(away, _ENDS)]
            message = f"the sound's level differs, not everywhere by as much: from {ends[0]} to {ends[1]}"
        yield Finding(code="sound-level-differs", message=message, hint=_HINT)
    yield from _other_sounds(golden, found, film)


def _level_differences(golden: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how many dB it is louder, where both can be heard, on average of a few steps."""
    import numpy as np

    audible = (golden > _AUDIBLE_DB) & (found > _AUDIBLE_DB)
    window = np.ones(_SMOOTHED)
    sums = np.convolve(np.where(audible, found - golden, 0).sum(axis=1), window, mode="same")
    counts = np.convolve(audible.sum(axis=1), window, mode="same")
    away: NDArray[np.float32] = (sums[counts > 0] / counts[counts > 0]).astype(np.float32)
    return away


def _agrees(away: NDArray[np.float32], level: float) -> bool:
    """Whether one number says by how much the level differs."""
    import numpy as np

    return bool((np.abs(away - level) < _ALIKE_DB).mean() >= _MOSTLY)


def _level_text(level: float) -> str:
    return f"{abs(level):.1f} dB {'louder' if level > 0 else 'quieter'}"


def _are_swapped(golden: NDArray[np.float32], found: NDArray[np.float32]) -> bool:
    import numpy as np

    straight, crossed = np.abs(golden - found).mean(), np.abs(golden - found[:, ::-1]).mean()
    return bool(straight > _NOISE_DB and crossed < _CLEARLY * straight)


def _moved(golden: NDArray[np.float32], found: NDArray[np.float32]) -> Iterator[Displacement]:
    """In steps: each window's own level is taken off, so that a quieter sound can be late too."""
    starts = range(0, max(1, len(golden) - _WINDOW + 1), _WINDOW)
    shifts = [_shift(golden, found, start) for start in starts]
    for each in displacements(shifts, fewest=2 if len(shifts) > 2 else 1):
        if abs(each.shift) >= _LATE:
            yield Displacement(each.first * _WINDOW, min((each.last + 1) * _WINDOW, len(golden)), each.shift)


def _shift(golden: NDArray[np.float32], found: NDArray[np.float32], start: int) -> int | None:
    import numpy as np

    wanted = golden[start : start + _WINDOW]
    wanted = wanted - wanted.mean(axis=0)
    distances = np.full(2 * _REACH + 1, np.inf)
    for number in range(2 * _REACH + 1):
        first = start + number - _REACH
        has = found[max(0, first) : max(0, first + len(wanted))]
        if len(has) == len(wanted):
            distances[number] = np.abs(wanted - (has - has.mean(axis=0))).mean()
    here, best = distances[_REACH], int(distances.argmin()) - _REACH
    if best and here > _NOISE_DB and distances[best + _REACH] < _CLEARLY * here:
        return best
    return 0 if here < _CLEARLY * np.median(distances[np.isfinite(distances)]) else None


def _put_back(
    golden: NDArray[np.float32], found: NDArray[np.float32], moved: tuple[Displacement, ...]
) -> NDArray[np.float32]:
    """What has moved, at its place; what was pushed out of the film is as the golden has it. A stretch is known to a window,
    so around its ends the better of the two is taken."""
    import numpy as np

    put = found.copy()
    for each in moved:
        steps = np.arange(max(0, each.first - _WINDOW), min(len(found), each.last + _WINDOW))
        numbers = steps + each.shift
        inside = (numbers >= 0) & (numbers < len(found))
        back = np.where(inside[:, None], found[np.clip(numbers, 0, len(found) - 1)], golden[steps])
        certain = (steps >= each.first) & (steps < each.last)
        nearer = np.abs(back - golden[steps]).max(axis=1) < np.abs(put[steps] - golden[steps]).max(axis=1)
        put[steps] = np.where((certain | nearer)[:, None], back, put[steps])
    return put


def _late(moved: Displacement, length: int, film: Film) -> Finding:
    start, end = moved.first * STEP_S, moved.last * STEP_S
    order = "late" if moved.shift > 0 else "early"
    place, at = _place(film, start, end, whole=moved.first == 0 and moved.last > length - _WINDOW)
    message = f"the sound is {abs(moved.shift) * 10} ms {order} {place}"
    return Finding(code=f"sound-{order}", message=message, hint=_HINT, at=at, start=start, end=end)


def _place(film: Film, start: Fraction, end: Fraction, *, whole: bool) -> tuple[str, RecipePath]:
    """Where something is, in words and in the recipe: what is throughout belongs to no clip."""
    if whole:
        return "throughout", ()
    return f"from {clock(start)} to {clock(end)}{film.during(start, end)}", film.place_of(int(start * film.rate))


def _in_one_of(runs: list[tuple[int, int]], run: tuple[int, int]) -> bool:
    return any(first <= run[1] and run[0] <= last for first, last in runs)


def _other_sounds(golden: NDArray[np.float32], found: NDArray[np.float32], film: Film) -> Iterator[Finding]:
    import numpy as np

    away = np.abs(golden - found).max(axis=1)
    smoothed = np.convolve(away, np.ones(_SMOOTHED) / _SMOOTHED, mode="same")
    runs = [run for run in stretches(smoothed > _OTHER_DB) if run[1] - run[0] >= _OTHER_STEPS]
    runs = sorted(
        runs + [run for run in stretches(away > _GAP_DB) if run[1] - run[0] >= _GAP_STEPS and not _in_one_of(runs, run)]
    )
    for first, last in runs[:_MOST_TOLD]:
        start, end = first * STEP_S, last * STEP_S
        whole = first <= _SMOOTHED and last >= len(away) - _SMOOTHED
        place, at = _place(film, start, end, whole=whole)
        message, code = f"another sound {place}: {away[first:last].mean():.0f} dB away on average", "sound-differs"
        levels = _level_differences(golden[first:last], found[first:last])
        level = float(np.median(levels)) if len(levels) else 0.0
        if len(levels) >= _MOSTLY * (last - first) and abs(level) > _OTHER_DB and _agrees(levels, level):
            message, code = f"the sound is {_level_text(level)} {place}", "sound-level-differs"
        yield Finding(code=code, message=message, hint=_HINT, at=at, start=start, end=end)
    if (more := len(runs) - _MOST_TOLD) > 0:
        yield Finding(code="sound-differs", message=f"and in {counted(more, 'further place')}", hint=_HINT)
