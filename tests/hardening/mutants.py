"""Sends many mutated recipes through the compiler and tells what came of them.

    python -m tests.hardening.mutants --count 100000 --seed 1 --workers 2 --output benchmarks/MUTANTS.md

Each ends in a plan or in diagnostics that have a place, a cure and a code that `explain` knows; what does not is written to
the folder of failures. Worker processes do the work; one that takes too long for a recipe is killed and begun anew.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from montage_recipe.render.engine import find_engine
from montage_recipe.render.store import Store
from tests.hardening import compiling
from tests.hardening.compiling import LONGEST_S, Answer, Opened, allowed_folders, answer_to, written_to
from tests.hardening.drafts import ROOT
from tests.hardening.mutant_media import CANARY, make_place
from tests.hardening.mutants_table import Row, table
from tests.hardening.mutating import KINDS, Mutant, mutant
from tests.hardening.watching import Watch

_LOOK_S = 0.2
_STUCK_S = 60  # without an answer and without CPU time
_FAR_TOO_LARGE = 1 << 30  # bytes; a worker is killed before it takes the machine's memory
_TELL_S = 30  # between two tables of a run that goes on
_KEPT = 4  # failures of one sort that are written out


# --- the worker ------------------------------------------------------------------------------------------------------


def work(place: Path, seed: int, numbers: range) -> None:
    """Answers the mutants of these numbers, one line of JSON each before and after."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    os.chdir(place)
    with Store.open(place / ".montage") as store:
        engine = find_engine(None, store.memo)
        opened = Opened(allowed_folders(place, engine))
        opened.listen()
        for kind in range(len(KINDS)):  # what is loaded at first use is no recipe's cost
            one = mutant(0, kind)
            written_to(place, one)
            answer_to(one, engine=engine, memo=store.memo)
        for number in numbers:
            one = mutant(seed, number)
            written_to(place, one)
            _say({"begun": number, "cpu_s": compiling.cpu_s()})
            answer = answer_to(one, engine=engine, memo=store.memo, opened=opened)
            _say({"number": number, **asdict(answer)})


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


# --- the one who looks after workers ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Worker:
    place: Path
    seed: int
    numbers: range
    process: subprocess.Popen[str] | None = None
    number: int | None = None  # being worked on
    cpu_before_s: float = 0
    changed: float = 0  # when it last got further

    def start(self, first: int) -> None:
        self.numbers = range(first, self.numbers.stop, self.numbers.step)
        self.number = None
        argv = (
            *(sys.executable, "-m", "tests.hardening.mutants", "--seed", str(self.seed), "--place", str(self.place)),
            *("--numbers", f"{self.numbers.start}:{self.numbers.stop}:{self.numbers.step}"),
        )
        log = (self.place.parent / "worker.log").open("a", encoding="utf-8")
        with log:
            self.process = subprocess.Popen(
                argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.changed = time.monotonic()

    @property
    def log(self) -> str:
        return (self.place.parent / "worker.log").read_text(encoding="utf-8", errors="replace")[-6000:]

    def cpu_s(self) -> float:
        assert self.process
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.NoSuchProcess:
            return self.cpu_before_s
        return float(times.user + times.system + times.children_user + times.children_system)

    def rss_bytes(self) -> int:
        assert self.process
        try:
            return int(psutil.Process(self.process.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    def kill(self) -> None:
        """Ends it; where its threads are then stands in its log."""
        assert self.process
        self.process.send_signal(signal.SIGUSR1)
        time.sleep(0.3)
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Tally:
    seed: int
    folder: Path  # of failures
    rows: dict[str, Row] = field(default_factory=dict)
    sorts: Counter[str] = field(default_factory=Counter)

    def add(self, number: int, answer: Answer) -> None:
        kind = KINDS[number % len(KINDS)]
        self.rows.setdefault(kind, Row(kind)).add(number, answer)
        if answer.fault:
            self.fail(number, answer.fault)

    def fail(self, number: int, fault: str) -> None:
        sort = fault.partition("\n")[0]
        self.sorts[sort] += 1
        if self.sorts[sort] > _KEPT:
            return
        print(f"{KINDS[number % len(KINDS)]} {number}: {sort}", flush=True)
        keep_failure(self.folder / f"{number}", mutant(self.seed, number), fault)


def keep_failure(folder: Path, one: Mutant, fault: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in one.files.items():
        (folder / name).write_bytes(content)
    (folder / "FAULT.txt").write_text(f"{one.kind}\n{fault}\n", encoding="utf-8", errors="backslashreplace")


def send_all(
    seed: int, numbers: range, workers: int, tally: Tally, folder: Path, tell: Callable[[], object] = lambda: None
) -> None:
    """Has all mutants answered; `tell` is called now and then."""
    with Watch() as watch, selectors.DefaultSelector() as selector:
        team = []
        for number in range(workers):
            place = make_place(folder / f"worker{number}", port=watch.port)
            watch.add(place.parent / CANARY)
            worker = Worker(place, seed, range(numbers.start + number, numbers.stop, workers))
            worker.start(worker.numbers.start)
            _register(selector, worker)
            team.append(worker)
        told = looked = time.monotonic()
        while selector.get_map():
            if time.monotonic() - told > _TELL_S:
                tell()
                told = time.monotonic()
            for key, _ in selector.select(_LOOK_S):
                _heard(selector, key.data, key.fileobj, tally)
            if time.monotonic() - looked < _LOOK_S:
                continue
            looked = time.monotonic()
            for worker in team:
                _look_at(selector, worker, tally)
            for touched in watch.touched():
                for worker in team:
                    tally.fail(worker.number or 0, f"the canary was touched\n{touched}")


def _register(selector: selectors.BaseSelector, worker: Worker) -> None:
    assert worker.process and worker.process.stdout
    selector.register(worker.process.stdout, selectors.EVENT_READ, worker)


def _heard(selector: selectors.BaseSelector, worker: Worker, stream: Any, tally: Tally) -> None:
    line = stream.readline()
    worker.changed = time.monotonic()
    if not line:
        _ended(selector, worker, tally, "the process ended")
        return
    said = json.loads(line)
    if "begun" in said:
        worker.number, worker.cpu_before_s = said["begun"], said["cpu_s"]
        return
    number = said.pop("number")
    worker.number = None
    tally.add(number, Answer(**{**said, "codes": tuple(said["codes"])}))


def _look_at(selector: selectors.BaseSelector, worker: Worker, tally: Tally) -> None:
    if worker.number is None or worker.process is None:
        return
    why = ""
    if (cpu := worker.cpu_s() - worker.cpu_before_s) > 3 * LONGEST_S:
        why = f"killed after more than {LONGEST_S:g} s of CPU\n{cpu:.1f} s"
    elif worker.rss_bytes() > _FAR_TOO_LARGE:
        why = f"killed as it was larger than {_FAR_TOO_LARGE >> 20} MB"
    elif time.monotonic() - worker.changed > _STUCK_S:
        why = f"killed after {_STUCK_S} s without an answer"
    if why:
        worker.kill()
        _ended(selector, worker, tally, why)


def _ended(selector: selectors.BaseSelector, worker: Worker, tally: Tally, why: str) -> None:
    assert worker.process and worker.process.stdout
    selector.unregister(worker.process.stdout)
    worker.process.stdout.close()
    status = worker.process.wait()
    if worker.number is None and status == 0:
        worker.process = None
        return
    number = worker.numbers.start if worker.number is None else worker.number
    fault = f"{why}\nstatus {status}\n{worker.log}"
    tally.add(number, Answer(codes=(), jobs=0, cpu_s=worker.cpu_s() - worker.cpu_before_s, peak_bytes=0, fault=fault))
    worker.process = None
    if number + worker.numbers.step < worker.numbers.stop:
        worker.start(number + worker.numbers.step)
        _register(selector, worker)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hardening.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--failures", type=Path, default=Path("failures"), help="where failing mutants are written to")
    parser.add_argument("--output", type=Path, help="where the table is written to")
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--numbers", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.place:
        work(given.place, given.seed, range(*map(int, given.numbers.split(":"))))
        return 0
    numbers, begun = range(given.first, given.first + given.count), time.monotonic()
    tally = Tally(given.seed, given.failures)

    def told() -> str:
        rows = [tally.rows[kind] for kind in dict.fromkeys(KINDS) if kind in tally.rows]
        text = table(rows, seed=given.seed, wall_s=time.monotonic() - begun)
        if given.output:
            given.output.write_text(text, encoding="utf-8")
        return text

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        send_all(given.seed, numbers, given.workers, tally, Path(folder), told)
    print(told())
    for sort, count in tally.sorts.most_common():
        print(f"{count} times: {sort}")
    return 1 if tally.sorts else 0


if __name__ == "__main__":
    sys.exit(main())
