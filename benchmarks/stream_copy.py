"""Cuts out of footage that fits the output already: copied packet by packet, against encoded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.bench import CLIP_FRAMES, FPS, Bench
from benchmarks.compare import Psnr, frame_hashes, psnr
from benchmarks.figures import seconds
from benchmarks.footage import footage
from benchmarks.measure import Measured, measure_in_turn
from benchmarks.program import build, built
from benchmarks.recipe_text import Cut, Montage, whole, write_recipe
from benchmarks.section import Claim, Section, Table
from montage_recipe.media.probe import probe

_PRESET = "medium"
_CUT_FRAMES = 8 * FPS
_PROMISED = {"off keyframes": 2.0, "on keyframes": 10.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    place: str  # of the cuts
    cuts: int
    copied: Measured  # copy: auto
    encoded: Measured  # copy: never
    kinds: dict[str, int]  # jobs of the copying build
    planned: int
    frames: tuple[int, int]  # decoded, in the same order
    untouched: int  # frames that are the source's own, sample for sample, at their places
    psnr: Psnr  # of the two results

    @property
    def times_faster(self) -> float:
        return self.encoded.wall_s / self.copied.wall_s


def _measure(bench: Bench) -> Iterator[CopyRow]:
    source = _fitting_footage(bench)
    source_hashes = frame_hashes(bench, source)
    for place, cuts in _cuts(bench, source).items():
        montage = Montage(cuts=cuts, fade_frames=0, preset=_PRESET, copy="auto")
        auto = write_recipe(bench, montage, "copy-auto")
        never = write_recipe(bench, replace(montage, copy="never"), "copy-never")
        copied, encoded = measure_in_turn([partial(_built_anew, bench, recipe) for recipe in (auto, never)])
        result = built(copied, auto)
        one, other = frame_hashes(bench, result.file), frame_hashes(bench, never.with_suffix(".mp4"))
        wanted = [source_hashes[cut.start + frame] for cut in cuts for frame in range(cut.frames)]
        yield CopyRow(
            place=place,
            cuts=len(cuts),
            copied=copied,
            encoded=encoded,
            kinds=result.kinds,
            planned=len(wanted),
            frames=(len(one), len(other)),
            untouched=sum(a == b for a, b in zip(one, wanted, strict=False)),
            psnr=psnr(bench, result.file, never.with_suffix(".mp4")),
        )
        for recipe in (auto, never):
            recipe.with_suffix(".mp4").unlink()


def _built_anew(bench: Bench, recipe: Path) -> Measured:
    return build(bench, recipe, "--no-cache").measured


def _fitting_footage(bench: Bench) -> Path:
    """A montage of this program's own, with a keyframe every 60 frames, as the output has."""
    cuts = whole(footage(bench, bench.scale.footage_clips))
    recipe = write_recipe(bench, Montage(cuts=cuts, fade_frames=0, preset=_PRESET), f"fitting-{bench.scale.size}")
    if not recipe.with_suffix(".mp4").exists():
        build(bench, recipe, "--no-cache")
    return recipe.with_suffix(".mp4")


def _cuts(bench: Bench, source: Path) -> dict[str, tuple[Cut, ...]]:
    """Spread over the source: of 8 s at any frame, and of about 8 s from one keyframe to another. x264 puts keyframes where
    the picture changes, so where they are must be looked up."""
    room = bench.scale.footage_clips - _CUT_FRAMES // CLIP_FRAMES
    groups = [CLIP_FRAMES * (7 * number % room) for number in range(bench.scale.copied_cuts)]
    off = tuple(
        Cut(src=source, start=group + 1 + (13 + 17 * number) % (CLIP_FRAMES - 1), frames=_CUT_FRAMES)
        for number, group in enumerate(groups)
    )
    video = probe(source).video
    assert video is not None  # it was built from clips
    on = tuple(_between_keyframes(source, video.keyframes, group) for group in groups)
    return {"off keyframes": off, "on keyframes": on}


def _between_keyframes(source: Path, keyframes: Sequence[int], near: int) -> Cut:
    start = min(keyframes, key=lambda keyframe: abs(keyframe - near))
    end = min((k for k in keyframes if k > start), key=lambda keyframe: abs(keyframe - start - _CUT_FRAMES))
    return Cut(src=source, start=start, frames=end - start)


def _table(rows: Sequence[CopyRow]) -> Table:
    head = ("cuts of 8 s", "number", "copied, s", "encoded, s", "times faster", "frames: planned", "copied", "encoded")
    return Table(
        head=(*head, "untouched", "worst frame, dB", "jobs"),
        rows=tuple(
            (
                *(row.place, str(row.cuts), seconds(row.copied), seconds(row.encoded), f"{row.times_faster:.1f}"),
                *(str(row.planned), *map(str, row.frames), f"{row.untouched / row.planned:.0%}"),
                f"{row.psnr.lowest:.1f}",
                ", ".join(f"{number} {kind}" for kind, number in row.kinds.items()),
            )
            for row in rows
        ),
    )


def _claims(rows: Sequence[CopyRow]) -> Iterator[Claim]:
    for row in rows:
        limit = _PROMISED[row.place]
        yield Claim(text=f"cuts {row.place}: times faster", measured=row.times_faster, limit=limit, at_least=True)
        missing = sum(abs(row.planned - frames) for frames in row.frames)
        yield Claim(text=f"cuts {row.place}: frames too many or too few", measured=missing, limit=0)


SECTION = Section(
    name="copy",
    title="Stream copy",
    text="Hard cuts out of a file that this program made with the same profile (x264 `medium`, a keyframe every 60 frames): "
    "`copy: auto` against `copy: never`. *untouched*: frames whose every decoded sample is that of the planned source frame. "
    "*worst frame*: PSNR of the two results; a picture that is one frame late would stand out.",
    measure=_measure,
    table=_table,
    claims=lambda rows: tuple(_claims(rows)),
)
