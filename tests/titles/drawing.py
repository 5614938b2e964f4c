"""Draws titles on a real ffmpeg, with no fonts but those of the titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from montage_recipe.engine import Engine
from montage_recipe.recipe.kinds import Color, Size
from montage_recipe.titles.document import PlacedTitle, ass_document
from montage_recipe.titles.fonts import FontFacts
from montage_recipe.titles.lower import (
    DOCUMENT_NAME,
    FONTCONFIG_NAME,
    FONTS_FOLDER,
    NO_SYSTEM_FONTS,
    font_files,
    text_matrix,
    title_filters,
    title_fonts,
)
from tests.frames import CANVAS, filter_text, frames_of

WHITE = Color(255, 255, 255)


def title(
    text: str,
    *,
    frames: tuple[int, int] = (0, 1),
    fade_frames: int = 0,
    position: str = "center",
    size: Fraction = Fraction(1, 5),
    color: Color = WHITE,
    style: str = "plain",
    fonts: tuple[FontFacts, ...] | None = None,
) -> PlacedTitle:
    return PlacedTitle(
        text=text,
        start_frame=frames[0],
        end_frame=frames[1],
        fade_frames=fade_frames,
        position=position,
        size=size,
        color=color,
        style=style,
        fonts=fonts or title_fonts(text, None),
    )


def draw(
    engine: Engine,
    folder: Path,
    titles: Sequence[PlacedTitle],
    *,
    size: tuple[int, int] = (320, 180),
    rate: Fraction = Fraction(30),
    frames: int = 1,
    shift_frames: int = 0,
    background: str = "0x204060",
) -> list[bytes]:
    """The frames of a plain background with the titles over it; the first of them is the titles' frame `shift_frames`."""
    # As a segment's titles are: the document's clock begins half a frame before its frame 1.
    titles = [replace(each, start_frame=each.start_frame + 1, end_frame=each.end_frame + 1) for each in titles]
    (folder / FONTS_FOLDER).mkdir(parents=True, exist_ok=True)
    for name, font in font_files(titles):
        if not (folder / name).exists():
            (folder / name).symlink_to(font.file)
    (folder / FONTCONFIG_NAME).write_text(NO_SYSTEM_FONTS)
    document = ass_document(titles, Size(*size), matrix=text_matrix(engine.version))
    (folder / DOCUMENT_NAME).write_text(document, encoding="utf-8")
    graph = (
        f"color=c={background}:s={size[0]}x{size[1]}:r={rate},{CANVAS},trim=end_frame={frames},"
        f"{filter_text(title_filters(shift_frames=shift_frames + 1, rate=rate))}"
    )
    return frames_of(engine, graph, size, folder, FONTCONFIG_FILE=str(folder / FONTCONFIG_NAME))


def ink(frame: bytes, size: tuple[int, int] = (320, 180)) -> tuple[int, int, int, int] | None:
    """The box around everything unlike the top left pixel of the luma: left, top, right, bottom; None if there is
    nothing. Right and bottom are exclusive."""
    width, height = size
    rows = [frame[y * width : (y + 1) * width] for y in range(height)]
    marked = [[x for x, value in enumerate(row) if abs(value - frame[0]) > 8] for row in rows]
    ys = [y for y, row in enumerate(marked) if row]
    if not ys:
        return None
    return min(row[0] for row in marked if row), ys[0], max(row[-1] for row in marked if row) + 1, ys[-1] + 1
