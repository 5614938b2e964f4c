"""Finished films with one fault each, which `check` must find and call by its name, and sound ones, which must pass.

python -m tests.checks.sabotage [--output FILE.md] [--folder DIR]        prints both tables
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.checks.cases import SABOTAGES, SOUND_RENDERS, Case
from tests.checks.film import Film, make_film
from tests.engines import ENGINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    status: int
    said: tuple[tuple[str, str], ...]  # code and message of each finding

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(code for code, _ in self.said)


def verdict(film: Film, case: Case) -> Verdict:
    """Makes the file of a case, and has it judged."""
    file = film.folder / case.file_name
    case.way.make(film, file)
    done = film.judged(file, any_format=case.any_format)
    assert done.status in (0, 3), done.stdout + done.stderr
    (output,) = json.loads(done.stdout)["outputs"]
    findings = (finding for check in output["checks"] for finding in check["findings"])
    return Verdict(status=done.status, said=tuple((each["code"], each["message"]) for each in findings))


def tables(film: Film) -> Iterator[str]:
    """Line by line, as each file is made and judged."""
    yield "| sabotage | how | found as | the message |"
    yield "| --- | --- | --- | --- |"
    for fault in SABOTAGES:
        found = verdict(film, fault)
        naming = [message for code, message in found.said if code == fault.code]
        others = sorted(found.codes - {fault.code})
        codes = ", ".join(f"`{code}`" for code in (fault.code, *others)) if naming else f"**missed**: {others}"
        yield f"| **{fault.name}**: {fault.told} | {fault.way.told} | {codes} | {naming[0] if naming else '–'} |"
    yield ""
    yield "| sound render | how | passed |"
    yield "| --- | --- | --- |"
    for case in SOUND_RENDERS:
        found = verdict(film, case)
        passed = "yes" if found.status == 0 else f"**no**: {'; '.join(f'`{code}` {text}' for code, text in found.said)}"
        yield f"| **{case.name}**: {case.told} | {case.way.told} | {passed} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.checks.sabotage", description=__doc__)
    parser.add_argument("--output", type=Path, help="where the tables are written to")
    parser.add_argument("--folder", type=Path, help="keeps all films there")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sabotage-") as passing:
        folder = given.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for line in tables(make_film(ENGINES[0], folder)):
            print(line, flush=True)
            lines.append(line)
    if given.output:
        given.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
