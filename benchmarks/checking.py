"""What `check` takes, against reading a finished film once from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.bench import FPS, Bench
from benchmarks.figures import megabytes, ratio
from benchmarks.measure import Ending, Measured, measure, measure_in_turn
from benchmarks.program import BuildFailed, build, command
from benchmarks.recipe_text import Cut, Montage, write_recipe
from benchmarks.scenery import TAKES, film_take
from benchmarks.section import Claim, Section, Table
from montage_recipe.recipe.kinds import Size

_PRESET = "veryfast"
_LOUDNESS = -14
_PROMISED_RATIO = 1.5
_PROMISED_GROWTH = 1.1
_MEDIAN_OF_THREE_S = 600.0  # a round that takes longer is measured once


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    film_s: int
    size_bytes: int
    decoded: Measured
    checked: Measured


def _measure(bench: Bench) -> Iterator[CheckRow]:
    scenes = _scenes(bench)
    for times in bench.scale.checked:
        recipe = _recipe(bench, scenes, times)
        film = recipe.with_suffix(".mp4")
        build(bench, recipe, "--no-cache")
        runs = (partial(_decoded, bench, film), partial(command, bench, "check", str(recipe)))
        decoded, checked = measure_in_turn(runs, short_s=_MEDIAN_OF_THREE_S)
        film_s = times * len(TAKES) * bench.scale.scene_s
        yield CheckRow(film_s=film_s, size_bytes=film.stat().st_size, decoded=decoded, checked=checked)
        film.unlink()


def _scenes(bench: Bench) -> Path:
    """All scenes one after the other, built once, with the output's own settings: the films are copied from it."""
    takes = tuple(_take(bench, number) for number in range(len(TAKES)))
    cuts = tuple(Cut(src=take, frames=bench.scale.scene_s * FPS) for take in takes)
    recipe = write_recipe(bench, Montage(cuts=cuts, fade_frames=0, preset=_PRESET), f"scenes-{_name(bench)}")
    if not recipe.with_suffix(".mp4").exists():
        build(bench, recipe, "--no-cache")
    return recipe.with_suffix(".mp4")


def _take(bench: Bench, number: int) -> Path:
    file = bench.work / f"scene-{_name(bench)}-{number}.mp4"
    if not file.exists():
        # Drawn at half the size, to be done in minutes: what is sharp is the grain, as in a small camera.
        drawn = Size(bench.scale.size.width // 2, bench.scale.size.height // 2)
        frames, size = bench.scale.scene_s * FPS, bench.scale.size
        film_take(bench.engine, TAKES[number], file, frames=frames, drawn=drawn, size=size, rate=FPS)
    return file


def _name(bench: Bench) -> str:
    return f"{bench.scale.size}-{bench.scale.scene_s}s"


def _recipe(bench: Bench, scenes: Path, times: int) -> Path:
    frames = bench.scale.scene_s * len(TAKES) * FPS
    cuts = times * (Cut(src=scenes, frames=frames),)
    montage = Montage(cuts=cuts, fade_frames=0, preset=_PRESET, copy="auto", loudness=_LOUDNESS)
    return write_recipe(bench, montage, f"checked-{times}")


def _decoded(bench: Bench, film: Path) -> Measured:
    measured = measure((bench.engine.path, "-nostdin", "-v", "error", "-i", str(film), "-f", "null", "-"), bench)
    if measured.ending is not Ending.DONE:
        raise BuildFailed(f"{film}: {measured.ending}\n{measured.stderr[-3000:]}")
    return measured


def _table(rows: Sequence[CheckRow]) -> Table:
    head = ("film, s", "frames", "its size, MB", "decoding, s", "`check`, s", "time ratio", "decoding, MB")
    return Table(
        head=(*head, "`check`, all together, MB", "its Python, MB"),
        rows=tuple(
            (
                *(str(row.film_s), str(row.film_s * FPS), megabytes(row.size_bytes)),
                *(f"{row.decoded.wall_s:.1f}", f"{row.checked.wall_s:.1f}"),
                ratio(row.checked.wall_s, row.decoded.wall_s),
                megabytes(row.decoded.together_peak_bytes),
                megabytes(row.checked.together_peak_bytes),
                megabytes(row.checked.first_peak_bytes),
            )
            for row in rows
        ),
    )


def _claims(rows: Sequence[CheckRow]) -> Iterator[Claim]:
    first, last = rows[0], rows[-1]
    yield Claim(
        text=f"`check`, {last.film_s:,} s: time against one decode",
        measured=last.checked.wall_s / last.decoded.wall_s,
        limit=_PROMISED_RATIO,
    )
    if last is not first:
        yield Claim(
            text=f"`check`, {last.film_s:,} s against {first.film_s:,} s: memory of all processes",
            measured=last.checked.together_peak_bytes / first.checked.together_peak_bytes,
            limit=_PROMISED_GROWTH,
        )


SECTION = Section(
    name="checks",
    title="Checks",
    text="`check` with all its default checks, against one plain decode of picture and sound (`ffmpeg -i FILE -f null -`), in "
    "turn, medians of three. The film shows five scenes that move as before a hand-held camera, with grain, H.264 at crf 20 "
    "and AAC, hard cuts, again and again; its packets are copies.",
    measure=_measure,
    table=_table,
    claims=lambda rows: tuple(_claims(rows)),
)
