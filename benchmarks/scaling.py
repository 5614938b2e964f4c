"""Whether memory stays where it is and time grows evenly when the montage grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.bench import FADE_FRAMES, MEGABYTE, Bench, montage_frames
from benchmarks.compare import frame_count
from benchmarks.figures import megabytes, seconds
from benchmarks.footage import footage
from benchmarks.measure import Measured
from benchmarks.program import build
from benchmarks.recipe_text import Montage, whole, write_recipe
from benchmarks.section import Claim, Section, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRow:
    clips: int
    measured: Measured
    jobs: int
    planned: int
    frames: int

    @property
    def seconds_per_clip(self) -> float:
        return self.measured.wall_s / self.clips


def _measure(bench: Bench) -> Iterator[ScalingRow]:
    for clips in bench.scale.scaling:
        montage = Montage(cuts=whole(footage(bench, clips)), fade_frames=FADE_FRAMES, preset="ultrafast")
        built = build(bench, write_recipe(bench, montage, "scaling"), "--no-cache")
        yield ScalingRow(
            clips=clips,
            measured=built.measured,
            jobs=built.run,
            planned=montage_frames(clips, fade_frames=FADE_FRAMES),
            frames=frame_count(bench, built.file),
        )
        built.file.unlink()


def _table(rows: Sequence[ScalingRow]) -> Table:
    return Table(
        head=("clips", "largest ffmpeg, MB", "all together, MB", "Python, MB", "time, s", "s a clip", "jobs", "frames"),
        rows=tuple(
            (
                str(row.clips),
                megabytes(row.measured.ffmpeg_peak_bytes),
                megabytes(row.measured.together_peak_bytes),
                megabytes(row.measured.first_peak_bytes),
                seconds(row.measured),
                f"{row.seconds_per_clip:.3f}",
                str(row.jobs),
                f"{row.planned}" if row.frames == row.planned else f"{row.planned} planned, {row.frames}",
            )
            for row in rows
        ),
    )


def _claims(rows: Sequence[ScalingRow]) -> Iterator[Claim]:
    first, *more = rows
    for row in more:
        what = f"{row.clips:,} clips against {first.clips}"
        peaks = row.measured.ffmpeg_peak_bytes / first.measured.ffmpeg_peak_bytes
        yield Claim(text=f"{what}: largest ffmpeg process", measured=peaks, limit=1.1)
        times = row.seconds_per_clip / first.seconds_per_clip
        yield Claim(text=f"{what}: time for each clip", measured=times, limit=1.1)
        own = row.measured.first_peak_bytes / MEGABYTE
        yield Claim(text=f"{row.clips:,} clips: Python itself", measured=own, limit=200, unit="MB")


SECTION = Section(
    name="scaling",
    title="Scaling",
    text="Crossfaded clips of 2 s, x264 `ultrafast`, `build --no-cache --memory-limit 2G`.",
    measure=_measure,
    table=_table,
    claims=lambda rows: tuple(_claims(rows)),
)
