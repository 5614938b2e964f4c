"""What came of mutants, as a table in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.hardening.compiling import LARGEST_BYTES, LONGEST_S, Answer

_MOST = 10  # codes in the table


@dataclass(slots=True)
class Row:
    """All mutants of one kind."""

    kind: str
    count: int = 0
    compiled: int = 0
    jobs: int = 0
    failures: int = 0
    slowest_s: float = 0
    slowest: int = 0  # its number
    largest_bytes: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, number: int, answer: Answer) -> None:
        self.count += 1
        self.compiled += answer.compiled
        self.jobs += answer.jobs
        self.failures += bool(answer.fault)
        if answer.cpu_s > self.slowest_s:
            self.slowest_s, self.slowest = answer.cpu_s, number
        self.largest_bytes = max(self.largest_bytes, answer.peak_bytes)
        self.codes.update(answer.codes)

    @property
    def refused(self) -> int:
        return self.count - self.compiled - self.failures


def table(rows: Sequence[Row], *, seed: int, wall_s: float) -> str:
    total = Row("**all**")
    for row in rows:
        for name in ("count", "compiled", "jobs", "failures"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        total.codes.update(row.codes)
    slow = max(rows, key=lambda row: row.slowest_s)
    total.slowest_s, total.slowest = slow.slowest_s, slow.slowest
    total.largest_bytes = max(row.largest_bytes for row in rows)
    return "\n".join(
        (
            "# Mutated recipes\n",
            f"<!-- Written by `python -m tests.hardening.mutants --count {total.count} --seed {seed} --output …`. -->\n",
            f"{total.count:,} recipes, changed at random in ways that know what a recipe is made of, were read, validated,",
            "probed, arranged, planned and written out as commands, as `validate --probe` and `plan` do. Each must end",
            "in a plan or in diagnostics, all of them with a line and a column of a real file, a cure, and a code that",
            f"`explain` knows; within {LONGEST_S:g} s of CPU and {LARGEST_BYTES >> 20} MB, without a connection, and without",
            "opening a file that the recipe has no business with. What does not is a failure.\n",
            f"{len(total.codes)} codes were met. It took {wall_s / 60:.0f} minutes.\n",
            "| change | recipes | compiled | jobs planned | refused | slowest, CPU | largest | failures | codes met most |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
            *(_line(row) for row in (*rows, total)),
            "",
        )
    )


def _line(row: Row) -> str:
    codes = ", ".join(f"`{code}` {count:,}" for code, count in row.codes.most_common(_MOST))
    return (
        f"| {row.kind} | {row.count:,} | {row.compiled:,} | {row.jobs:,} | {row.refused:,} | {row.slowest_s:.2f} s "
        f"(number {row.slowest}) | {row.largest_bytes >> 20} MB | {row.failures} | {codes} |"
    )
