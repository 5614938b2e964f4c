"""One chunk on one host: whatever state it is found in, it is gone on with from there. Real jobs, of a few lines of shell."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from montage_recipe.diagnostics import HostError, Interrupted
from montage_recipe.stopping import heed, never
from montage_recipe.upscale.attempt import Attempt, Past, Patience, Watch
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.local import LocalHost
from montage_recipe.upscale.hosts.port import Ran, named_fault
from montage_recipe.upscale.hosts.transfer import unfinished
from montage_recipe.upscale.remote import RESULT, SOURCE, NotThere, ask, finish, measure
from montage_recipe.upscale.telling import Phase
from tests.processes import wait_until

KEY = "0123456789abcdef" * 2
HEAD = 'cd "$(dirname "$0")"; trap \'echo $? > exit_status\' EXIT; echo . >> runs\n'
GOOD = (
    HEAD
    + f"cp {SOURCE} {RESULT}\n"
    + f'echo "{{\\"phase\\": \\"done\\", \\"sha256\\": \\"$(sha256sum < {RESULT} | head -c 64)\\"}}" > state.json\n'
)


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    spec = HostSpec(name="here", kind=HostKind.LOCAL, folder=str(tmp_path / "host"), python=sys.executable)
    return LocalHost(spec, stop=never)


def attempt(
    tmp_path: Path,
    script: str,
    *,
    may_start: bool = True,
    patience: Patience | None = None,
    phases: list[Phase] | None = None,
) -> Attempt:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)

    def source() -> Path:
        file = scratch / "chunk"
        file.write_bytes(b"pictures")
        return file

    return Attempt(
        key=KEY,
        scripts={"run.sh": script},
        source=source,
        scratch=scratch,
        result_bytes=10,
        tell=lambda done, rate: None,
        note=lambda text: None,
        enter=phases.append if phases is not None else lambda phase: None,
        answered=lambda: None,
        stop=never,
        may_start=may_start,
        patience=patience or Patience(),
    )


def runs(tmp_path: Path) -> int:
    return len((tmp_path / "host" / "jobs" / KEY / "runs").read_text().split())


def test_a_chunk_is_sent_run_and_fetched(host: LocalHost, tmp_path: Path) -> None:
    result, state = finish(host, attempt(tmp_path, GOOD))
    assert result.read_bytes() == b"pictures"
    assert state["phase"] == "done"


def test_each_phase_is_told_once(host: LocalHost, tmp_path: Path) -> None:
    steps = "".join(
        f'echo \'{{"phase": "{phase}", "beat": 1}}\' > s; mv s state.json; sleep 0.6\n'
        for phase in ("preparing", "running")
    )
    phases: list[Phase] = []
    finish(host, attempt(tmp_path, GOOD.replace(HEAD, HEAD + steps), phases=phases))
    assert phases == [Phase.SENDING, Phase.INSTALLING, Phase.COMPUTING, Phase.FETCHING]


def test_a_job_that_is_done_is_only_fetched(host: LocalHost, tmp_path: Path) -> None:
    finish(host, attempt(tmp_path, GOOD))
    finish(host, attempt(tmp_path, "exit 1", may_start=False))
    assert runs(tmp_path) == 1


def test_a_job_that_runs_is_waited_for(host: LocalHost, tmp_path: Path) -> None:
    first = attempt(tmp_path, HEAD + "sleep 3\n" + GOOD.removeprefix(HEAD))
    with ThreadPoolExecutor(2) as both:
        one = both.submit(finish, host, first)
        wait_until((tmp_path / "host" / "jobs" / KEY / "process.json").exists)
        other = both.submit(finish, host, attempt(tmp_path, "exit 1", may_start=False))
        assert one.result()[0].read_bytes() == other.result()[0].read_bytes()
    assert runs(tmp_path) == 1


def test_nothing_is_begun_where_nothing_is_to_be(host: LocalHost, tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        finish(host, attempt(tmp_path, GOOD, may_start=False))
    assert not (tmp_path / "host" / "jobs").exists()


def test_the_log_of_a_failed_job_says_why(host: LocalHost, tmp_path: Path) -> None:
    told = "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
    failing = attempt(tmp_path, f"{HEAD}echo '{told}' >&2; exit 1")
    with pytest.raises(HostError, match="CUDA out of memory") as caught:
        finish(host, failing)
    assert caught.value.cause == "cuda-oom"
    assert told in failing.log


def test_what_a_job_has_come_over_is_not_taken_for_its_end(host: LocalHost, tmp_path: Path) -> None:
    event = '{"event": "out-of-memory", "why": "CUDA out of memory. Tried to allocate 2.00 GiB"}'
    with pytest.raises(HostError) as caught:
        finish(host, attempt(tmp_path, f"{HEAD}echo '{event}'; kill -9 $$"))
    assert caught.value.cause == "killed-sigkill"


def test_a_long_log_comes_back_whole(host: LocalHost, tmp_path: Path) -> None:
    failing = attempt(tmp_path, f"{HEAD}seq 100000; exit 1")
    with pytest.raises(HostError):
        finish(host, failing)
    assert failing.log == "".join(f"{number}\n" for number in range(1, 100001))


def test_a_file_that_a_host_lacks_is_no_fault_of_the_recipe(host: LocalHost, tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        finish(host, attempt(tmp_path, f"{HEAD}echo \"FileNotFoundError: 'chunk.media'\"; exit 1"))
    assert caught.value.cause == "remote-file-missing"


def test_a_folder_that_goes_before_the_start_is_a_lost_session(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = host.put

    def wiped_after(file: Path, place: str) -> None:
        put(file, place)
        if place.endswith("run.sh"):
            shutil.rmtree(tmp_path / "host" / "jobs")

    monkeypatch.setattr(host, "put", wiped_after)
    with pytest.raises(HostError) as caught:
        finish(host, attempt(tmp_path, GOOD))
    assert caught.value.cause == "session-lost"


def test_an_unknown_fault_of_the_agent_is_told_in_its_last_line(host: LocalHost, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="invalid literal") as caught:
        ask(host, "poll", KEY, "nonsense", scratch=tmp_path)
    assert caught.value.cause == "unknown"
    assert "Traceback" not in str(caught.value)


def test_measuring_leaves_nothing_there(host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C closes the way, and another one is opened."""

    def interrupted(*_: object, **__: object) -> None:
        heed(lambda: True)

    monkeypatch.setattr(host, "get", interrupted)
    monkeypatch.setattr(host, "remove", interrupted)
    with pytest.raises(Interrupted):
        measure(host, tmp_path, 1000, lambda: 0.0, reopen=lambda: LocalHost(host.spec, stop=never))
    assert list((tmp_path / "host" / "jobs").iterdir()) == []


def test_nothing_is_begun_after_a_stop(host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, stopped = host.put, threading.Event()

    def sent(file: Path, place: str) -> None:
        put(file, place)
        stopped.set()

    monkeypatch.setattr(host, "put", sent)
    late = attempt(tmp_path, GOOD)
    late.stop = stopped.is_set
    ask(host, "list", scratch=tmp_path)
    stopped.clear()
    with pytest.raises(Interrupted):
        finish(host, late)
    assert [path.name for path in (tmp_path / "host" / "jobs" / KEY).iterdir()] == [SOURCE]


def advances(host: LocalHost, tmp_path: Path, tries: int) -> list[bool]:
    """Which of so many tries that break have got further than those before, without a job that runs."""
    past, advanced = Past(), []
    for _ in range(tries):
        broken = attempt(tmp_path, GOOD)
        broken.past = past
        with pytest.raises(HostError):
            finish(host, broken)
        assert not broken.alive
        advanced.append(broken.advanced)
    return advanced


def test_what_arrives_of_a_chunk_is_progress(host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter((5, 9, 9, 9))

    def cut(file: Path, place: str) -> None:
        part = tmp_path / "host" / f"{place}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(bytes(next(sizes)))
        raise named_fault(host.spec, "send a file to", "connection-lost")

    ask(host, "list", scratch=tmp_path)
    monkeypatch.setattr(host, "put", cut)
    assert advances(host, tmp_path, 4) == [False, True, True, False]  # as the next try sees it


def test_to_send_a_chunk_again_is_no_progress(host: LocalHost, tmp_path: Path) -> None:
    failing = attempt(tmp_path, f"{HEAD}exit 1")
    with pytest.raises(HostError):
        finish(host, failing)
    assert (failing.advanced, failing.past.sent) == (True, True)
    ask(host, "remove", KEY, scratch=tmp_path)
    again = attempt(tmp_path, f"{HEAD}exit 1")
    again.past = failing.past
    with pytest.raises(HostError):
        finish(host, again)
    assert not again.advanced


def test_a_failed_job_is_run_again_without_sending_its_chunk_again(host: LocalHost, tmp_path: Path) -> None:
    with pytest.raises(HostError):
        finish(host, attempt(tmp_path, f"{HEAD}exit 1"))
    again = attempt(tmp_path, GOOD)
    again.source = lambda: pytest.fail("the chunk was asked for again")
    assert finish(host, again)[0].read_bytes() == b"pictures"


def test_a_host_that_reaches_no_package_index_is_not_told_as_one_that_is_down(host: LocalHost, tmp_path: Path) -> None:
    said = "Failed to establish a new connection: [Errno 111] Connection refused"
    with pytest.raises(HostError) as caught:
        finish(host, attempt(tmp_path, f"{HEAD}echo '{said}'; exit 1"))
    assert caught.value.cause == "network-refused"
    assert "the host itself has to reach its package index" in str(caught.value)


def test_a_job_that_is_killed_has_a_cause(host: LocalHost, tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        finish(host, attempt(tmp_path, "kill -9 $$"))
    assert caught.value.cause == "killed-sigkill"


def test_a_job_without_a_sign_of_life_is_ended(host: LocalHost, tmp_path: Path) -> None:
    silent = HEAD + 'echo at work; echo \'{"phase": "running", "beat": 1}\' > state.json; sleep 1000'
    quiet = attempt(tmp_path, silent, patience=Patience(silent_s=0.5))
    with pytest.raises(HostError, match="no sign of life") as caught:
        finish(host, quiet)
    assert "at work" in quiet.log
    assert caught.value.cause == "timeout"
    assert ask(host, "poll", KEY, scratch=tmp_path)["alive"] is False


def test_a_job_that_gets_no_further_is_ended(host: LocalHost, tmp_path: Path) -> None:
    state = '{\\"phase\\": \\"running\\", \\"beat\\": $n, \\"done\\": 3}'
    stuck = f'{HEAD}for n in $(seq 1000); do echo "{state}" > s; mv s state.json; sleep 0.1; done'
    with pytest.raises(HostError, match="no tile"):
        finish(host, attempt(tmp_path, stuck, patience=Patience(stuck_s=1.0)))


def test_a_result_that_was_damaged_there_is_made_again(host: LocalHost, tmp_path: Path) -> None:
    finish(host, attempt(tmp_path, GOOD))
    (tmp_path / "host" / "jobs" / KEY / RESULT).write_bytes(b"damaged!")
    with pytest.raises(HostError) as caught:
        finish(host, attempt(tmp_path, GOOD))
    assert caught.value.cause == "output-verify-failed"
    assert finish(host, attempt(tmp_path, GOOD))[0].read_bytes() == b"pictures"


def test_what_comes_back_of_a_result_is_progress(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter((5, 5, 9))

    def cut(place: str, file: Path, *, sha256: str) -> None:
        file.with_name(unfinished(file.name, sha256)).write_bytes(bytes(next(sizes)))
        raise named_fault(host.spec, "fetch a file from", "connection-lost")

    finish(host, attempt(tmp_path, GOOD))
    monkeypatch.setattr(host, "get", cut)
    assert advances(host, tmp_path, 3) == [True, False, True]


@pytest.mark.parametrize("cause", ["output-verify-failed", "remote-file-missing"])
def test_a_result_that_the_way_damages_stays(
    cause: str, host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object, **__: object) -> None:
        raise named_fault(host.spec, "fetch a file from", cause)

    with monkeypatch.context() as patch, pytest.raises(HostError):
        patch.setattr(host, "get", damaged)
        finish(host, attempt(tmp_path, GOOD))
    assert finish(host, attempt(tmp_path, GOOD))[0].read_bytes() == b"pictures"
    assert runs(tmp_path) == 1


def test_a_job_is_watched_across_tries(host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A way that breaks again and again does not hide that it hangs; the time when nobody looked does not count."""
    clock = iter(range(0, 10000, 3)).__next__
    silent = HEAD + 'echo \'{"phase": "running", "beat": 1}\' > state.json; sleep 1000'
    past, asked, causes = Past(), list[str](), list[str]()
    run = host.run

    def shaky(argv: Sequence[str], *, timeout_s: float) -> Ran:
        asked.append(argv[2])
        if asked[-4:] == ["poll"] * 4:
            asked.append("cut")
            raise named_fault(host.spec, "ask", "connection-lost")
        return run(argv, timeout_s=timeout_s)

    monkeypatch.setattr(host, "run", shaky)
    while causes[-1:] != ["timeout"] and len(causes) < 20:
        broken = attempt(tmp_path, silent, patience=Patience(silent_s=20))
        broken.past, broken.clock = past, lambda: float(clock())
        with pytest.raises(HostError) as caught:
            finish(host, broken)
        causes.append(caught.value.cause)
        assert broken.alive is (len(causes) > 1)  # it was found so, as it has outlived what broke
    assert causes[-1] == "timeout"
    assert 2 <= causes.count("connection-lost") == len(causes) - 1


def watched(past: Past, *looks: tuple[float, str, int]) -> list[bool]:
    """Whether a job is taken for dead after each look: at a time, in a phase, with so many heartbeats."""
    clock = [0.0]
    found = []
    seen = Attempt(
        key=KEY, scripts={}, source=Path, scratch=Path(), result_bytes=0, tell=lambda done, rate: None,
        note=lambda text: None, enter=lambda phase: None, answered=lambda: None, stop=never, past=past,
        clock=lambda: clock[0],
    )  # fmt: skip
    watch = Watch(seen)
    for clock[0], phase, beat in looks:
        watch.see({"state": {"phase": phase, "beat": beat, "done": 0, "tiles": 0}, "offset": 0})
        found.append(bool(watch.fault()))
    return found


def test_a_job_that_has_waited_long_is_not_taken_for_dead_when_it_begins() -> None:
    """Each phase has a process of its own, whose heart begins to beat at 0 again."""
    long = [(5.0 * look, "waiting", 0) for look in range(400)]
    assert not any(watched(Past(), *long, (2000, "preparing", 0), (2100, "loading", 0), (2101, "running", 0)))


def test_one_look_a_try_finds_a_job_that_is_dead() -> None:
    past = Past()
    tries = [watched(past, (60.0 * look, "running", 7)) for look in range(10)]
    assert tries.index([True]) == 4  # half a minute counts of each gap
    assert [True] in tries[4:] and [False] not in tries[4:]


def test_too_little_disk_is_told_before_anything_is_sent(host: LocalHost, tmp_path: Path) -> None:
    greedy = attempt(tmp_path, GOOD)
    greedy.result_bytes = 1 << 60
    with pytest.raises(HostError, match=r"are free, .* are needed") as caught:
        finish(host, greedy)
    assert caught.value.cause == "remote-disk-full"
    assert not (tmp_path / "host" / "jobs" / KEY / SOURCE).exists()


def test_two_may_send_the_agent_at_once(host: LocalHost, tmp_path: Path) -> None:
    folders = [tmp_path / f"scratch-{number}" for number in range(8)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(8) as all_at_once:
        answers = list(all_at_once.map(lambda folder: ask(host, "list", scratch=folder), folders))
    assert answers == [{"jobs": []}] * 8
