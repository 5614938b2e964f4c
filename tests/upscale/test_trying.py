"""What a chunk's tries come to, host by host. Real jobs on this machine, whose `upscale.py run` is a few lines of shell."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from montage_recipe.diagnostics import Diagnostic, HostError, StoreError
from montage_recipe.models import Backend
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale import packets
from montage_recipe.upscale.cleaning import note_begun, tidy
from montage_recipe.upscale.hosts import open_host
from montage_recipe.upscale.hosts.inventory import Device, HostKind, HostSpec
from montage_recipe.upscale.hosts.local import LocalHost
from montage_recipe.upscale.hosts.port import Host, LoginLost, Ran, named_fault
from montage_recipe.upscale.job_files import no_weights
from montage_recipe.upscale.pool import Pool
from montage_recipe.upscale.remote import ask, send_text
from montage_recipe.upscale.retry import Policy
from montage_recipe.upscale.task import Task
from montage_recipe.upscale.telling import Note, Noted
from montage_recipe.upscale.upscaling import chunk_key, owner_of, upscale
from tests.processes import wait_until
from tests.upscale.faults import LIMITS, FolderShelf, make_source, request_for
from tests.upscale.hosts.cgpu_fixture import install_stand_in

pytestmark = pytest.mark.ffmpeg
NOT_ENLARGED = """cp chunk.media result.mp4
echo "{\\"phase\\": \\"done\\", \\"sha256\\": \\"$(sha256sum < result.mp4 | head -c 64)\\"}" > state.json"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_source(tmp_path_factory.mktemp("source"))


class World:
    """One upscaling: its shelf, what it has told, its logs by name, and the hosts that were opened."""

    def __init__(self, folder: Path, source: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.source = folder, source
        self.shelf = FolderShelf(folder / "shelf")
        self.told: list[str] = []
        self.logs: dict[str, str] = {}
        self.opened: list[str] = []

    def host(self, name: str, run: str) -> HostSpec:
        """One where `upscale.py run` is `run`, in shell."""
        python = self.folder / f"python-{name}"
        python.write_text(
            f'#!/bin/sh\ncase "$1 $2" in "upscale.py run") echo >> {self.folder}/{name}-runs; {run}\n;; "upscale.py "*) ;;\n'
            f'*) exec {sys.executable} "$@";; esac\n'
        )
        python.chmod(0o755)
        folder = str(self.folder / name)
        return HostSpec(name=name, kind=HostKind.LOCAL, folder=folder, python=str(python), device=Device.CPU)

    def runs(self, name: str) -> int:
        return len((self.folder / f"{name}-runs").read_text().splitlines())

    def upscale(
        self,
        *specs: HostSpec,
        may_start: bool = True,
        attempts: int = 3,
        away: Callable[[str, int], str] = lambda name, number: "",
    ) -> HostError:
        """How it fails. `away` says for which cause a host cannot be opened, by its name and how often it was tried."""

        def opened(spec: HostSpec, *, stop: Stop) -> Host:
            self.opened.append(spec.name)
            if cause := away(spec.name, self.opened.count(spec.name)):
                raise named_fault(spec, "reach", cause)
            return open_host(spec, stop=stop)

        pool = Pool(specs, stop=never, open_way=opened)
        with closing(pool), pytest.raises(HostError) as caught:
            upscale(self.task(pool, attempts=attempts, may_start=may_start))
        return caught.value

    def task(self, pool: Pool, number: int = 0, *, attempts: int = 3, may_start: bool = True) -> Task:
        """Of one chunk where the number is even, of two where it is odd."""
        scratch = self.folder / f"scratch-{len(list(self.folder.iterdir()))}"
        scratch.mkdir()
        policy = Policy(
            attempts=attempts, attempts_on_the_way=attempts + 2, first_s=0.05, longest_s=0.05, deadline_s=15
        )
        return Task(
            request=request_for(self.source, number),
            source=self.source,
            scratch=scratch,
            pool=pool,
            shelf=self.shelf,
            tell=self._hear,
            stop=never,
            keep_log=self._keep_log,
            limits=LIMITS,
            policy=policy,
            may_start=may_start,
        )

    def begun_on(self, spec: HostSpec, script: str) -> None:
        """As a killed build leaves it: a job that is there, and the store remembers where."""
        name = self.job_name()
        self.shelf.remember(f"host:{self.key()}", spec.name)
        host = LocalHost(spec, stop=never)
        send_text(host, f"jobs/{name}/run.sh", script, self.folder)
        ask(host, "start", name, scratch=self.folder)
        wait_until(lambda: ask(host, "poll", name, scratch=self.folder)["exit_status"] is not None)

    def key(self) -> str:
        request = request_for(self.source, 0)
        (chunk,) = packets.look_at(self.source, 0, request.start, request.end, LIMITS).chunks
        return chunk_key(request, chunk)

    def job_name(self) -> str:
        return hashlib.sha256(f"{owner_of(self.shelf, never)} {self.key()}".encode()).hexdigest()[:40]

    def clear(self, spec: HostSpec) -> None:
        """As the end of a good build does."""
        with closing(open_host(spec, stop=never)) as host:
            tidy(host, self.shelf, scratch=self.folder, stop=never)

    def remembered(self) -> str | None:
        return self.shelf.recall(f"host:{self.key()}")

    def _hear(self, note: Note) -> None:
        if isinstance(note, Noted):
            self.told.append(note.text)

    def _keep_log(self, key: str, text: str) -> Path:
        self.logs[key] = text
        return Path(key)


@pytest.fixture
def world(tmp_path: Path, source: Path) -> World:
    return World(tmp_path, source)


FAILED = "trap 'echo $? > exit_status' EXIT\necho 'CUDA error: an illegal memory access was encountered'; exit 1\n"


def test_a_result_that_is_always_wrong_is_asked_for_so_often_and_not_more(world: World) -> None:
    fault = world.upscale(world.host("a", NOT_ENLARGED))
    assert fault.cause == "output-verify-failed"
    assert world.runs("a") == 3


def test_a_process_that_is_killed_twice_gets_smaller_tiles(world: World) -> None:
    world.upscale(world.host("a", "kill -9 $$"))
    assert ["with tiles of" in text for text in world.told] == [False, True, False]
    assert "given up" in world.told[-1]


@pytest.mark.parametrize(("first", "tried"), [("", 15), ("dns-failure", 1)], ids=["was reached", "was not"])
def test_a_name_that_is_not_found_is_looked_up_again_where_the_host_was_reached(
    first: str, tried: int, world: World
) -> None:
    away = lambda name, number: first if number == 1 else "dns-failure"  # noqa: E731
    fault = world.upscale(world.host("a", "exit 139"), away=away)
    assert fault.cause == "dns-failure"
    assert len(world.opened) == tried  # the last ones of several to clean up


def test_a_host_that_does_not_answer_twice_is_left_for_another_one(world: World) -> None:
    silent = lambda name, number: "connection-timeout" if name == "a" else ""  # noqa: E731
    assert (
        world.upscale(world.host("a", "exit 1"), world.host("b", "exit 139"), away=silent).cause == "connection-timeout"
    )
    assert world.opened[:3] == ["a", "a", "b"]
    alone = World(world.folder / "alone", world.source)
    alone.upscale(alone.host("a", "exit 1"), away=silent)
    assert alone.opened == ["a"] * 3  # all its attempts


@pytest.mark.parametrize("called_before", [False, True])
def test_nothing_is_said_to_stay_where_nothing_was_begun(called_before: bool, world: World) -> None:
    nowhere = dataclasses.replace(world.host("a", "exit 1"), python="/nowhere/python3")
    if called_before:
        world.shelf.remember(f"host:{world.key()}", nowhere.name)
    world.upscale(nowhere)
    assert any("it is given up" in text for text in world.told)
    assert not any("stays" in text for text in world.told)


def test_a_host_that_has_no_weights_of_the_model_is_not_called(world: World) -> None:
    request = dataclasses.replace(request_for(world.source, 0), model="realesr-general-x4v3")
    spec = dataclasses.replace(world.host("a", "exit 1"), backend=Backend.NCNN)
    fault = no_weights(request, spec)
    assert fault and "runs with torch, and this host is held to ncnn" in str(fault)
    assert no_weights(request, dataclasses.replace(spec, backend=Backend.AUTO)) is None


def test_attaching_asks_no_other_host_and_forgets_nothing(world: World) -> None:
    a, b = world.host("a", "exit 1"), world.host("b", "exit 1")
    world.begun_on(a, FAILED)
    fault = world.upscale(a, b, may_start=False, away=lambda name, number: "auth-denied" if name == "a" else "")
    assert fault.cause == "auth-denied"
    assert world.opened == ["a"]
    assert world.remembered() == "a"


def test_attaching_to_a_job_that_has_failed_tells_why(world: World) -> None:
    a = world.host("a", "exit 1")
    world.begun_on(a, FAILED)
    fault = world.upscale(a, may_start=False)
    assert fault.cause == "cuda-illegal-access"
    (log,) = world.logs.values()
    assert "illegal memory access" in log and "the host's log: " in str(fault)
    assert world.told == []


def test_attaching_where_the_way_broke_and_then_nothing_is_there_tells_of_the_way(world: World) -> None:
    a = world.host("a", "exit 1")
    world.begun_on(a, FAILED)
    for job in (world.folder / "a" / "jobs").iterdir():
        job.rename(world.folder / "gone")
    reset = lambda name, number: "connection-reset" if number == 1 else ""  # noqa: E731
    assert world.upscale(a, may_start=False, away=reset).cause == "connection-reset"
    assert world.upscale(a, may_start=False).diagnostics[0].code == "not-on-a-host"


def test_each_host_has_a_log_of_its_own(world: World) -> None:
    loud = "echo Killed by {}; exit 139".format
    fault = world.upscale(world.host("a", loud("a")), world.host("b", loud("b")))
    assert len(fault.diagnostics) == len(world.logs) == 2
    for diagnostic, host in zip(fault.diagnostics, "ab", strict=True):
        (path,) = [name for name, text in world.logs.items() if f"Killed by {host}" in text]
        assert path in diagnostic.message


@pytest.mark.parametrize(("happens", "cause"), [("no-network", "dns-failure"), ("login", "auth-expired")])
def test_a_lost_login_ends_all_calls(
    happens: str, cause: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = install_stand_in(tmp_path, monkeypatch)
    stand_in.will("ok", "ok", happens)
    assert world.upscale(stand_in.spec).cause == cause
    assert len(stand_in.calls()) == 3


class LoginEnds(LocalHost):
    """Its login is lost when the first job is to be removed: at once, or after a cut in the way."""

    asked: list[str]
    causes: tuple[str, ...] = ("auth-expired",)

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        self.asked.append(argv[2])
        if argv[2] != "remove":
            return super().run(argv, timeout_s=timeout_s)
        cause = self.causes[min(self.asked.count("remove"), len(self.causes)) - 1]
        fault = named_fault(self.spec, "ask", cause)
        raise LoginLost(fault.diagnostics) if cause == "auth-expired" else fault


class WayEndsAndThenLogin(LoginEnds):
    causes = ("connection-reset", "auth-expired")


@pytest.mark.parametrize("called_before", [False, True])  # by a build that ended before it was answered
@pytest.mark.parametrize("kind", [LoginEnds, WayEndsAndThenLogin])
def test_what_had_to_stay_of_a_chunk_that_is_back_is_removed_by_a_later_build(
    kind: type[LoginEnds], called_before: bool, world: World
) -> None:
    spec = dataclasses.replace(world.host("a", ""), python=sys.executable)
    if called_before:
        world.shelf.remember(f"host:{world.key()}", spec.name)
    asked: list[str] = []

    def opened(spec: HostSpec, *, stop: Stop) -> Host:
        host = kind(spec, stop=stop)
        host.asked = asked
        return host

    with closing(Pool((spec,), stop=never, open_way=opened)) as pool:
        assert upscale(world.task(pool)).file.exists()
        assert pool.idle() == []
    assert asked.count("remove") == len(kind.causes)  # and nothing is asked without a login
    assert "a later build takes it up or removes it" in world.told[-1]
    jobs = Path(spec.folder) / "jobs"
    assert len(list(jobs.iterdir())) == 1
    world.clear(dataclasses.replace(spec, name="b"))  # the same place by another name
    assert list(jobs.iterdir()) == []
    (jobs / world.job_name()).mkdir()
    world.clear(spec)
    assert len(list(jobs.iterdir())) == 1  # it was not noted any more


def test_what_had_to_stay_goes_also_where_its_chunk_has_left_the_store(world: World) -> None:
    spec = dataclasses.replace(world.host("a", ""), python=sys.executable)
    with closing(Pool((spec,), stop=never, open_way=login_ends)) as pool:
        upscale(world.task(pool))
    found = world.shelf.find(world.key())
    assert found
    found.unlink()
    world.clear(spec)
    assert list((Path(spec.folder) / "jobs").iterdir()) == []


def login_ends(spec: HostSpec, *, stop: Stop) -> Host:
    host = LoginEnds(spec, stop=stop)
    host.asked = []
    return host


class FullShelf(FolderShelf):
    """On a disk that is full."""

    takes = 0  # how many files, and then how many words

    def publish(self, key: str, file: Path) -> Path:
        self._take()
        return super().publish(key, file)

    def remember(self, key: str, text: str) -> None:
        if self.takes < 0:
            self._take()
        super().remember(key, text)

    def _take(self) -> None:
        if self.takes <= 0:
            raise StoreError([Diagnostic(code="disk-full", message="the disk is full", hint="make room")])


@pytest.mark.parametrize(("number", "chunks"), [(0, 1), (1, 2)])
def test_a_result_for_which_there_is_no_room_here_is_fetched_by_the_next_build(
    number: int, chunks: int, world: World
) -> None:
    """And so are those that hosts are at meanwhile; whatever builds come in between."""
    spec = world.host("a", f'{sys.executable} "$@"')
    world.shelf = shelf = FullShelf(world.folder / "full")
    for takes in (0, -1):
        shelf.takes = takes
        with closing(Pool((spec,), stop=never)) as pool, pytest.raises(StoreError):
            upscale(world.task(pool, number))
        assert "stays, as it cannot be kept here" in world.told[-1]
    shelf.takes = 1
    with closing(Pool((spec,), stop=never)) as pool:
        assert len(upscale(world.task(pool, number)).computed) == chunks
    assert world.runs("a") == chunks
    assert list((Path(spec.folder) / "jobs").iterdir()) == []


def test_a_way_that_breaks_again_and_again_ends_no_job_that_runs(world: World) -> None:
    spec = world.host("a", f'sleep 4; {sys.executable} "$@"')
    asked: list[str] = []

    class Shaky(LocalHost):
        def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
            asked.append(argv[2])
            if asked[-3:] == ["poll"] * 3:
                asked.append("cut")
                raise named_fault(self.spec, "ask", "connection-lost")
            return super().run(argv, timeout_s=timeout_s)

    with closing(Pool((spec,), stop=never, open_way=Shaky)) as pool:
        assert upscale(world.task(pool, attempts=1)).file.exists()
    assert asked.count("cut") > 3
    assert world.runs("a") == 1


def test_a_host_that_is_full_of_what_was_left_there_is_cleared(world: World) -> None:
    spec = dataclasses.replace(world.host("a", ""), python=sys.executable)
    jobs = Path(spec.folder) / "jobs"
    left, old = jobs / ("ab" * 20), jobs / ("cd" * 20)
    for folder in (left, old):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))  # which this build may yet ask for
    world.shelf.publish("0" * 64, Path(shutil.copy(world.source, world.folder / "copy")))
    note_begun(world.shelf, spec, "0" * 64, left.name, stop=never)

    class Full(LocalHost):
        def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
            ran = super().run(argv, timeout_s=timeout_s)
            if argv[2] != "poll" or ran.status != 0 or not left.exists():
                return ran
            return dataclasses.replace(ran, stdout=json.dumps(json.loads(ran.stdout) | {"disk_free": 1000}))

    with closing(Pool((spec,), stop=never, open_way=Full)) as pool:
        assert upscale(world.task(pool, attempts=1)).file.exists()
    assert list(jobs.iterdir()) == [old]


def test_what_is_not_done_stays_for_whoever_comes_back_for_it(world: World) -> None:
    spec = world.host("a", "exit 139")
    away = lambda name, number: "connection-timeout" if number > 1 else ""  # noqa: E731
    world.upscale(spec, away=away)
    job = Path(spec.folder) / "jobs" / world.job_name()
    world.clear(spec)
    assert job.exists()
    world.shelf.publish(world.key(), world.source)
    world.clear(spec)
    assert not job.exists()
