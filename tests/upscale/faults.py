"""Upscalings to which real faults happen, by chance but from a seed, at every step of the way.

    python -m tests.upscale.faults --jobs 200 --chance 0.3

prints what was injected, how often, and what came of it. A real OpenSSH server is the host that everything happens to; when
it is given up, this machine takes over, to which nothing happens.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import psutil

from montage_recipe.diagnostics import HostError
from montage_recipe.media.fingerprint import fingerprint
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale.attempt import Patience
from montage_recipe.upscale.cleaning import tidy
from montage_recipe.upscale.hosts import open_host
from montage_recipe.upscale.hosts.inventory import Device, HostKind, HostSpec
from montage_recipe.upscale.hosts.port import Host, Ran
from montage_recipe.upscale.hosts.ssh import SshHost
from montage_recipe.upscale.packets import ChunkLimits, look_at
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.request import Picture, UpscaleRequest
from montage_recipe.upscale.retry import Policy
from montage_recipe.upscale.task import Task
from montage_recipe.upscale.telling import Noted
from montage_recipe.upscale.upscaling import upscale
from tests.endtoend import footage
from tests.upscale.hosts.sshd import Sshd

# step -> what may happen in it; of a Colab runtime, by the names that the stand-in for `cgpu` has for it
COLAB: dict[str, tuple[str, ...]] = {
    "send": ("cut", "cut-silent", "corrupt", "500", "reset", "disk full", "session-gone", "login"),
    "start": ("cut", "unauthorized", "reset", "session-gone", "login-revoked"),
    "poll": (
        "cut",
        "cut-silent",
        "corrupt",
        "command hangs",
        "capacity",
        "502",
        "job killed",
        "job hangs",
        "session-gone",
        "login",
    ),
    "fetch": ("cut", "cut-silent", "corrupt", "500", "result damaged", "session-gone", "login"),
    "remove": ("cut", "500", "reset", "login"),
}
FAULTS: dict[str, tuple[str, ...]] = {
    "send": ("connection cut", "server killed", "disk full", "session wiped"),
    "start": ("connection cut", "server killed", "session wiped"),
    "poll": ("connection cut", "server killed", "command hangs", "job killed", "job hangs", "session wiped"),
    "fetch": ("connection cut", "server killed", "result damaged", "session wiped"),
    "remove": ("connection cut", "server killed"),
}
# After these a host is given up, and rightly; so they happen to one job in so many only, and the others get farther.
FOR_GOOD, IN_ONE_OF = ("disk full",), 4
LIMITS = ChunkLimits(frames=5)
MOST_LOGINS = 20
MOST_LATER = 5  # builds that work on the host after a job that had to leave something
# Of each chunk what was done of it, at most once; a login ends the build, which takes everything back from the host.
LOSES = ("session wiped", "session-gone", "result damaged", "login")
# So many that no bad luck gives a host up.
QUICK = Policy(attempts=20, attempts_on_the_way=20, first_s=0.2, longest_s=1.0)
SHORT = Patience(silent_s=5.0, stuck_s=30.0, preparing_s=60.0, answer_s=5.0)
FRAMES, SECONDS = 8, Fraction(8, 30)


class Mischief:
    """One server, the folder of its jobs, and the faults that happen there."""

    faults = FAULTS

    def __init__(self, folder: Path, *, seed: int, chance: float, spared: Collection[str] = ()) -> None:
        self.folder, self.jobs, self.counts = folder, folder / "host", Counter[str]()
        self.disk = self.jobs  # a small one, where one may be mounted
        self._spared, self.for_good = spared, False  # whether a fault may happen after which the host is given up
        self._random, self._chance = random.Random(seed), chance
        self.server, self.config = Sshd(folder), folder / "ssh_config"
        self._timers: list[threading.Thread] = []
        self.python = _counting_python(folder)

    def spec(self) -> HostSpec:
        return HostSpec(
            name="far",
            kind=HostKind.SSH,
            address="127.0.0.1",
            folder=str(self.jobs),
            python=str(self.python),
            device=Device.CPU,
        )

    def open(self, spec: HostSpec, *, stop: Stop = never) -> Host:
        if spec.kind is not HostKind.SSH:
            return open_host(spec, stop=stop)
        return Faulty(SshHost(spec, stop=stop, config=self.config), self)

    def happens(self, step: str) -> str:
        """Makes a fault happen, or not; which one."""
        if self._random.random() >= self._chance:
            return ""
        spared = {*self._spared, *(() if self.for_good else FOR_GOOD)}
        fault = self._random.choice([fault for fault in self.faults[step] if fault not in spared])
        self.counts[f"{fault} in {step}"] += 1
        self._act(fault, self._random.uniform(0.0, 0.03))
        return fault

    def _act(self, fault: str, delay: float) -> None:
        match fault:
            case "connection cut":
                self._soon(delay, self.server.kill_sessions)
            case "server killed":
                self.server.__exit__()
                self._soon(0.5, self.server.restart)
            case "job killed":
                self._signal_jobs(signal.SIGKILL)
            case "job hangs":
                self._signal_jobs(signal.SIGSTOP)
            case "session wiped":
                self._signal_jobs(signal.SIGKILL)
                shutil.rmtree(self.jobs, ignore_errors=True)
            case "result damaged":
                for result in self.jobs.glob("jobs/*/result.mp4"):
                    with result.open("r+b") as stream:
                        stream.seek(100)
                        stream.write(b"damaged")
            case "disk full":
                self._fill_disk()
                self._soon(0.3, self._empty_disk)

    def processes(self) -> list[psutil.Process]:
        inside = str(self.jobs)
        return [p for p in psutil.process_iter(["cwd", "cmdline"]) if str(p.info["cwd"] or "").startswith(inside)]

    def left(self) -> list[Path]:
        """The folders of jobs that are there."""
        return sorted((self.jobs / "jobs").glob("*"))

    def settle(self) -> None:
        for timer in self._timers:
            timer.join()

    def _soon(self, delay: float, act: Callable[[], None]) -> None:
        timer = threading.Timer(delay, act)
        timer.start()
        self._timers.append(timer)

    def _signal_jobs(self, number: signal.Signals) -> None:
        """Of jobs, not of the commands that ask for them."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                if str(process.cwd()) != str(self.jobs):
                    process.send_signal(number)

    def _fill_disk(self) -> None:
        if self.disk.is_mount():
            with suppress(OSError), (self.disk / "ballast").open("wb") as ballast:
                while True:
                    ballast.write(bytes(1 << 20))

    def _empty_disk(self) -> None:
        (self.disk / "ballast").unlink(missing_ok=True)


class ColabMischief(Mischief):
    """The same for a runtime behind the stand-in for `cgpu`."""

    faults = COLAB

    def __init__(self, folder: Path, *, seed: int, chance: float, spared: Collection[str] = ()) -> None:
        super().__init__(folder, seed=seed, chance=chance, spared=spared)
        self._state, self.disk = folder / "state", folder / "content"
        self.jobs = self.disk / "montage-recipe"
        self._state.mkdir()
        self._cgpu = folder / "cgpu"
        stand_in = Path(__file__).parent / "hosts" / "cgpu_stand_in.py"
        places = f"CGPU_STAND_IN_STATE={self._state} CGPU_STAND_IN_CONTENT={self.disk}"
        self._cgpu.write_text(f'#!/bin/sh\n{places} exec {sys.executable} -I -S {stand_in} "$@"\n')
        self._cgpu.chmod(0o755)

    def spec(self) -> HostSpec:
        return HostSpec(
            name="far",
            kind=HostKind.CGPU,
            command=str(self._cgpu),
            folder=str(self.jobs),
            python=str(self.python),
            device=Device.CPU,
        )

    def open(self, spec: HostSpec, *, stop: Stop = never) -> Host:
        host = open_host(spec, stop=stop)
        return Faulty(host, self) if spec.kind is HostKind.CGPU else host

    def _act(self, fault: str, delay: float) -> None:
        if fault == "command hangs":
            return
        if fault in ("job killed", "job hangs", "result damaged", "disk full"):
            super()._act(fault, delay)
            return
        if fault == "session-gone":
            self._signal_jobs(signal.SIGKILL)
        with (self._state / "faults").open("a") as coming:
            coming.write(f"{fault}\n")


class Faulty:
    """A host on whose way things happen."""

    def __init__(self, host: Host, mischief: Mischief) -> None:
        self.spec = host.spec
        self._host, self._mischief = host, mischief

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        verb = argv[2] if len(argv) > 2 else ""
        if verb in FAULTS and self._mischief.happens(verb) == "command hangs":
            return self._host.run(("sleep", "100"), timeout_s=1.0)
        return self._host.run(argv, timeout_s=timeout_s)

    def put(self, file: Path, place: str) -> None:
        self._mischief.happens("send")
        self._host.put(file, place)

    def get(self, place: str, file: Path, *, sha256: str) -> None:
        self._mischief.happens("fetch")
        self._host.get(place, file, sha256=sha256)

    def remove(self, place: str) -> None:
        self._host.remove(place)

    def close(self) -> None:
        self._host.close()


def _counting_python(folder: Path) -> Path:
    """A Python that notes which jobs have come to a good end: a line each time, the job's folder."""
    file = folder / "python"
    file.write_text(
        f'#!/bin/sh\n{sys.executable} "$@"\nstatus=$?\n[ "$2$status" != run0 ] || echo "$PWD" >> {folder}/done\nexit $status\n'
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


class FolderShelf:
    """Keeps chunks as the store does, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._holding = folder, defaultdict[str, threading.Lock](threading.Lock)
        folder.mkdir()

    def find(self, key: str) -> Path | None:
        return path if (path := self._folder / f"{key}.mp4").exists() else None

    def publish(self, key: str, file: Path) -> Path:
        return file.replace(self._folder / f"{key}.mp4")

    def remember(self, key: str, text: str) -> None:
        (self._folder / hashlib.sha256(key.encode()).hexdigest()).write_text(text)

    def hold(self, key: str, stop: Stop, *, waits: Callable[[], None] = lambda: None) -> AbstractContextManager[object]:
        return self._holding[key]

    def recall(self, key: str) -> str | None:
        path = self._folder / hashlib.sha256(key.encode()).hexdigest()
        return path.read_text() if path.exists() else None


@dataclass
class Result:
    """What became of some jobs."""

    jobs: int = 0
    finished: int = 0
    equal: int = 0
    taken_over: int = 0  # by the other host, after this one was given up
    logins: int = 0  # that were asked for, each of which ended a build
    done_twice: int = 0  # chunks that were done again although what was done of them was still there
    left_to_later: int = 0  # jobs that a build had to leave on the host
    later: int = 0  # builds it took to remove them
    left_on_host: int = 0  # after those
    left_processes: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        for name in (
            "jobs",
            "finished",
            "equal",
            "taken_over",
            "logins",
            "done_twice",
            "left_to_later",
            "later",
            "left_on_host",
            "left_processes",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults
        self.errors += other.errors


def make_source(folder: Path) -> Path:
    return footage.pattern(folder / "source.mp4", seconds=8, size="64x36", sound=False)


def request_for(source: Path, number: int) -> UpscaleRequest:
    start = Fraction(number % 24, 4)
    picture = Picture(
        index=0,
        decoder=None,
        width=64,
        height=36,
        sar=Fraction(1),
        rate=Fraction(30),
        deep=False,
        interlaced=False,
        full_range=False,
        matrix="bt601",
        tags=("", "", "smpte170m"),
    )
    return UpscaleRequest(
        fingerprint=fingerprint(source),
        start=start,
        end=start + SECONDS,
        factor=2,
        model="realesr-animevideov3",
        picture=picture,
    )


def run_one(
    mischief: Mischief, source: Path, number: int, folder: Path, *, undisturbed: str | None
) -> tuple[Result, str]:
    """One upscaling, of one chunk or two. The SHA-256 of what came out, "" when nothing did."""
    mischief.counts.clear()
    mischief.for_good = number % (2 * IN_ONE_OF) < 2  # of either worker's
    (mischief.folder / "done").unlink(missing_ok=True)
    folder.mkdir()
    other = HostSpec(
        name="near", kind=HostKind.LOCAL, folder=str(folder / "near"), python=sys.executable, device=Device.CPU
    )
    result, made = Result(jobs=1), ""
    shelf = FolderShelf(folder / "shelf")
    hosts, said = [mischief.spec(), other], list[str]()
    while hosts:
        spec = hosts[0]
        scratch = Path(tempfile.mkdtemp(dir=folder))
        pool = Pool((spec,), stop=never, open_way=mischief.open)
        try:
            upscaled = upscale(_task(source, number, scratch, pool, shelf, said))
            result.left_to_later, result.later = _tidied(mischief, pool, shelf, scratch)
        except HostError as error:
            if error.cause == "auth-expired":  # it has stopped at once; somebody logs in and builds again
                result.logins += 1
                if result.logins < MOST_LOGINS:
                    continue
            result.errors.append(f"job {number}, given up by {spec.name}: {error}")
            hosts.pop(0)
        except Exception as error:
            result.errors.append(f"job {number}: {type(error).__name__}: {error}")
            break
        else:
            made = hashlib.sha256(upscaled.file.read_bytes()).hexdigest()
            result.finished = 1
            result.taken_over = int(spec is other)
            result.equal = int(undisturbed is None or made == undisturbed)
            break
        finally:
            pool.close()
            mischief.settle()
    result.faults = Counter(mischief.counts)
    done = mischief.folder / "done"
    times = Counter(done.read_text().split() if done.exists() else ())
    request = request_for(source, number)
    chunks = len(look_at(source, 0, request.start, request.end, LIMITS).chunks)
    lost = sum(count for fault, count in result.faults.items() if fault.startswith(LOSES))
    result.done_twice = max(0, sum(count - 1 for count in times.values()) - chunks * lost)
    deadline = time.monotonic() + 6  # a command that hung is ended there 2 s after it is given up here
    while (alive := mischief.processes()) and time.monotonic() < deadline:
        time.sleep(0.1)
    result.left_processes = len(alive)
    result.errors += [f"job {number}: left {' '.join(p.info.get('cmdline') or ())}" for p in alive]
    if left := mischief.left():
        result.left_on_host = len(left)
        files = sorted(str(path.relative_to(job.parent)) for job in left for path in (job, *job.rglob("*")))
        result.errors.append(f"job {number}: left {', '.join(files)}; it said {said[-3:]}")
    return result, made


def _tidied(mischief: Mischief, pool: Pool, shelf: FolderShelf, scratch: Path) -> tuple[int, int]:
    """As the end of a good build does, and then of later ones that work on the host, until nothing is left there. How many
    jobs the first has left, and how many more builds it took."""
    with suppress(HostError):
        for host in pool.idle():
            tidy(host, shelf, scratch=scratch, stop=never)
    left, later = len(mischief.left()), 0
    while mischief.left() and later < MOST_LATER:
        later += 1
        pool = Pool((mischief.spec(),), stop=never, open_way=mischief.open)
        with closing(pool), suppress(HostError), pool.lease() as lease:
            tidy(lease.host(), shelf, scratch=scratch, stop=never)
    return left, later


def _task(source: Path, number: int, scratch: Path, pool: Pool, shelf: FolderShelf, said: list[str]) -> Task:
    return Task(
        request=request_for(source, number),
        source=source,
        scratch=scratch,
        pool=pool,
        shelf=shelf,
        tell=lambda note: said.append(note.text) if isinstance(note, Noted) else None,
        stop=never,
        keep_log=lambda key, text: None,
        limits=LIMITS,
        policy=QUICK,
        patience=SHORT,
    )


def run_many(
    folder: Path,
    *,
    jobs: int,
    chance: float,
    seed: int,
    workers: int = 2,
    colab: bool = False,
    spared: Collection[str] = (),
) -> Result:
    """`spared` are faults that do not happen."""
    source = make_source(folder)
    with _Running(Mischief, folder / "quiet", seed, 0.0) as quiet:
        truth = {}
        for number in range(min(jobs, 24)):
            one, made = run_one(quiet, source, number, folder / f"truth-{number}", undisturbed=None)
            assert made, one.errors
            truth[number] = made

    def work(worker: int) -> Result:
        total = Result()
        kind = ColabMischief if colab else Mischief
        with _Running(kind, folder / f"server-{worker}", seed + worker, chance, spared) as mischief:
            for number in range(worker, jobs, workers):
                place = folder / f"job-{number}"
                one, _ = run_one(mischief, source, number, place, undisturbed=truth[number % 24])
                total.add(one)
                shutil.rmtree(place)
                _remove_rest(mischief)
        return total

    total = Result()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for one in pool.map(work, range(workers)):
            total.add(one)
    return total


def _remove_rest(mischief: Mischief) -> None:
    """What could not be removed as the way to the host was cut once more: the next contact would sweep it by age."""
    shutil.rmtree(mischief.jobs / "jobs", ignore_errors=True)


class _Running:
    """A server with a small disk of its own, where one may be mounted."""

    def __init__(
        self, kind: type[Mischief], folder: Path, seed: int, chance: float, spared: Collection[str] = ()
    ) -> None:
        folder.mkdir()
        self._mischief = kind(folder, seed=seed, chance=chance, spared=spared)

    def __enter__(self) -> Mischief:
        disk = self._mischief.disk
        disk.mkdir()
        if os.geteuid() == 0:
            mount = ("mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(disk))
            subprocess.run(mount, check=False, capture_output=True)
        self._mischief.jobs.mkdir(exist_ok=True)
        self._mischief.server.__enter__()
        self._mischief.server.write_config(self._mischief.config)  # once: several ways may be opened at once
        return self._mischief

    def __exit__(self, *_: object) -> None:
        self._mischief.server.__exit__()
        if (disk := self._mischief.disk).is_mount():
            subprocess.run(("umount", "-l", str(disk)), check=True)


def table(result: Result) -> str:
    lines = ["| fault | injected |", "| --- | --- |"]
    lines += [f"| {fault} | {count} |" for fault, count in sorted(result.faults.items())]
    lines += ["", "| of | there were |", "| --- | --- |"]
    for what, count in (
        ("jobs", result.jobs),
        ("faults", sum(result.faults.values())),
        ("jobs that finished", result.finished),
        ("of them with the bytes of the undisturbed run", result.equal),
        ("of them finished by the next host, after this one was given up", result.taken_over),
        ("builds that stopped at a login and were begun again", result.logins),
        ("chunks done again although what was done of them was still there", result.done_twice),
        ("jobs that their build had to leave on the host", result.left_to_later),
        ("later builds that worked there until those were removed", result.later),
        ("jobs left on the host in the end", result.left_on_host),
        ("processes left there", result.left_processes),
    ):
        lines.append(f"| {what} | {count} |")
    return "\n".join((*lines, *result.errors))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--chance", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--colab", action="store_true", help="the stand-in for cgpu instead of an SSH server")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="montage-faults-") as folder:
        result = run_many(
            Path(folder), jobs=options.jobs, chance=options.chance, seed=options.seed, colab=options.colab
        )
    print(table(result))
    print(f"\n{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
