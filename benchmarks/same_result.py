"""Whether both ways give the same montage: without that, their times cannot be compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.bench import Bench, montage_frames
from benchmarks.compare import Psnr, frame_hashes, psnr, sound_hash
from benchmarks.footage import footage
from benchmarks.measure import Ending
from benchmarks.program import build
from benchmarks.recipe_text import KINDS, Montage, whole, write_recipe
from benchmarks.section import Claim, Section, Table
from benchmarks.single_graph import build_in_one

_CRF = {"lossless": 0, "encoded": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class SameRow:
    kind: str
    encoding: str
    clips: int
    planned: int  # frames
    frames: tuple[int, int]  # decoded: this program's, the single process's
    identical: int
    psnr: Psnr
    same_sound: bool  # every decoded sample


def _measure(bench: Bench) -> Iterator[SameRow]:
    cuts = whole(footage(bench, bench.scale.counts[0]))
    for kind, fade in KINDS.items():
        for encoding, crf in _CRF.items():
            montage = Montage(cuts=cuts, fade_frames=fade, preset="ultrafast", crf=crf)
            ours = build(bench, write_recipe(bench, montage, "same-ours"), "--no-cache").file
            theirs = bench.work / "same-theirs.mp4"
            single = build_in_one(bench, montage, theirs)
            if single.ending is not Ending.DONE:
                raise ChildProcessError(f"the single process: {single.ending}\n{single.stderr[-3000:]}")
            one, other = frame_hashes(bench, ours), frame_hashes(bench, theirs)
            yield SameRow(
                kind=kind,
                encoding=encoding,
                clips=len(cuts),
                planned=montage_frames(len(cuts), fade_frames=fade),
                frames=(len(one), len(other)),
                identical=sum(a == b for a, b in zip(one, other, strict=False)),
                psnr=psnr(bench, ours, theirs),
                same_sound=sound_hash(bench, ours) == sound_hash(bench, theirs),
            )
            ours.unlink()
            theirs.unlink()


def _table(rows: Sequence[SameRow]) -> Table:
    head = ("clips", "joined by", "picture", "frames: planned", "this program", "one process", "identical")
    return Table(
        head=(*head, "PSNR of luma, dB", "of all planes", "of the worst frame", "sound identical"),
        rows=tuple(
            (
                *(str(row.clips), row.kind, row.encoding, str(row.planned), *map(str, row.frames), str(row.identical)),
                *(f"{value:.1f}" for value in (row.psnr.luma, row.psnr.average, row.psnr.lowest)),
                "yes" if row.same_sound else "no",
            )
            for row in rows
        ),
    )


def _claims(rows: Sequence[SameRow]) -> Sequence[Claim]:
    lossless = [row for row in rows if row.encoding == "lossless"]
    wrong = {
        "Montages with other frames than planned, either way": [
            {row.planned} != {row.planned, *row.frames} for row in rows
        ],
        "Montages whose sound differs": [not row.same_sound for row in rows],
    }
    luma = min((row.psnr.luma for row in lossless), default=math.inf)
    return (
        *(Claim(text=text, measured=sum(cases), limit=0) for text, cases in wrong.items()),
        Claim(text="Luma of the lossless montages, both ways", measured=luma, limit=50, unit="dB", at_least=True),
    )


SECTION = Section(
    name="same",
    title="The same result",
    text="The same montage made by this program and by one hand-written ffmpeg process, decoded and compared frame by frame. "
    "*lossless* is x264 with crf 0 and shows what the filter graphs give; *encoded* is crf 20, where the two differ because "
    "x264 makes other bytes with other numbers of threads. With crossfades, the one process takes every frame through 4:4:4 "
    "and back, as xfade wants it; this program mixes the frames of a crossfade in 4:2:0 and leaves all others alone. So the "
    "chroma differs, and in the crossfades the luma by one level of 255.",
    measure=_measure,
    table=_table,
    claims=_claims,
)
