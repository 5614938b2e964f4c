"""Real builds to which faults are done by chance, from a seed, and what comes of it as a table.

    python -m tests.hardening.builds --output benchmarks/HARDENING.md
    python -m tests.hardening.builds --only kill --case 17 --seed 1     # one case again

Each case has a folder, a store and a chance of its own, so it does the same again whatever runs beside it; the moment at
which a fault meets the build is as exact as the machine is. Root is needed for small disks and for being nobody.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.engines import ENGINES
from tests.hardening import disks, moments, names
from tests.hardening.scene import Broken, Scene, set_scene

Attempt = Callable[[Scene, Path, random.Random], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to be unkind to a build."""

    name: str
    promise: str
    injection: str
    count: int
    attempt: Attempt  # says "what came of it|what was done"; raises Broken


_KILLED = (
    "the film is absent, old or whole; no process is left; the next build removes what is left, and ends with "
    "the same bytes"
)
_STOPPED = "status 130; no process and no temporary file is left; the next build ends with the same bytes"
_FULL = (
    "status 1, code and cure; the old film stays, nothing half written; the store is sound; with room the next build goes on "
    "to the same bytes"
)
_ANYWAY = "the right film, or status 1 with code and cure; the next build ends with the same bytes"

KINDS = (
    Kind(
        name="kill",
        promise=_KILLED,
        injection="SIGKILL to the Python process at random moments, of two or three builds one after the other",
        count=100,
        attempt=moments.kill,
    ),
    Kind(
        name="kill-at-rename",
        promise=_KILLED,
        injection="strace: SIGKILL at the K-th rename of a thread",
        count=12,
        attempt=moments.kill_at_a_rename,
    ),
    Kind(
        name="sigint",
        promise=_STOPPED,
        injection="SIGINT at a random moment, to the process or its group",
        count=50,
        attempt=moments.interrupt(signal.SIGINT),
    ),
    Kind(
        name="sigterm",
        promise=_STOPPED,
        injection="SIGTERM, likewise",
        count=25,
        attempt=moments.interrupt(signal.SIGTERM),
    ),
    Kind(
        name="sighup",
        promise=_STOPPED,
        injection="SIGHUP, likewise",
        count=25,
        attempt=moments.interrupt(signal.SIGHUP),
    ),
    Kind(
        name="ballast",
        promise=_FULL,
        injection="tmpfs of 16 MB for store and film, filled to the last byte at a random moment",
        count=25,
        attempt=disks.ballast,
    ),
    Kind(
        name="too-small",
        promise=_FULL,
        injection="tmpfs with 2 to 160 % of what the store takes in the end",
        count=25,
        attempt=disks.too_small,
    ),
    Kind(
        name="few-inodes",
        promise=_FULL,
        injection="tmpfs with nr_inodes of 4 to 70",
        count=10,
        attempt=disks.few_inodes,
    ),
    Kind(
        name="pair",
        promise="both end well with the same bytes",
        injection="two builds of one recipe with one store, one a little later",
        count=20,
        attempt=moments.pair,
    ),
    Kind(
        name="source",
        promise="told by name, or too late to matter; no wrong film is kept; the next build is right",
        injection="footage vanishes, is replaced, cut or grows at a random moment",
        count=25,
        attempt=moments.change_of_a_source,
    ),
    Kind(
        name="hang",
        promise="`ffmpeg-stalled` (or `engine-unusable`, before the build); no process is left; the next build is right",
        injection="SIGSTOP to a random ffmpeg (patience of 1.5 s instead of 120)",
        count=5,
        attempt=moments.hang,
    ),
    Kind(
        name="flood",
        promise="`ffmpeg-flooded`; no process is left; the next build is right",
        injection="an ffmpeg that writes messages for ever",
        count=2,
        attempt=moments.flood,
    ),
    Kind(
        name="read-only",
        promise="`not-writable` with a cure, nothing written",
        injection="setpriv to nobody; store, film or both in a folder of root's",
        count=4,
        attempt=disks.read_only,
    ),
    Kind(
        name="becomes-read-only",
        promise="`not-writable`; the old film stays; the next build is right",
        injection="strace: from the K-th mkdir, rename, symlink or unlink of a thread on, all of them fail with EROFS",
        count=6,
        attempt=disks.becomes_read_only,
    ),
    Kind(
        name="call-fails",
        promise=_ANYWAY,
        injection="strace: the K-th fsync, rename, write, mkdir, flock … of a thread fails (EIO, ENOSPC, EROFS, ENOLCK …)",
        count=40,
        attempt=disks.call_fails,
    ),
    Kind(
        name="torn-store",
        promise=_ANYWAY,
        injection="a file of the store, or the index and another one, cut at a random byte",
        count=25,
        attempt=disks.torn_store,
    ),
    Kind(
        name="clock",
        promise="the same bytes, nothing made twice",
        injection="a preloaded library: the clock is 55 years early to 10 years late, before, during and between builds",
        count=6,
        attempt=names.clock_jumps,
    ),
    Kind(
        name="odd-name",
        promise="the same bytes, or refused with code and cure",
        injection="folder, recipe, footage, film or store named with quotes, newlines, dashes, `%d`, bytes that are no UTF-8 …",
        count=30,
        attempt=names.odd_name,
    ),
    Kind(
        name="longest-name",
        promise="the same bytes",
        injection="a film's name of 255 bytes, on the store's disk and on another",
        count=2,
        attempt=names.longest_name,
    ),
    Kind(
        name="long-path",
        promise="the same bytes, or refused with code and cure",
        injection="a recipe at a path of 3,000 to 4,080 bytes",
        count=5,
        attempt=names.long_path,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    kind: Kind
    number: int
    outcome: str
    did: str
    broken: bool


def run_case(kind: Kind, number: int, seed: int, scene: Scene, root: Path) -> Case:
    folder = root / f"{kind.name}-{number}"
    folder.mkdir()
    folder.chmod(0o755)
    try:
        outcome, _, did = kind.attempt(scene, folder, random.Random(f"{seed} {kind.name} {number}")).partition("|")
        return Case(kind=kind, number=number, outcome=outcome, did=did, broken=False)
    except Broken as broken:
        return Case(kind=kind, number=number, outcome=str(broken), did="", broken=True)
    except Exception as fault:  # one case that cannot be tried must not end the others
        told = "".join(traceback.format_exception(fault)[-3:])
        return Case(kind=kind, number=number, outcome=f"it could not be tried: {told}", did="", broken=True)
    finally:
        shutil.rmtree(folder)


def run_cases(asked: Sequence[tuple[Kind, int]], *, seed: int, at_once: int, root: Path) -> Iterator[Case]:
    """In the order asked; `at_once` cases run beside each other."""
    scene = set_scene(root / "scene", ENGINES[0])
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        yield from pool.map(lambda case: run_case(case[0], case[1], seed, scene, root), asked)


_LINE = re.compile(r"(?P<word>kept|BROKEN) (?P<kind>\S+) (?P<number>\d+): (?P<outcome>.*?)(; (?P<did>.*))?")


def logged(lines: Iterable[str]) -> Iterator[Case]:
    """The cases of an earlier run, from what it said of each."""
    kinds = {kind.name: kind for kind in KINDS}
    for line in lines:
        if (match := _LINE.fullmatch(line.rstrip("\n"))) and match["kind"] in kinds:
            yield Case(
                kind=kinds[match["kind"]],
                number=int(match["number"]),
                outcome=match["outcome"],
                did=match["did"] or "",
                broken=match["word"] == "BROKEN",
            )


def until_interrupted(cases: Iterator[Case]) -> Iterator[Case]:
    """Those that are done when Ctrl-C comes are the result."""
    try:
        yield from cases
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)


def table(cases: Sequence[Case]) -> str:
    lines = ["| | promise | injected | times | result |", "| --- | --- | --- | --- | --- |"]
    for kind in KINDS:
        if not (own := [case for case in cases if case.kind is kind]):
            continue
        outcomes = Counter(case.outcome for case in own if not case.broken)
        said = ", ".join(f"{count} × {outcome}" for outcome, count in outcomes.most_common())
        broken = [case.number for case in own if case.broken]
        result = f"**broken: {len(broken)}** (cases {broken})" if broken else "kept"
        lines.append(f"| {kind.name} | {kind.promise} | {kind.injection} | {len(own)} | {result}: {said} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[kind.name for kind in KINDS], help="may be repeated")
    parser.add_argument("--count", type=int, help="of each kind, instead of its own")
    parser.add_argument("--case", type=int, help="only the case of this number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument(
        "--log",
        type=Path,
        action="append",
        default=[],
        help="what an earlier run wrote to stderr: its cases count too, and are not run again; may be repeated, the last wins",
    )
    parser.add_argument("--no-more", action="store_true", help="only the table of what the logs say")
    parser.add_argument("--output", type=Path, help="a Markdown file to write the table to")
    options = parser.parse_args()
    # A shell's background jobs ignore the one, `nohup` the other; and so would builds.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    kinds = [kind for kind in KINDS if not options.only or kind.name in options.only]
    asked = [
        (kind, number)
        for kind in kinds
        for number in ((options.case,) if options.case is not None else range(options.count or kind.count))
    ]
    asked.sort(key=lambda case: case[1] / case[0].count)  # so that a run that is interrupted has tried all kinds
    known = [case for file in options.log for case in logged(file.read_text(encoding="utf-8").splitlines())]
    found = {(case.kind.name, case.number): case for case in known}
    asked = [case for case in asked if not options.no_more and (case[0].name, case[1]) not in found]
    with tempfile.TemporaryDirectory(prefix="montage-hardening-") as folder:
        Path(folder).chmod(0o755)
        for case in until_interrupted(run_cases(asked, seed=options.seed, at_once=options.at_once, root=Path(folder))):
            found[case.kind.name, case.number] = case
            word = "BROKEN" if case.broken else "kept"
            print(f"{word} {case.kind.name} {case.number}: {case.outcome}; {case.did}", file=sys.stderr, flush=True)
    cases = sorted(found.values(), key=lambda case: case.number)
    text = _report(cases, seed=options.seed, put_together=bool(options.log))
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return any(case.broken for case in cases)


_PUT_TOGETHER = (
    "Put together from the logs of several runs, between which the program and the product were mended: a case that was done "
    "again counts as it ended last. `had ended`, `there was room` and `too late` are cases whose fault met nothing, and show "
    "nothing; of some kinds more were done than by default, to have enough others.\n\n"
)


def _report(cases: Sequence[Case], *, seed: int, put_together: bool) -> str:
    broken = "".join(f"- {case.kind.name} {case.number}: {case.outcome}\n" for case in cases if case.broken)
    return (
        "# Builds that survive faults\n\n"
        f"Written by `python -m tests.hardening.builds --seed {seed} --output benchmarks/HARDENING.md`: {len(cases)} cases "
        f"with ffmpeg {ENGINES[0].version_text}. Each builds a real film (six clips with crossfades, "
        "a title, music, loudness) through the command line in a process of its own, and compares bytes with the build that "
        "nothing happened to.\n\n"
        f"{_PUT_TOGETHER if put_together else ''}"
        f"{table(cases)}\n" + (f"\n{broken}" if broken else "")
    )


if __name__ == "__main__":
    sys.exit(main())
