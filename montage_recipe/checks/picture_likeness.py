"""Compares a film's frames with a golden's, and says what is the matter: late, of other colours, without title, another one.

Thresholds are of tiles of 32x18 pixels, in levels of 255. Measured against one clip: other threads differ by 4 at most and 0.16
on average, x265 by 6 and 0.5, a missing text by 82 and 0.7, a hue of 8 degrees by 31 and 8.6, a late frame by 63 and 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import degrees
from typing import TYPE_CHECKING

from montage_recipe.checks.displaced import Displacement, displacements
from montage_recipe.checks.film import Film
from montage_recipe.checks.golden_render import RenderGolden
from montage_recipe.checks.spans import stretches
from montage_recipe.checks.spec import Finding
from montage_recipe.timecode import clock
from montage_recipe.wording import counted, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MEAN, _MOST = 1.4, 12  # how far a tile may be away: on average, and anywhere
_REACH = 3  # frames that are looked at before and after
_TICK = Fraction(1, 100)  # of a frame: where a moment counts as the next one's
_NOISE = 0.35  # encoding alone moves a tile by less
_CLEARLY = 0.5  # what another explanation must leave of a difference
_FEWEST = 2  # points that must agree on a shift
_LEAST_DEGREES, _LEAST_STRETCH = 2.5, 0.04
_LETTERS_COVER, _LETTER_LEVELS = 0.4, 6  # the most of a tile that a title takes, and how far it stands out
_MOST_TOLD = 4
_HINT = "look at the film there; where it is meant: `montage-recipe check RECIPE --update`"

# RGB to luma and the two differences of colour (BT.709).
_TO_YCC = ((0.2126, 0.7152, 0.0722), (-0.1146, -0.3854, 0.5), (0.5, -0.4542, -0.0458))


@dataclass(frozen=True, slots=True)
class _Compared:
    """A golden's tiles beside the film's, each at the shift that its stretch has."""

    frames: Sequence[int]
    golden: NDArray[np.float32]
    found: NDArray[np.float32]
    failing: NDArray[np.bool_]


def picture_findings(golden: RenderGolden, film: Film, tiles: NDArray[np.uint8]) -> Iterator[Finding]:
    """`tiles` are those of all frames of the film."""
    import numpy as np

    beside = {shift: _beside(golden, film, tiles, shift) for shift in range(-_REACH, _REACH + 1)}
    wanted = golden.tiles.astype(np.float32)
    places = _places(golden, film, 0)
    distances = np.stack([np.abs(wanted - found).mean(axis=(1, 2, 3)) for found in beside.values()], axis=1)
    moved = displacements([_shift(row) for row in distances], fewest=_FEWEST)
    yield from (_late(each, places, film) for each in moved)
    found = beside[0].copy()
    for each in moved:
        found[each.first : each.last + 1] = beside[each.shift][each.first : each.last + 1]
    away = np.abs(wanted - found)
    failing = (away.mean(axis=(1, 2, 3)) > _MEAN) | (away.max(axis=(1, 2, 3)) > _MOST)
    # Where a shift begins and ends, a tile may lie on the other side, and what is pushed out of the film cannot be compared.
    for each in moved:
        for edge in (each.first - 1, each.last + 1):
            if 0 <= edge < len(failing) and distances[edge].min() <= _MEAN:
                failing[edge] = False
        for number in range(each.first, len(failing) if each is moved[-1] else each.last + 1):
            if not 0 <= golden.frames[number] + each.shift < golden.length:
                failing[number] = False
    if failing.any():
        yield from _explained(_Compared(places, wanted, found, failing), film)


def _places(golden: RenderGolden, film: Film, shift: int) -> list[int]:
    """The golden's moments, `shift` of its frames later, in the film's own frames."""
    return [int((frame + shift) / golden.rate * film.rate + _TICK) for frame in golden.frames]


def _beside(golden: RenderGolden, film: Film, tiles: NDArray[np.uint8], shift: int) -> NDArray[np.float32]:
    """The film's tiles at the golden's moments, `shift` frames later."""
    import numpy as np

    numbers = [min(max(0, number), len(tiles) - 1) for number in _places(golden, film, shift)]
    return tiles[numbers].astype(np.float32)


def _shift(distances: NDArray[np.float32]) -> int | None:
    """By how many frames a tile is late, from its distances at each shift; None where it cannot tell."""
    here, best = float(distances[_REACH]), int(distances.argmin()) - _REACH
    if best and here > _NOISE and distances[best + _REACH] < _CLEARLY * here:
        return best
    neighbours = (float(distances[_REACH - 1]), float(distances[_REACH + 1]))
    return 0 if here < _CLEARLY * min(neighbours) else None


def _late(moved: Displacement, frames: Sequence[int], film: Film) -> Finding:
    count = abs(moved.shift)
    first, last = frames[moved.first], frames[moved.last]
    whole = moved.first == 0 and moved.last == len(frames) - 1
    start, end = film.seconds(first), film.seconds(last + 1)
    order = "late" if moved.shift > 0 else "early"
    place = (
        "throughout"
        if whole
        else f"from {film.clock(first)}{film.where(first)}"
        if moved.last == len(frames) - 1
        else f"from {film.clock(first)} to {film.clock(last)}{film.during(start, end)}"
    )
    message = f"the picture is {counted(count, 'frame')} {order} {place}"
    at = () if whole else film.place_of(first)
    return Finding(code=f"picture-{order}", message=message, hint=_HINT, at=at, start=start, end=end)


def _explained(seen: _Compared, film: Film) -> Iterator[Finding]:
    if titles := tuple(_missing_titles(seen, film)):
        yield from titles
        return
    for explanation in (_hue, _range, _planes):
        if told := explanation(seen):
            code, message = told
            start, end = film.seconds(_first(seen)), film.seconds(_last(seen) + 1)
            where = "" if seen.failing.all() else f", first at {clock(start)}{film.where(_first(seen))}"
            yield Finding(code=code, message=f"{message}{where}", hint=_HINT, start=start, end=end)
            return
    yield from _other_pictures(seen, film)


def _first(seen: _Compared) -> int:
    return seen.frames[int(seen.failing.argmax())]


def _last(seen: _Compared) -> int:
    return seen.frames[len(seen.frames) - 1 - int(seen.failing[::-1].argmax())]


def _missing_titles(seen: _Compared, film: Film) -> Iterator[Finding]:
    """Titles where the picture differs in the few places that letters take, if it differs nowhere else."""
    import numpy as np

    titled = np.array([any(t.frames[0] <= f < t.frames[1] for t in film.titles) for f in seen.frames])
    if (seen.failing & ~titled).any():
        return
    away = np.abs(seen.golden - seen.found)[seen.failing].max(axis=3)
    if ((away > _LETTER_LEVELS).mean(axis=(1, 2)) > _LETTERS_COVER).any():
        return
    for title in film.titles:
        inside = np.array([title.frames[0] <= frame < title.frames[1] for frame in seen.frames])
        if (seen.failing & inside).any():
            start, end = map(film.seconds, title.frames)
            message = (
                f"the title {shown(title.text)}, from {clock(start)} to {clock(end)}, is missing or looks otherwise"
            )
            yield Finding(code="title-missing", message=message, hint=_HINT, at=title.at, start=start, end=end)


def _ycc(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    return tiles @ np.array(_TO_YCC, np.float32).T


def _leaves(golden: NDArray[np.float32], found: NDArray[np.float32], mended: NDArray[np.float32]) -> float:
    """What part of the difference is left when it is mended."""
    import numpy as np

    before = float(np.abs(golden - found).mean())
    return float(np.abs(golden - mended).mean()) / before if before else 1.0


def _hue(seen: _Compared) -> tuple[str, str] | None:
    import numpy as np

    golden, found = _ycc(seen.golden[seen.failing]), _ycc(seen.found[seen.failing])
    wanted, has = golden[..., 1] + 1j * golden[..., 2], found[..., 1] + 1j * found[..., 2]
    angle = float(np.angle((has * wanted.conj()).sum()))
    turned = has * np.exp(-1j * angle)
    mended = np.stack((found[..., 0], turned.real, turned.imag), axis=-1)
    if abs(degrees(angle)) < _LEAST_DEGREES or _leaves(golden, found, mended) > _CLEARLY:
        return None
    return "picture-hue-shifted", f"the colours are turned by {abs(degrees(angle)):.0f}° of hue"


def _range(seen: _Compared) -> tuple[str, str] | None:
    import numpy as np

    golden, found = _ycc(seen.golden[seen.failing]), _ycc(seen.found[seen.failing])
    luma = found[..., 0]
    inner = (luma > 8) & (luma < 247)  # what is not cut off
    if inner.sum() < 100:
        return None
    stretch, offset = np.polyfit(golden[..., 0][inner], luma[inner], 1)
    mended = found / max(float(stretch), 0.1)
    mended[..., 0] = (luma - offset) / max(float(stretch), 0.1)
    if abs(stretch - 1) < _LEAST_STRETCH or _leaves(golden[inner], found[inner], mended[inner]) > _CLEARLY:
        return None
    # Full range taken for limited stretches by 255/219, limited taken for full squeezes by 219/255; the middle of the two
    # differs from other contrast only in how far.
    told = "further apart" if stretch > 1 else "closer together"
    message = f"black and white lie {abs(stretch - 1) * 100:.0f} % {told}"
    if min(abs(stretch - 255 / 219), abs(stretch - 219 / 255)) < 0.05:
        message += ", as where limited and full range are mistaken for each other"
    return "picture-range-wrong", message


def _planes(seen: _Compared) -> tuple[str, str] | None:
    golden, found = _ycc(seen.golden[seen.failing]), _ycc(seen.found[seen.failing])
    if _leaves(golden, found, found[..., [0, 2, 1]]) > _CLEARLY:
        return None
    return "picture-planes-swapped", "the two planes of colour are exchanged: what was blue is red"


def _other_pictures(seen: _Compared, film: Film) -> Iterator[Finding]:
    import numpy as np

    runs = list(stretches(seen.failing))
    for first, last in runs[:_MOST_TOLD]:
        away = float(np.abs(seen.golden[first:last] - seen.found[first:last]).mean())
        frames = seen.frames[first], seen.frames[last - 1]
        start, end = film.seconds(frames[0]), film.seconds(frames[1] + 1)
        whole = last - first == len(seen.frames)
        place = (
            "throughout"
            if whole
            else f"at {film.clock(frames[0])}{film.where(frames[0])}"
            if frames[0] == frames[1]
            else f"from {film.clock(frames[0])} to {film.clock(frames[1])}{film.during(start, end)}"
        )
        message = f"another picture {place}: {away:.1f} of 255 away on average"
        at = () if whole else film.place_of(frames[0])
        yield Finding(code="picture-differs", message=message, hint=_HINT, at=at, start=start, end=end)
    if (more := len(runs) - _MOST_TOLD) > 0:
        yield Finding(code="picture-differs", message=f"and in {counted(more, 'further place')}", hint=_HINT)
