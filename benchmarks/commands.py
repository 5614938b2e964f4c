"""How long the commands take that do not encode, or not much."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.bench import CLIP_FRAMES, FADE_FRAMES, FPS, Bench
from benchmarks.figures import megabytes
from benchmarks.footage import footage
from benchmarks.measure import Measured, measure_in_turn
from benchmarks.program import Built, build, built, command
from benchmarks.recipe_text import Montage, whole, write_recipe
from benchmarks.section import Claim, Section, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow:
    command: str
    measured: Measured
    limit_s: float | None = None  # what was promised
    run: int | None = None  # jobs; None for a command that runs none by its nature
    reused: int | None = None
    kinds: dict[str, int] | None = None  # the jobs that ran


def _measure(bench: Bench) -> Iterator[CommandRow]:
    yield CommandRow(command="`--help`", measured=_repeated(bench, "--help"), limit_s=0.3)
    many = bench.scale.many_clips
    montage = Montage(cuts=whole(footage(bench, many)), fade_frames=FADE_FRAMES, preset="ultrafast")
    recipe = str(write_recipe(bench, montage, "many"))
    yield CommandRow(command=f"`validate`, {many:,} clips", measured=_repeated(bench, "validate", recipe), limit_s=1.5)
    nowhere = str(bench.work / "no-store")
    dry = _repeated(bench, "build", "--dry-run", "--json", "--cache", nowhere, recipe)
    yield CommandRow(command=f"`build --dry-run`, {many:,} clips", measured=dry)
    yield from _rebuilds(bench)


def _repeated(bench: Bench, *arguments: str) -> Measured:
    return measure_in_turn([partial(command, bench, *arguments)])[0]


def _rebuilds(bench: Bench) -> Iterator[CommandRow]:
    clips = bench.scale.rebuilt_clips
    store = bench.work / "rebuilt-store"
    shutil.rmtree(store, ignore_errors=True)
    montage = Montage(cuts=whole(footage(bench, clips)), fade_frames=FADE_FRAMES, preset="ultrafast")
    recipe = write_recipe(bench, montage, "rebuilt")
    yield _built_row(f"`build`, {clips} clips, the first time", build(bench, recipe, "--cache", str(store)))
    second = measure_in_turn([lambda: build(bench, recipe, "--cache", str(store)).measured])[0]
    yield _built_row(f"`build`, {clips} clips, again: nothing to do", built(second, recipe), limit_s=1.0)
    _edit_one(bench, montage)
    yield _built_row(
        f"`build`, {clips} clips, after one `out` was moved by 0.5 s", build(bench, recipe, "--cache", str(store))
    )
    recipe.with_suffix(".mp4").unlink()
    shutil.rmtree(store)


def _edit_one(bench: Bench, montage: Montage) -> Path:
    """Shortens the clip in the middle."""
    middle = len(montage.cuts) // 2
    shorter = replace(montage.cuts[middle], frames=CLIP_FRAMES - FPS // 2)
    cuts = (*montage.cuts[:middle], shorter, *montage.cuts[middle + 1 :])
    return write_recipe(bench, replace(montage, cuts=cuts), "rebuilt")


def _built_row(name: str, result: Built, *, limit_s: float | None = None) -> CommandRow:
    return CommandRow(
        command=name,
        measured=result.measured,
        limit_s=limit_s,
        run=result.run,
        reused=result.reused,
        kinds=result.kinds,
    )


def _table(rows: Sequence[CommandRow]) -> Table:
    return Table(
        head=("command", "time, s", "Python, MB", "jobs run", "reused", "of which kinds"),
        rows=tuple(
            (
                row.command,
                f"{row.measured.wall_s:.2f}",
                megabytes(row.measured.first_peak_bytes),
                "–" if row.run is None else str(row.run),
                "–" if row.reused is None else str(row.reused),
                ", ".join(f"{number} {kind}" for kind, number in (row.kinds or {}).items()) or "–",
            )
            for row in rows
        ),
    )


def _claims(rows: Sequence[CommandRow]) -> Iterator[Claim]:
    for row in rows:
        if row.limit_s is not None:
            yield Claim(text=row.command, measured=row.measured.wall_s, limit=row.limit_s, unit="s")


SECTION = Section(
    name="commands",
    title="Commands",
    text="From starting the program to its end, medians of three. The clips are crossfaded ones of 2 s, x264 `ultrafast`.",
    measure=_measure,
    table=_table,
    claims=lambda rows: tuple(_claims(rows)),
)
