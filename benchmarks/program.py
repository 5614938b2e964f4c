"""Runs montage-recipe's commands."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure import Ending, Measured, measure


class BuildFailed(Exception):
    """montage-recipe did not do what it was asked; a benchmark of that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    measured: Measured
    file: Path
    run: int  # jobs
    reused: int
    kinds: dict[str, int]  # the jobs that ran, by kind


def build(bench: Bench, recipe: Path, *options: str) -> Built:
    """`build --json`; the options say where its store is. Raises BuildFailed."""
    measured = command(bench, "build", "--json", "--memory-limit", bench.memory_limit, *options, str(recipe))
    return built(measured, recipe)


def built(measured: Measured, recipe: Path) -> Built:
    events: list[dict[str, Any]] = [json.loads(line) for line in measured.stdout.splitlines()]
    jobs = events[-1]["jobs"]
    ran = Counter(event["kind"] for event in events if event["event"] == "job-finished" and not event["reused"])
    file = recipe.with_suffix(".mp4")
    return Built(measured=measured, file=file, run=jobs["run"], reused=jobs["reused"], kinds=dict(sorted(ran.items())))


def command(bench: Bench, *arguments: str) -> Measured:
    """Raises BuildFailed."""
    measured = measure((*bench.program, *arguments), bench)
    if measured.ending is not Ending.DONE:
        said = measured.stderr or measured.stdout
        raise BuildFailed(f"montage-recipe {' '.join(arguments)}: {measured.ending}\n{said[-3000:]}")
    return measured
