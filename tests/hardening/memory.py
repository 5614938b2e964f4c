"""`python -m tests.hardening.memory`: builds one montage at memory limits from 256 MB up, and prints a Markdown table of what
came of it. The memory is measured from outside: every process of the tree, 20 times a second."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import psutil

from benchmarks.bench import FULL, Bench
from benchmarks.compare import frame_count
from benchmarks.footage import footage
from benchmarks.recipe_text import KINDS, Montage, whole, write_recipe
from montage_recipe.recipe.kinds import Size
from montage_recipe.render.engine import find_engine
from montage_recipe.settings import load_settings

_SAMPLE_S = 0.05
_MIB = 1 << 20
_STEPS = tuple(range(256, 2049, 256))
_MANY_CLIPS, _MANY_LIMITS = 200, (1024, 2048, 4096)
_PLENTY = 8192
_HEAD = (
    "limit, MB",
    "result",
    "peak, MB",
    "of the limit",
    "stopped, run again",
    "jobs run",
    "time, s",
    "frames",
    "bytes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    limit_mib: int
    summary: dict[str, Any]  # the last event
    codes: tuple[str, ...]  # of warnings and errors
    peak_bytes: int
    sha256: str | None  # None where there is no file
    frames: int | None

    @property
    def stopped(self) -> list[dict[str, Any]]:
        return list(self.summary["memory"]["stopped"])


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where each build stayed under its limit, and made the same bytes or said why it could not."""
    options = _parser().parse_args(arguments)
    limits = _MANY_LIMITS if options.many else options.limits
    clips = _MANY_CLIPS if options.many else options.clips
    with tempfile.TemporaryDirectory(prefix="montage-memory-") as scratch:
        bench = _bench(options.size, options.work or Path(scratch))
        montage = Montage(cuts=whole(footage(bench, clips)), fade_frames=KINDS[options.joined], preset=options.preset)
        recipe = write_recipe(bench, montage, "memory")
        print(f"{clips} clips of 2 s, {options.size}, {options.joined}, x264 {options.preset}; MB are 2^20 bytes\n")
        print(f"| {' | '.join(_HEAD)} |\n|{' --- |' * len(_HEAD)}")
        plenty = run(bench, recipe, _PLENTY)
        good = True
        for outcome in chain((run(bench, recipe, limit) for limit in limits), (plenty,)):
            print(f"| {' | '.join(_cells(outcome, plenty))} |", flush=True)
            good &= is_kept(outcome, plenty)
        return 0 if good else 1


def run(bench: Bench, recipe: Path, limit_mib: int) -> Outcome:
    """Builds once, without a store."""
    made = recipe.with_suffix(".mp4")
    argv = (*bench.program, "build", "--json", "--no-cache", "--memory-limit", f"{limit_mib}M", str(recipe))
    with tempfile.TemporaryFile("w+") as out, psutil.Popen(argv, stdout=out, stderr=subprocess.DEVNULL) as child:
        peak_bytes = max(_samples(child))
        out.seek(0)
        events = [json.loads(line) for line in out]
    outcome = Outcome(
        limit_mib=limit_mib,
        summary=events[-1],
        codes=tuple(event["code"] for event in events if event["event"] in ("warning", "error")),
        peak_bytes=peak_bytes,
        sha256=hashlib.sha256(made.read_bytes()).hexdigest() if made.exists() else None,
        frames=frame_count(bench, made) if made.exists() else None,
    )
    made.unlink(missing_ok=True)
    return outcome


def is_kept(outcome: Outcome, plenty: Outcome) -> bool:
    """Whether what is promised of memory was kept."""
    fitting = outcome.peak_bytes < outcome.limit_mib * _MIB
    if outcome.summary["status"] == "ok":
        return fitting and outcome.sha256 == plenty.sha256
    return fitting and outcome.sha256 is None and "memory-limit-reached" in outcome.codes


def _samples(child: psutil.Popen) -> Iterator[int]:
    """Bytes of all processes together, until the child ends. Pages that two of them share are counted for both."""
    while child.poll() is None:
        with suppress(psutil.Error):
            yield sum(_rss_bytes(process) for process in (child, *child.children(recursive=True)))
        time.sleep(_SAMPLE_S)


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has ended


def _cells(outcome: Outcome, plenty: Outcome) -> tuple[str, ...]:
    limit_bytes, same = outcome.limit_mib * _MIB, outcome.sha256 == plenty.sha256
    again = sum(job["again"] for job in outcome.stopped)
    return (
        f"{outcome.limit_mib}",
        ", ".join((outcome.summary["status"], *outcome.codes)),
        f"{outcome.peak_bytes / _MIB:.0f}",
        f"{outcome.peak_bytes / limit_bytes:.0%}",
        f"{len(outcome.stopped)}, {again}",
        f"{outcome.summary['jobs']['run']}",
        f"{outcome.summary['wall_s']:.1f}",
        "–" if outcome.frames is None else f"{outcome.frames}",
        "–" if outcome.sha256 is None else "the same" if same else "**others**",
    )


def _bench(size: str, work: Path) -> Bench:
    width, height = size.split("x")
    work.mkdir(parents=True, exist_ok=True)
    return Bench(
        scale=replace(FULL, size=Size(int(width), int(height)), takes=3),
        engine=find_engine(load_settings().ffmpeg),
        program=(str(Path(sys.executable).with_name("montage-recipe")),),
        work=work.absolute(),
        memory_limit="",
        memory_cap_bytes=0,
        time_limit_s=0,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hardening.memory", description=__doc__)
    parser.add_argument("--size", default="1920x1080", help="of footage and canvas; default: 1920x1080")
    parser.add_argument("--clips", type=int, default=6, help="default: 6")
    parser.add_argument("--preset", default="medium", help="of x264; default: medium")
    parser.add_argument("--joined", choices=KINDS, default="crossfades", help="default: crossfades")
    parser.add_argument("--limits", type=_limits, default=_STEPS, metavar="MB,MB", help="default: 256 to 2048 by 256")
    parser.add_argument("--many", action="store_true", help=f"{_MANY_CLIPS} clips at 1G, 2G and 4G instead")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where footage is kept; default: a temporary folder")
    return parser


def _limits(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
