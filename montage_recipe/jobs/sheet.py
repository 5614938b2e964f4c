"""A contact sheet: which moments of a timeline it shows, and the job that lays their stills out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from montage_recipe.effects.spec import call
from montage_recipe.engine import Engine
from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.graph.emit import GraphArguments
from montage_recipe.graph.model import FilterGraph
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.model import Expected, FileInput, Job, JobInput, JobKind, TextFile
from montage_recipe.jobs.still import PNG_OPTIONS
from montage_recipe.recipe.kinds import Color, Size
from montage_recipe.timecode import clock
from montage_recipe.timeline.model import Timeline
from montage_recipe.titles.document import SAFE_MARGIN, PlacedTitle, ass_document
from montage_recipe.titles.lower import (
    DOCUMENT_NAME,
    FONTCONFIG_NAME,
    NO_SYSTEM_FONTS,
    font_files,
    text_matrix,
    title_filters,
    title_fonts,
)

GAP = 8  # pixels between and around the stills
_RATE = Fraction(25)  # of the stills as ffmpeg reads them: one after the other
_GROUND = "0x202020"
_LETTERS, _SMALLEST_LETTERS = Fraction(1, 20), 12  # the height of a label's line: a part of a still's width, pixels
_LINE = Fraction(7, 5)  # what a label takes, in lines
_BYTES_A_PIXEL = 12  # the sheet, the frame it is laid out in, and the encoder's rows
_PROCESS_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A frame worth seeing, and what is written on it."""

    frame: int
    label: str


def moments_of(timeline: Timeline) -> tuple[Moment, ...]:
    """The middle of each transition, and of what each clip shows by itself, in the order of time."""
    found = []
    for number, clip in enumerate(timeline.clips):
        if clip.transition.frames:
            frame = clip.shows.start + clip.transition.frames // 2
            found.append(Moment(frame=frame, label=f"{clip.transition.type} {clock(frame / timeline.canvas.fps)}"))
        body = timeline.body(number)
        if body.length > 0:  # else its transitions have shown all of it
            frame = body.start + body.length // 2
            name = f"{number + 1} {clip.id}" if clip.id else f"{number + 1}"
            found.append(Moment(frame=frame, label=f"{name} {clock(frame / timeline.canvas.fps)}"))
    return tuple(sorted(found, key=lambda moment: moment.frame))


def _with_label(still: Size) -> Size:
    """A still with room for its label below it: a line, and the margin that titles keep from the edge."""
    below = _LINE * _letters(still)
    return Size(still.width, ceil((still.height + below) / (1 - SAFE_MARGIN)))


def _letters(still: Size) -> Fraction:
    return max(_LETTERS * still.width, Fraction(_SMALLEST_LETTERS))


def sheet_job(stills: Sequence[Job], moments: Sequence[Moment], still: Size, columns: int, engine: Engine) -> Job:
    """Lays out the pictures of `stills`, each `still` large and with its moment's label, in rows of `columns`, as a PNG."""
    columns = min(columns, len(stills))
    rows = -(-len(stills) // columns)
    tile = _with_label(still)
    size = Size(columns * (tile.width + GAP) + GAP, rows * (tile.height + GAP) + GAP)
    labels = [
        PlacedTitle(
            text=moment.label,
            start_frame=number + 1,
            end_frame=number + 2,
            fade_frames=0,
            position="bottom-left",
            size=_letters(still) / tile.height,
            color=Color(255, 255, 255),
            style="plain",
            fonts=title_fonts(moment.label, None),
        )
        for number, moment in enumerate(moments)
    ]
    document = ass_document(labels, tile, matrix=text_matrix(engine.version))
    files = (TextFile(name=DOCUMENT_NAME, text=document), TextFile(name=FONTCONFIG_NAME, text=NO_SYSTEM_FONTS))
    inputs: tuple[FileInput | JobInput, ...] = (
        *(JobInput(name=f"still{number:05}.png", key=job.key) for number, job in enumerate(stills)),
        *(FileInput(name=name, file=str(font.file), fingerprint=font.fingerprint) for name, font in font_files(labels)),
    )
    argv = GraphArguments(_graph(tile, columns, rows), output_options=PNG_OPTIONS, output="file:out.png")
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=inputs, files=files),
        kind=JobKind.VIDEO,
        label="contact sheet",
        argv=argv,
        inputs=inputs,
        files=files,
        output="out.png",
        expected=Expected(frames=1, width=size.width, height=size.height),
        memory_bytes=_PROCESS_BYTES + _BYTES_A_PIXEL * size.width * size.height,
        threads=1,
        duration=Fraction(1),
    )


def _graph(tile: Size, columns: int, rows: int) -> FilterGraph:
    builder = GraphBuilder()
    calls = (
        call("format", pix_fmts="rgb24"),
        call("pad", w=tile.width, h=tile.height, x=0, y=0, color=_GROUND),
        *title_filters(shift_frames=1, rate=_RATE),
        call("tile", layout=f"{columns}x{rows}", padding=GAP, margin=GAP, color=_GROUND),
    )
    return builder.finish(builder.chain(builder.numbered("still%05d.png", _RATE), calls, at=()))
