"""The golden of a whole render: some of its frames in 32x18 pixels each, and its sound's levels, in one PNG.

A golden is looked at, committed and compared with tolerances: another build of ffmpeg, another number of threads or another
encoder moves a pixel of a tile by 6 of 255 at most, a frame that is late by 60 (measured on one clip). The PNG is the tiles,
16 a row, and below them the sound: a pixel is a hundredth of a second, its red the left and its green the right channel. Which
frames they are stands in its text chunk. This is the only door to Pillow.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import Unusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TILE_WIDTH, TILE_HEIGHT = 32, 18
COLUMNS = 16
QUIETEST_DB, STEPS_A_DB = -60.0, 4.0  # a level is one byte: 0 is QUIETEST_DB or less

_WIDTH = COLUMNS * TILE_WIDTH
_CHUNK = "montage-recipe"
_VERSION = 1
_MOST_PIXELS = 100_000_000  # a golden of ten hours has 10 million


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderGolden:
    rate: Fraction  # of the film
    length: int  # frames of the film
    frames: tuple[int, ...]  # those that there are tiles of, in order
    tiles: NDArray[np.uint8]  # [len(frames), 18, 32, 3], RGB
    levels: NDArray[np.float32]  # [steps, 2], dB, QUIETEST_DB or more


def telling_frames(film: Film) -> tuple[int, ...]:
    """Of each clip and each transition the first, the middle and the last frame; of each title the middle one."""
    found = set[int]()
    for scene in film.scenes:
        start, end = scene.frames
        found |= {start, (start + end) // 2, end - 1}
    found |= {sum(title.frames) // 2 for title in film.titles}
    return tuple(sorted(found))


def bounded(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Levels as a golden holds them: nothing is quieter than QUIETEST_DB."""
    import numpy as np

    return np.clip(levels, QUIETEST_DB, QUIETEST_DB + 255 / STEPS_A_DB)


def as_png(golden: RenderGolden) -> bytes:
    import numpy as np
    from PIL import Image, PngImagePlugin

    rows = -(-len(golden.frames) // COLUMNS)
    grid = np.zeros((rows * COLUMNS, TILE_HEIGHT, TILE_WIDTH, 3), np.uint8)
    grid[: len(golden.frames)] = golden.tiles
    picture = grid.reshape(rows, COLUMNS, TILE_HEIGHT, TILE_WIDTH, 3).swapaxes(1, 2).reshape(-1, _WIDTH, 3)
    lines = -(-len(golden.levels) // _WIDTH)
    sound = np.zeros((lines * _WIDTH, 3), np.uint8)
    sound[: len(golden.levels), :2] = np.rint((bounded(golden.levels) - QUIETEST_DB) * STEPS_A_DB)
    text = PngImagePlugin.PngInfo()
    about = {
        "version": _VERSION,
        "rate": str(golden.rate),
        "length": golden.length,
        "frames": golden.frames,
        "steps": len(golden.levels),
    }
    text.add_text(_CHUNK, json.dumps(about))
    file = io.BytesIO()
    Image.fromarray(np.concatenate((picture, sound.reshape(-1, _WIDTH, 3)))).save(
        file, "PNG", pnginfo=text, optimize=True
    )
    return file.getvalue()


def read_golden(file: Path) -> RenderGolden | Unusable | None:
    """None where there is none."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file, formats=["PNG"]) as image:
            if image.width != _WIDTH or image.width * image.height > _MOST_PIXELS or _CHUNK not in image.info:
                return Unusable("it is another picture, not one that `check --update` has written")
            about = json.loads(image.info[_CHUNK])
            pixels = np.asarray(image.convert("RGB"))
        return _read(about, pixels)
    except FileNotFoundError:
        return None
    except (OSError, UnidentifiedImageError, ValueError, KeyError, TypeError, SyntaxError) as error:
        return Unusable(f"it cannot be read ({error})")


def _read(about: dict[str, object], pixels: NDArray[np.uint8]) -> RenderGolden | Unusable:
    import numpy as np

    if about["version"] != _VERSION:
        return Unusable("another release of montage-recipe has written it")
    frames = about["frames"]
    assert isinstance(frames, list)
    rows = -(-len(frames) // COLUMNS)
    grid = pixels[: rows * TILE_HEIGHT].reshape(rows, TILE_HEIGHT, COLUMNS, TILE_WIDTH, 3).swapaxes(1, 2)
    levels = pixels[rows * TILE_HEIGHT :].reshape(-1, 3)[: int(str(about["steps"])), :2]
    return RenderGolden(
        rate=Fraction(str(about["rate"])),
        length=int(str(about["length"])),
        frames=tuple(map(int, frames)),
        tiles=grid.reshape(-1, TILE_HEIGHT, TILE_WIDTH, 3)[: len(frames)],
        levels=levels.astype(np.float32) / STEPS_A_DB + QUIETEST_DB,
    )


def golden_of(film: Film, frames: Iterable[int], tiles: NDArray[np.uint8], levels: NDArray[np.float32]) -> RenderGolden:
    """Of a film that was just measured: `tiles` of all its frames, `levels` of its sound."""
    chosen = [frame for frame in frames if frame < len(tiles)]
    return RenderGolden(
        rate=film.rate,
        length=len(tiles),
        frames=tuple(chosen),
        tiles=tiles[chosen],
        levels=bounded(levels),
    )


def size_of_picture(file: Path) -> tuple[int, int] | Unusable:
    """Width and height of a golden frame, in pixels."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file, formats=["PNG"]) as image:
            if image.width * image.height > _MOST_PIXELS:
                return Unusable("it has too many pixels")
            return image.size
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        return Unusable(f"it cannot be read ({error})")
