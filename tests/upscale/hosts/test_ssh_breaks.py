"""What becomes of work when an SSH connection breaks, stalls, or is given up."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from paramiko.packet import Packetizer

from montage_recipe.diagnostics import HostError, Interrupted
from montage_recipe.upscale.hosts.ssh import SshHost
from montage_recipe.upscale.hosts.ssh_transfer import mark_of
from montage_recipe.upscale.hosts.transfer import unfinished
from tests.upscale.hosts.opening import SHORT, Opener, content
from tests.upscale.hosts.relay import Relay
from tests.upscale.hosts.sshd import Sshd, running_sshd

SOON_S = 10.0
DATA = content(20_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
CUT_AT = 12_000_000
ENVELOPE = 1_500_000  # what else goes over the line: the million that is sent again, and the protocol


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    """One whose sessions may be killed without harm for other tests."""
    with running_sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def relay(server: Sshd) -> Iterator[Relay]:
    with Relay(server.port) as relay:
        yield relay


@pytest.fixture
def config(server: Sshd, relay: Relay, tmp_path: Path) -> Path:
    known = server.known_hosts(relay.port)
    return server.write_config(tmp_path / "ssh_config", f"Port {relay.port}", known_hosts=known)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(DATA)
    return file


def test_an_upload_whose_session_is_killed_goes_on_next_time(
    open_ssh: Opener, server: Sshd, relay: Relay, config: Path, file: Path, folder: Path
) -> None:
    host = open_ssh(config)
    relay.when("there", CUT_AT, server.kill_sessions)
    with pytest.raises(HostError) as caught:
        host.put(file, "place")
    assert caught.value.cause in ("connection-lost", "connection-reset")
    assert not (folder / "place").exists()
    arrived = (folder / unfinished("place", mark_of(file))).stat().st_size
    again = open_ssh(config)
    before = relay.there
    again.put(file, "place")
    assert (folder / "place").read_bytes() == DATA
    assert relay.there - before < len(DATA) - arrived + ENVELOPE
    assert arrived > CUT_AT / 2


def test_an_upload_into_a_folder_that_vanishes_is_told_at_whatever_moment_it_does(
    open_ssh: Opener, config: Path, folder: Path, tmp_path: Path
) -> None:
    """As where a session on Colab ends; told as what is tried again."""
    host = open_ssh(config)
    small = tmp_path / "small"
    small.write_bytes(DATA[:1000])
    over = threading.Event()

    def wipe() -> None:
        while not over.is_set():
            shutil.rmtree(folder / "jobs", ignore_errors=True)

    wiping, faults = threading.Thread(target=wipe), list[HostError]()
    wiping.start()
    try:
        for number in range(12):
            try:
                host.put(small, f"jobs/{number}/place")
            except HostError as fault:
                faults.append(fault)
    finally:
        over.set()
        wiping.join()
    assert faults
    assert {fault.cause for fault in faults} <= {"remote-file-missing", "connection-lost", "output-verify-failed"}, (
        faults
    )


def test_a_download_whose_session_is_killed_goes_on_next_time(
    open_ssh: Opener, server: Sshd, relay: Relay, config: Path, folder: Path, tmp_path: Path
) -> None:
    host = open_ssh(config)
    (folder / "place").write_bytes(DATA)
    relay.when("back", CUT_AT, server.kill_sessions)
    with pytest.raises(HostError) as caught:
        host.get("place", tmp_path / "back", sha256=DIGEST)
    assert caught.value.cause in ("connection-lost", "connection-reset")
    assert not (tmp_path / "back").exists()
    arrived = (tmp_path / unfinished("back", DIGEST)).stat().st_size
    again = open_ssh(config)
    before = relay.back
    again.get("place", tmp_path / "back", sha256=DIGEST)
    assert (tmp_path / "back").read_bytes() == DATA
    assert relay.back - before < len(DATA) - arrived + ENVELOPE
    assert arrived > CUT_AT / 2


@pytest.mark.parametrize("way", ["there", "back"])
def test_a_transfer_over_a_line_that_is_cut_is_told(
    open_ssh: Opener, relay: Relay, config: Path, file: Path, folder: Path, tmp_path: Path, way: str
) -> None:
    host = open_ssh(config)
    (folder / "place").write_bytes(DATA)
    relay.when(way, 3_000_000, relay.cut)
    with pytest.raises(HostError) as caught:
        if way == "there":
            host.put(file, "other")
        else:
            host.get("place", tmp_path / "back", sha256=DIGEST)
    assert caught.value.cause in ("connection-lost", "connection-reset")


def test_a_command_whose_connection_breaks_has_no_known_end(open_ssh: Opener, server: Sshd, config: Path) -> None:
    host = open_ssh(config)
    threading.Timer(0.3, server.kill_sessions).start()
    ran = host.run(("sh", "-c", "echo begun; sleep 20"), timeout_s=30)
    assert (ran.status, ran.stdout) == (None, "begun\n")


def test_a_host_whose_connection_is_gone_tells_it_at_every_call(
    open_ssh: Opener, relay: Relay, config: Path, file: Path, tmp_path: Path
) -> None:
    host = open_ssh(config)
    relay.cut()
    time.sleep(0.3)
    calls = (
        lambda: host.run(("true",), timeout_s=5),
        lambda: host.put(file, "place"),
        lambda: host.get("place", tmp_path / "back", sha256=DIGEST),
        lambda: host.remove("place"),
    )
    for call in calls:
        with pytest.raises(HostError) as caught:
            call()
        assert caught.value.cause == "connection-lost"
    host.close()


class Frozen:
    """The server's sessions, which neither answer nor end."""

    def __init__(self, server: Sshd) -> None:
        self._sessions: list[psutil.Process] = server.sessions()
        for process in self._sessions:
            process.suspend()

    def thaw(self) -> None:
        for process in self._sessions:
            process.resume()


@pytest.fixture
def frozen_host(open_ssh: Opener, server: Sshd, config: Path, folder: Path) -> Iterator[SshHost]:
    host = open_ssh(config, patience=SHORT)
    (folder / "place").write_bytes(DATA)
    frozen = Frozen(server)
    yield host
    frozen.thaw()


def test_a_host_that_does_not_answer_any_more_is_given_up(frozen_host: SshHost) -> None:
    begun = time.monotonic()
    with pytest.raises(HostError) as caught:
        frozen_host.run(("true",), timeout_s=2)
    assert caught.value.cause in ("connection-timeout", "timeout")
    assert time.monotonic() - begun < SOON_S


def test_an_upload_to_a_host_that_does_not_answer_is_given_up(frozen_host: SshHost, file: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(HostError) as caught:
        frozen_host.put(file, "other")
    assert caught.value.cause == "connection-timeout"
    assert time.monotonic() - begun < SOON_S


def test_a_download_from_a_host_that_does_not_answer_is_given_up(frozen_host: SshHost, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(HostError) as caught:
        frozen_host.get("place", tmp_path / "back", sha256=DIGEST)
    assert caught.value.cause == "connection-timeout"
    assert time.monotonic() - begun < SOON_S


@pytest.mark.parametrize("way", ["there", "back"])
def test_a_transfer_that_stalls_in_the_middle_is_given_up(
    open_ssh: Opener, server: Sshd, relay: Relay, config: Path, file: Path, folder: Path, tmp_path: Path, way: str
) -> None:
    host = open_ssh(config, patience=SHORT)
    (folder / "place").write_bytes(DATA)
    frozen: list[Frozen] = []
    relay.when(way, 5_000_000, lambda: frozen.append(Frozen(server)))
    begun = time.monotonic()
    with pytest.raises(HostError) as caught:
        if way == "there":
            host.put(file, "other")
        else:
            host.get("place", tmp_path / "back", sha256=DIGEST)
    assert caught.value.cause == "connection-timeout"
    assert time.monotonic() - begun < 2 * SOON_S
    frozen[0].thaw()


def test_closing_a_host_that_does_not_answer_takes_no_time(frozen_host: SshHost) -> None:
    begun = time.monotonic()
    frozen_host.close()
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("way", ["there", "back"])
def test_a_transfer_that_is_to_be_stopped_is_given_up_soon_and_goes_on_next_time(
    open_ssh: Opener, relay: Relay, config: Path, file: Path, folder: Path, tmp_path: Path, way: str
) -> None:
    stop = threading.Event()
    host = open_ssh(config, stop=stop.is_set)
    (folder / "place").write_bytes(DATA)

    def slow_down() -> None:
        stop.set()
        time.sleep(1)  # so that the transfer cannot end before it is stopped

    relay.when(way, CUT_AT, slow_down)
    begun = time.monotonic()
    with pytest.raises(Interrupted):
        if way == "there":
            host.put(file, "other")
        else:
            host.get("place", tmp_path / "back", sha256=DIGEST)
    assert time.monotonic() - begun < SOON_S
    again = open_ssh(config)
    before = relay.there + relay.back
    again.put(file, "other") if way == "there" else again.get("place", tmp_path / "back", sha256=DIGEST)
    assert ((folder / "other") if way == "there" else (tmp_path / "back")).read_bytes() == DATA
    assert relay.there + relay.back - before < len(DATA)


def test_a_connection_that_has_carried_much_is_not_lost_to_new_keys(
    open_ssh: Opener, config: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paramiko's own limit, made small: it deadlocks when a channel is closed while keys are exchanged."""
    monkeypatch.setattr(Packetizer, "REKEY_BYTES", 200_000)
    host = open_ssh(config, patience=SHORT)
    data = content(300_000)
    (folder / "place").write_bytes(data)
    for _ in range(20):
        host.get("place", tmp_path / "back", sha256=hashlib.sha256(data).hexdigest())


def test_several_ways_to_one_host_do_not_disturb_each_other(open_ssh: Opener, config: Path, tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            host = open_ssh(config)
            source = tmp_path / f"file-{number}"
            source.write_bytes(content(1_000_000 + number))
            host.put(source, f"jobs/{number}")
            host.get(
                f"jobs/{number}", tmp_path / f"back-{number}", sha256=hashlib.sha256(source.read_bytes()).hexdigest()
            )
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
