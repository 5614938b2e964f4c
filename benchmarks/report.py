"""The results as Markdown and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.machine import Machine
from benchmarks.section import AnySection, Claim, Table

Results = Mapping[str, Sequence[Any]]  # a section's name -> its rows so far
_NOT_FOR_READERS = ("stdout", "stderr")


def write_results(
    folder: Path,
    bench: Bench,
    machine: Machine,
    sections: Sequence[AnySection],
    results: Results,
    *,
    suffix: str,
    quick: bool,
) -> None:
    """Writes RESULTS.md and results.json, with `suffix` in their names; called again after every row, so that nothing is lost
    with the last one."""
    claims = [claim for section in sections if results[section.name] for claim in section.claims(results[section.name])]
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(_markdown(bench, machine, sections, results, claims, quick=quick))
    (folder / f"RESULTS{suffix}.md").write_text(text, encoding="utf-8")
    data = {
        "machine": asdict(machine),
        "quick": quick,
        "promises": [asdict(claim) | {"kept": claim.kept} for claim in claims],
        "sections": {name: [asdict(row) for row in rows] for name, rows in results.items()},
    }
    (folder / f"results{suffix}.json").write_text(
        json.dumps(_plain(data), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _plain(value: Any) -> Any:
    """As JSON has it: no infinity, and no output of programs."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _NOT_FOR_READERS}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else str(value)
    return value


def _markdown(
    bench: Bench,
    machine: Machine,
    sections: Sequence[AnySection],
    results: Results,
    claims: Sequence[Claim],
    *,
    quick: bool,
) -> list[str]:
    size = bench.scale.size
    lines = ["# Benchmarks", "", "<!-- Written by `python -m benchmarks`; do not edit. -->", ""]
    if quick:
        lines += ["**Written with `--quick`: to see that it runs, not to be compared with anything.**", ""]
    lines += [
        f"{machine.program} on {machine.date}. {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_bytes / 2**30:.0f} GiB; {machine.system}; Python {machine.python}; ffmpeg {machine.ffmpeg}; "
        f"load before the start {machine.load:.1f}.",
        "",
        f"Footage: a file of 2 s for each clip, of {bench.scale.takes} different takes, {size} at 30 frames a second, H.264 "
        "and AAC. Memory is "
        "resident memory, seen from outside: each process's own high-water mark, and the sum over all processes sampled 20 "
        "times a second. MB are 1,000,000 bytes. What takes less than half a minute is the median "
        "of three runs. A run that takes more than "
        f"{bench.memory_cap_bytes / 1e9:.1f} GB or {bench.time_limit_s:.0f} s is ended.",
        "",
    ]
    if claims:
        lines += ["## What is promised", "", *_table_lines(_promises(claims)), ""]
    for section in sections:
        if rows := results[section.name]:
            lines += [f"## {section.title}", "", section.text, "", *_table_lines(section.table(rows)), ""]
    return lines


def _promises(claims: Sequence[Claim]) -> Table:
    return Table(
        head=("promise", "wanted", "measured", "kept"),
        rows=tuple(
            (
                claim.text,
                f"{'at least' if claim.at_least else 'at most'} {claim.limit:g} {claim.unit}".strip(),
                f"{claim.measured:.3g} {claim.unit}".strip()
                if claim.measured < 1000
                else f"{claim.measured:,.0f} {claim.unit}",
                "yes" if claim.kept else "**no**",
            )
            for claim in claims
        ),
    )


def _table_lines(table: Table) -> list[str]:
    return [_line(table.head), _line(["---"] * len(table.head)), *(_line(row) for row in table.rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
