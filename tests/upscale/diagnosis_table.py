"""How well causes and root lines are found, cause by cause, in a file of logs of which they are known.

python -m tests.upscale.diagnosis_table [FILE]        by default tests/upscale/logs.jsonl
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from montage_recipe.upscale.diagnosis import diagnose
from montage_recipe.upscale.log_lines import log_lines

LOGS = Path(__file__).with_name("logs.jsonl")


def table(file: Path) -> str:
    """Precision: of the logs that were given this cause, how many have it. Recall: of those that have it, how many were
    given it. Root: of those that have it and a line that states it, how many times that line was named."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    wanted, given, right = Counter[str](), Counter[str](), Counter[str]()
    stated, named = Counter[str](), Counter[str]()
    for row in rows:
        found = diagnose(row["log"], row["exit_code"])
        cause = row["label"]
        wanted[cause] += 1
        given[found.cause.name] += 1
        right[cause] += found.cause.name == cause
        if row["root_line"]:
            stated[cause] += 1
            named[cause] += found.root_line == next(iter(log_lines(row["root_line"]))).text
    lines = ["| cause | logs | precision | recall | root line |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{cause}` | {wanted[cause]} | {_share(right[cause], given[cause])} | {_share(right[cause], wanted[cause])} | "
        f"{_share(named[cause], stated[cause])} |"
        for cause in sorted(wanted | given)
    ]
    total = f"{_share(right.total(), given.total())} | {_share(right.total(), wanted.total())}"
    return "\n".join((*lines, f"| **all** | {len(rows)} | {total} | {_share(named.total(), stated.total())} |"))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


if __name__ == "__main__":
    print(table(Path(sys.argv[1]) if len(sys.argv) > 1 else LOGS))
