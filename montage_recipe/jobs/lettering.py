"""The files that a segment's titles are drawn from: the text with its times, and the fonts."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RecipeError, RecipePath
from montage_recipe.engine import Engine
from montage_recipe.graph.titles import titles_in
from montage_recipe.jobs.model import FileInput, TextFile
from montage_recipe.timeline.model import FrameSpan, Timeline
from montage_recipe.titles.coverage import missing_characters
from montage_recipe.titles.document import PlacedTitle, ass_document
from montage_recipe.titles.fonts import FontFacts, builtin_facts, read_font
from montage_recipe.titles.lower import (
    DOCUMENT_NAME,
    FONTCONFIG_NAME,
    NO_SYSTEM_FONTS,
    draws_above_bmp,
    font_files,
    text_matrix,
    title_fonts,
)
from montage_recipe.untrusted import Confinement


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """What drawing a timeline's titles takes, read from font files once."""

    fonts: Mapping[RecipePath, tuple[FontFacts, ...]]  # a title's place -> its font, then those for what it lacks
    matrix: str  # the engine's way from RGB to YUV, see titles.lower

    def files(self, timeline: Timeline, span: FrameSpan) -> tuple[tuple[FileInput, ...], tuple[TextFile, ...]]:
        """The fonts to link and the texts to write into the job's folder; nothing where the span has no title."""
        placed = [
            PlacedTitle(
                text=title.text,
                start_frame=shows.start,
                end_frame=shows.end,
                fade_frames=title.fade_frames,
                position=title.position,
                size=title.size,
                color=title.color,
                style=title.style,
                fonts=self.fonts[title.at],
            )
            for title, shows in titles_in(timeline, span)
        ]
        if not placed:
            return (), ()
        links = tuple(
            FileInput(name=name, file=str(font.file), fingerprint=font.fingerprint) for name, font in font_files(placed)
        )
        document = ass_document(placed, timeline.canvas.size, matrix=self.matrix)
        return links, (
            TextFile(name=DOCUMENT_NAME, text=document),
            TextFile(name=FONTCONFIG_NAME, text=NO_SYSTEM_FONTS),
        )


def lettering(timeline: Timeline, engine: Engine, within: Confinement | None = None) -> Lettering:
    """Reads the fonts of a timeline's titles. Raises RecipeError for a font that cannot be used and for characters that
    no font has: they would be drawn as empty boxes. `within` is the folder that must hold them."""
    fonts: dict[RecipePath, tuple[FontFacts, ...]] = {}
    faults = []
    above_bmp = draws_above_bmp(engine.version)
    read = functools.cache(read_font)  # 10 ms for one, which a hundred titles may share
    for title in timeline.titles:
        try:
            fonts[title.at] = title_fonts(title.text, read(Path(title.font), within=within) if title.font else None)
        except ValueError as error:
            faults.append(
                Diagnostic(
                    code="font-unusable",
                    path=(*title.at, "font"),
                    message=str(error),
                    hint="name a TrueType or OpenType font",
                )
            )
            continue
        if missing := missing_characters(title.text, (*fonts[title.at], *builtin_facts()), above_bmp=above_bmp):
            faults.append(
                Diagnostic(
                    code="missing-glyphs",
                    path=(*title.at, "text"),
                    message=f"no font at hand has a glyph for {' '.join(missing)}",
                    hint="name a font file that has them: `font: fonts/NAME.ttf`; for Chinese, Japanese and Korean, "
                    "`pip install 'montage-recipe[cjk]'`",
                )
            )
    if faults:
        raise RecipeError(faults)
    return Lettering(fonts=fonts, matrix=text_matrix(engine.version))
