"""How much one file may hold: for somebody else's recipe less than for one's own."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from montage_recipe import untrusted
from montage_recipe.media.containers import ANIMATIONS
from montage_recipe.media.decoders import MOST_PIXELS
from montage_recipe.media.facts import MediaFacts
from montage_recipe.media.source import refusal
from montage_recipe.timecode import format_seconds
from montage_recipe.untrusted import Confinement

_CURE = "cut or convert it; or, where the recipe is your own or you have read it, --trusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    pixels: int = MOST_PIXELS
    pictures: int | None = None
    animation_pictures: int | None = None

    def refuse_pixels(self, file: Path, width: int, height: int) -> None:
        """Raises RecipeError for a picture that is too large to be decoded."""
        if width * height <= self.pixels:
            return
        code = "media-unreadable" if self.pixels == MOST_PIXELS else "too-many-pixels"
        hint = f"scale it down; {self.pixels // 1_000_000} megapixels are the most that is read"
        raise refusal(code, f"{file} is {width}x{height} pixels large", hint)

    def refuse_pictures(self, file: Path, container: str, pictures: int) -> None:
        """Raises RecipeError as soon as there are too many."""
        most = self.animation_pictures if container in ANIMATIONS else self.pictures
        if most is not None and pictures > most:
            raise refusal("too-many-pictures", f"{file.name} has more than {most:,} pictures", _CURE)


def stated_size(head: bytes) -> tuple[int, int]:
    """The width and height that a PNG, GIF or BMP begins with, before anything is decoded; 0 and 0 for other files."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return struct.unpack(">LL", head[16:24].ljust(8, b"\0"))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return struct.unpack("<HH", head[6:10].ljust(4, b"\0"))
    if head.startswith(b"BM"):
        width, height = struct.unpack("<ll", head[18:26].ljust(8, b"\0"))
        return abs(width), abs(height)
    return 0, 0


_OWN = Bounds()
_OTHERS = Bounds(
    pixels=untrusted.MOST_PIXELS,
    pictures=untrusted.MOST_PICTURES,
    animation_pictures=untrusted.MOST_ANIMATION_PICTURES,
)


def bounds_of(within: Confinement | None) -> Bounds:
    return _OTHERS if within else _OWN


def refuse_excess(facts: MediaFacts) -> None:
    """Raises RecipeError where a file that could be read is too much for somebody else's recipe."""
    file = Path(facts.file)
    if facts.video:
        _OTHERS.refuse_pixels(file, facts.video.width, facts.video.height)
        _OTHERS.refuse_pictures(file, facts.container, facts.video.frames)
    if facts.duration is not None and facts.duration > untrusted.LONGEST_MEDIUM_S:
        most = f"{untrusted.LONGEST_MEDIUM_S // 3600} hours are the most for somebody else's recipe"
        raise refusal("medium-too-long", f"{file.name} lasts {format_seconds(facts.duration)}; {most}", _CURE)
