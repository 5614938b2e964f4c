"""`python -m benchmarks`: measures everything in one run, and writes RESULTS.md and results.json.

With `--only transfer` the files are RESULTS-transfer.md and results-transfer.json.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import checking, clip_count, commands, same_result, scaling, stream_copy, transfer
from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.machine import this_machine
from benchmarks.report import write_results
from benchmarks.section import AnySection
from montage_recipe.render.engine import find_engine
from montage_recipe.render.memory import available_memory_bytes
from montage_recipe.settings import load_settings, parse_size

SECTIONS: tuple[AnySection, ...] = (
    same_result.SECTION,
    clip_count.SECTION,
    scaling.SECTION,
    stream_copy.SECTION,
    commands.SECTION,
    transfer.SECTION,
    checking.SECTION,
)
_SHARE_OF_AVAILABLE = 0.85  # what one run may take before the machine begins to swap


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that what was started is ended
    bench = _bench(options)
    output: Path = options.output or (bench.work if options.quick else Path(__file__).parent)
    sections = tuple(section for section in SECTIONS if not options.only or section.name in options.only)
    machine = this_machine(bench.engine)
    results: dict[str, list[Any]] = {section.name: [] for section in sections}
    suffix = "".join(f"-{name}" for name in options.only or ())
    begun = time.monotonic()
    for section in sections:
        for row in section.measure(bench):
            results[section.name].append(row)
            write_results(output, bench, machine, sections, results, suffix=suffix, quick=options.quick)
            cells = section.table([row]).rows[0]
            print(
                f"{time.monotonic() - begun:6.0f} s  {section.name}: {' | '.join(cells)}", file=sys.stderr, flush=True
            )
    print(output / f"RESULTS{suffix}.md")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="for footage, recipes and results of builds"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="for the two files; default: the folder of this program"
    )
    parser.add_argument(
        "--only", action="append", choices=[section.name for section in SECTIONS], help="may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="small pictures and few clips, to see that it runs")
    parser.add_argument("--counts", type=_counts, metavar="N,N", help="clips against the single process")
    parser.add_argument("--scaling", type=_counts, metavar="N,N", help="clips of the scaling rows")
    parser.add_argument("--memory-limit", default="2G", metavar="SIZE", help="for montage-recipe; default: 2G")
    parser.add_argument(
        "--memory-cap", type=parse_size, metavar="SIZE", help="ends a run; default: 85 %% of what is free"
    )
    parser.add_argument("--time-limit", type=float, default=1800, metavar="S", help="ends a run; default: 1800")
    return parser


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _bench(options: argparse.Namespace) -> Bench:
    scale = QUICK if options.quick else FULL
    if options.counts:
        scale = replace(scale, counts=options.counts)
    if options.scaling:
        scale = replace(scale, scaling=options.scaling)
    work: Path = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    return Bench(
        scale=scale,
        engine=find_engine(load_settings({}).ffmpeg),
        program=_program(),
        work=work,
        memory_limit=options.memory_limit,
        memory_cap_bytes=options.memory_cap or int(available_memory_bytes() * _SHARE_OF_AVAILABLE),
        time_limit_s=options.time_limit,
    )


def _program() -> tuple[str, ...]:
    """The installed command; without one, its entry point."""
    installed = Path(sys.executable).with_name("montage-recipe")
    if installed.exists():
        return (str(installed),)
    return (sys.executable, "-c", "from montage_recipe.cli.main import main; main()")


if __name__ == "__main__":
    main()
