"""Memory and time against the number of clips: this program, and one ffmpeg process with the same result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.bench import MEGABYTE, PROMISED_CLIPS, Bench, montage_frames
from benchmarks.compare import frame_count
from benchmarks.figures import megabytes, peak, ratio, seconds
from benchmarks.footage import footage
from benchmarks.measure import Ending, Measured, measure_in_turn
from benchmarks.program import build
from benchmarks.recipe_text import KINDS, Montage, whole, write_recipe
from benchmarks.section import Claim, Section, Table
from benchmarks.single_graph import build_in_one

_PRESETS = ("ultrafast", "medium")
_PROMISED_RATIOS = {
    ("cuts", "ultrafast"): 0.7,
    ("cuts", "medium"): 0.85,
    ("crossfades", "ultrafast"): 0.65,
    ("crossfades", "medium"): 0.9,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCountRow:
    kind: str
    preset: str
    clips: int
    planned: int  # frames
    ours: Measured
    ours_frames: int
    single: Measured | None  # None: fewer clips were too many already
    single_frames: int | None

    @property
    def wall_ratio(self) -> float | None:
        return self.ours.wall_s / self.single.wall_s if self.single_frames and self.single else None


def _measure(bench: Bench) -> Iterator[ClipCountRow]:
    for kind in KINDS:
        for preset in _PRESETS:
            beyond = False
            for clips in bench.scale.counts:
                if preset != _PRESETS[0] and clips != PROMISED_CLIPS:
                    continue  # a slower preset makes both slower, and says nothing new of the others
                row = _row(bench, kind, preset, clips, with_single=not beyond)
                beyond = row.single is None or row.single.ending is not Ending.DONE
                yield row


def _row(bench: Bench, kind: str, preset: str, clips: int, *, with_single: bool) -> ClipCountRow:
    montage = Montage(cuts=whole(footage(bench, clips)), fade_frames=KINDS[kind], preset=preset)
    recipe = write_recipe(bench, montage, "count-ours")
    theirs = bench.work / "count-theirs.mp4"
    runs = [lambda: build(bench, recipe, "--no-cache").measured]
    if with_single:
        runs.append(lambda: build_in_one(bench, montage, theirs))
    ours, *others = measure_in_turn(runs)
    single = others[0] if others else None
    row = ClipCountRow(
        kind=kind,
        preset=preset,
        clips=clips,
        planned=montage_frames(clips, fade_frames=montage.fade_frames),
        ours=ours,
        ours_frames=frame_count(bench, recipe.with_suffix(".mp4")),
        single=single,
        single_frames=frame_count(bench, theirs) if single and single.ending is Ending.DONE else None,
    )
    recipe.with_suffix(".mp4").unlink()
    theirs.unlink(missing_ok=True)
    return row


def _table(rows: Sequence[ClipCountRow]) -> Table:
    ours = ("largest ffmpeg, MB", "all together, MB", "Python, MB", "time, s")
    return Table(
        head=(
            "joined by",
            "preset",
            "clips",
            *ours,
            "one process, MB",
            "its time, s",
            "memory ratio",
            "time ratio",
            "frames",
        ),
        rows=tuple(_cells(row) for row in rows),
    )


def _cells(row: ClipCountRow) -> tuple[str, ...]:
    done = row.single if row.single_frames else None
    frames = {row.planned, row.ours_frames, row.single_frames or row.planned}
    return (
        *(row.kind, row.preset, str(row.clips)),
        megabytes(row.ours.ffmpeg_peak_bytes),
        megabytes(row.ours.together_peak_bytes),
        megabytes(row.ours.first_peak_bytes),
        seconds(row.ours),
        peak(row.single),
        seconds(row.single),
        ratio(row.ours.together_peak_bytes, done.ffmpeg_peak_bytes if done else None),
        ratio(row.ours.wall_s, done.wall_s if done else None),
        f"{row.planned}" if len(frames) == 1 else f"{row.planned} planned, {row.ours_frames}, {row.single_frames}",
    )


def _claims(rows: Sequence[ClipCountRow]) -> Iterator[Claim]:
    for row in rows:
        if row.clips != PROMISED_CLIPS:
            continue
        what = f"{row.clips} clips, {row.kind}, `{row.preset}`"
        largest = row.ours.ffmpeg_peak_bytes / MEGABYTE
        yield Claim(text=f"{what}: largest ffmpeg process", measured=largest, limit=500, unit="MB")
        together = row.ours.together_peak_bytes / MEGABYTE
        yield Claim(text=f"{what}: all processes under `--memory-limit 2G`", measured=together, limit=2147, unit="MB")
        if row.wall_ratio is not None:
            limit = _PROMISED_RATIOS[row.kind, row.preset]
            yield Claim(text=f"{what}: time against the one process", measured=row.wall_ratio, limit=limit)


SECTION = Section(
    name="clips",
    title="Memory and time against the number of clips",
    text="Clips of 2 s, cut or crossfaded (0.5 s), x264 at crf 20 and AAC at 192 kb/s. This program: `build --no-cache "
    "--memory-limit 2G`, everything from reading the recipe to the checked file. *memory ratio*: all of its processes together "
    "against the one process. All frames of both results were decoded and counted.",
    measure=_measure,
    table=_table,
    claims=lambda rows: tuple(_claims(rows)),
)
