"""The golden of a whole render: some of its frames in 32x18 pixels each, and its sound's levels, in one PNG.

A golden is looked at, committed and compared with tolerances: another build of ffmpeg, another number of threads or another
encoder moves a pixel of a tile by 6 of 255 at most, a frame that is late by 60 (measured on one clip). The PNG is the tiles,
16 a row, and below them the sound: a pixel is a hundredth of a second, its red the left and its green the right channel. Which
frames they are stands in its text chunk. This is the only door to Pillow.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from montage_recipe.checks.film import Film
from montage_recipe.checks.goldens import Unusable, open_golden
from montage_recipe.untrusted import Confinement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

TILE_WIDTH, TILE_HEIGHT = 32, 18
COLUMNS = 16
QUIETEST_DB, STEPS_A_DB = -60.0, 4.0  # a level is one byte: 0 is QUIETEST_DB or less

_WIDTH = COLUMNS * TILE_WIDTH
_CHUNK = "montage-recipe"
_VERSION = 1
_LEAST_PIXELS = 16  # of a frame's width and height
_LARGEST_BYTES = 256 << 20
# What a file that somebody else wrote may make of reading it.
_DAMAGE = (OSError, ValueError, KeyError, TypeError, SyntaxError, ArithmeticError, RecursionError)
_MOST_PIXELS = 100_000_000  # a golden of ten hours has 10 million


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderGolden:
    rate: Fraction  # of the film
    length: int  # frames of the film
    frames: tuple[int, ...]  # those that there are tiles of, in order
    tiles: NDArray[np.uint8]  # [len(frames), 18, 32, 3], RGB
    levels: NDArray[np.float32]  # [steps, 2], dB, QUIETEST_DB or more


def telling_frames(film: Film) -> tuple[int, ...]:
    """Of each clip and each transition the first and the last frame and one every second between; of each title the middle."""
    found = set[int]()
    for scene in film.scenes:
        start, end = scene.frames
        parts = max(2, ceil((end - start) / film.rate))
        found |= {start + (end - 1 - start) * part // parts for part in range(parts + 1)}
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


def read_golden(file: Path, within: Confinement | None = None) -> RenderGolden | Unusable | None:
    """None where there is none. `within` is the folder that must hold it."""
    import numpy as np
    from PIL import Image

    try:
        with open_golden(file, within) as stream, _image(stream) as image:
            if image.width != _WIDTH or image.width * image.height > _MOST_PIXELS or _CHUNK not in image.info:
                return Unusable("it is another picture, not one that `check --update` has written", is_foreign=True)
            about = json.loads(image.info[_CHUNK])
            pixels = np.asarray(image.convert("RGB"))
        return _read(about, pixels)
    except FileNotFoundError:
        return None
    except _DAMAGE as error:
        return Unusable(f"it cannot be read ({error})")
    except Image.DecompressionBombError:
        return Unusable("it has too many pixels")


def _image(stream: BinaryIO) -> Image.Image:
    """Raises one of _DAMAGE."""
    from PIL import Image

    if os.fstat(stream.fileno()).st_size > _LARGEST_BYTES:
        raise ValueError("it is too large")
    return Image.open(stream, formats=["PNG"])


def _read(about: Any, pixels: NDArray[np.uint8]) -> RenderGolden | Unusable:
    """What was written, each number held against the others. Raises one of _DAMAGE."""
    import numpy as np

    if about["version"] != _VERSION:
        return Unusable("another release of montage-recipe has written it")
    rate, length, steps = Fraction(about["rate"]), int(about["length"]), int(about["steps"])
    frames = tuple(map(int, about["frames"]))
    rows = -(-len(frames) // COLUMNS)
    lines = -(-steps // _WIDTH)
    in_order = bool(frames) and frames[0] >= 0 and all(one < other for one, other in pairwise((*frames, length)))
    if not (1 <= rate <= 1000 and in_order and steps >= 0 and len(pixels) == rows * TILE_HEIGHT + lines):
        return Unusable("what is written in it does not fit together")
    grid = pixels[: rows * TILE_HEIGHT].reshape(rows, TILE_HEIGHT, COLUMNS, TILE_WIDTH, 3).swapaxes(1, 2)
    levels = pixels[rows * TILE_HEIGHT :].reshape(-1, 3)[:steps, :2]
    return RenderGolden(
        rate=rate,
        length=length,
        frames=frames,
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


def size_of_picture(file: Path, within: Confinement | None = None) -> tuple[int, int] | Unusable:
    """Width and height of a golden frame, in pixels; it is decoded once, so that one that is cut short is found. `within`
    is the folder that must hold it."""
    from PIL import Image

    try:
        with open_golden(file, within) as stream, _image(stream) as image:
            if image.width * image.height > _MOST_PIXELS:
                return Unusable("it has too many pixels")
            if min(image.size) < _LEAST_PIXELS:
                return Unusable(f"it has {image.width}x{image.height} pixels, too few to compare")
            image.load()
            return image.size
    except _DAMAGE as error:
        return Unusable(f"it cannot be read ({error})")
    except Image.DecompressionBombError:
        return Unusable("it has too many pixels")
