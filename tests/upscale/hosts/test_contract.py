"""What a host promises, for this machine and for one behind SSH alike."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from montage_recipe.diagnostics import HostError, Interrupted, StoreError
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale.hosts.hearing import MOST_SAID_BYTES
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.local import LocalHost
from montage_recipe.upscale.hosts.port import Host
from montage_recipe.upscale.hosts.ssh import SshHost
from montage_recipe.upscale.hosts.ssh_transfer import mark_of
from montage_recipe.upscale.hosts.transfer import resume_at, unfinished
from tests.upscale.hosts.opening import Opener, content, small_disk

SOON_S = 3.0


def mark(host: Host, file: Path) -> str:
    """What the name of the unfinished file there tells it by."""
    return mark_of(file) if isinstance(host, SshHost) else sha256(file.read_bytes())


ODD_NAMES = (
    "with space",
    "it's",
    'say "hi"',
    "two\nlines",
    "-rf",
    "%d %s",
    "ünïcödé 🎬",
    "back\\slash",
    "$HOME",
    "`id`",
    "*",
    "~",
    "#;&|<>()",
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Kinds:
    """Opens a host of the kind that the test is about."""

    def __init__(self, kind: str, request: pytest.FixtureRequest) -> None:
        self.kind, self._request = kind, request

    def open(self, folder: Path, *, stop: Stop = never) -> Host:
        if self.kind == "local":
            return LocalHost(HostSpec(name="here", kind=HostKind.LOCAL, folder=str(folder)), stop=stop)
        opener: Opener = self._request.getfixturevalue("open_ssh")
        opener.folder = folder
        return opener(self._request.getfixturevalue("config"), stop=stop)


@pytest.fixture(params=["local", "ssh"])
def kinds(request: pytest.FixtureRequest) -> Kinds:
    return Kinds(request.param, request)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(content(3_000_000))
    return file


def test_what_is_sent_nobody_else_can_read(kinds: Kinds, file: Path, tmp_path: Path) -> None:
    with closing(kinds.open(tmp_path / "host")) as host:
        host.put(file, "jobs/0123/file")
    assert (tmp_path / "host" / "jobs" / "0123").stat().st_mode & 0o077 == 0


# --- commands


def test_a_command_tells_status_and_both_outputs(host: Host) -> None:
    ran = host.run(("sh", "-c", "echo one; echo two >&2; exit 7"), timeout_s=10)
    assert (ran.status, ran.stdout, ran.stderr) == (7, "one\n", "two\n")


def test_a_command_runs_in_the_hosts_folder(host: Host, folder: Path) -> None:
    assert host.run(("pwd", "-P"), timeout_s=10).stdout.rstrip("\n") == str(folder.resolve())


def test_arguments_arrive_as_they_are(host: Host) -> None:
    assert host.run(("printf", "%s\\n--\\n", *ODD_NAMES), timeout_s=10).stdout == "".join(
        f"{name}\n--\n" for name in ODD_NAMES
    )


def test_floods_on_both_outputs_are_read_and_cut(host: Host) -> None:
    script = "head -c 9000000 /dev/zero | tr '\\0' x & head -c 9000000 /dev/zero | tr '\\0' y >&2; wait"
    ran = host.run(("sh", "-c", script), timeout_s=20)
    assert (ran.status, ran.stdout, ran.stderr) == (0, "x" * MOST_SAID_BYTES, "y" * MOST_SAID_BYTES)


def test_a_flood_without_end_is_ended(host: Host) -> None:
    with pytest.raises(HostError) as caught:
        host.run(("yes",), timeout_s=0.5)
    assert caught.value.cause == "timeout"


def test_a_command_that_waits_for_input_gets_none(host: Host) -> None:
    assert host.run(("cat",), timeout_s=10).status == 0


def test_a_command_that_takes_too_long_is_given_up(host: Host) -> None:
    begun = time.monotonic()
    with pytest.raises(HostError, match=r"sleep took more than 0\.3 s") as caught:
        host.run(("sleep", "30"), timeout_s=0.3)
    assert caught.value.cause == "timeout"
    assert time.monotonic() - begun < SOON_S
    assert host.run(("true",), timeout_s=10).status == 0  # the way can be used still


def test_a_command_that_is_killed_tells_by_which_signal(host: Host) -> None:
    assert host.run(("sh", "-c", "kill -9 $$"), timeout_s=10).status == 137


def test_a_command_that_is_not_there_ends_as_in_a_shell(host: Host) -> None:
    ran = host.run(("no-such-command",), timeout_s=10)
    assert ran.status == 127 and "no-such-command" in ran.stderr


def test_what_a_command_leaves_behind_does_not_hold_it_up(host: Host) -> None:
    begun = time.monotonic()
    ran = host.run(("sh", "-c", "sleep 8 & echo started"), timeout_s=20)
    assert (ran.status, ran.stdout) == (0, "started\n")
    assert time.monotonic() - begun < SOON_S


def test_output_that_is_no_text_is_no_fault(host: Host) -> None:
    assert host.run(("printf", "a\\377b"), timeout_s=10).stdout == "a\ufffdb"


def test_more_commands_run_than_a_connection_has_channels(host: Host) -> None:
    assert [host.run(("echo", str(n)), timeout_s=10).stdout for n in range(12)] == [f"{n}\n" for n in range(12)]


# --- files


@pytest.mark.parametrize("size", [0, 1, 20_000_000])
def test_a_file_goes_there_and_back(host: Host, folder: Path, tmp_path: Path, size: int) -> None:
    data = content(size)
    (tmp_path / "here").write_bytes(data)
    host.put(tmp_path / "here", "there")
    host.get("there", tmp_path / "back", sha256=sha256(data))
    assert (tmp_path / "back").read_bytes() == data
    assert [path.name for path in folder.iterdir()] == ["there"]
    assert {path.name for path in tmp_path.iterdir() if "part" in path.name} == set()


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_are_not_looked_into(host: Host, folder: Path, file: Path, tmp_path: Path, name: str) -> None:
    host.put(file, f"{name}/{name}")
    assert (folder / name / name).read_bytes() == file.read_bytes()
    host.get(f"{name}/{name}", tmp_path / "back" / name, sha256=sha256(file.read_bytes()))
    assert (tmp_path / "back" / name).read_bytes() == file.read_bytes()
    host.remove(name)
    assert list(folder.iterdir()) == []


def test_a_file_replaces_the_one_of_its_name(host: Host, folder: Path, file: Path) -> None:
    (folder / "place").write_bytes(b"old")
    host.put(file, "place")
    assert (folder / "place").read_bytes() == file.read_bytes()


def test_what_is_there_is_not_sent_again(host: Host, folder: Path, file: Path) -> None:
    """The beginning is left as it was found, and so the damage that was done to it is found."""
    data = file.read_bytes()
    part = folder / unfinished("place", mark(host, file))
    part.write_bytes(b"?" + data[1:2_500_000])
    with pytest.raises(HostError) as caught:
        host.put(file, "place")
    assert caught.value.cause == "output-verify-failed"
    assert list(folder.iterdir()) == []
    host.put(file, "place")
    assert (folder / "place").read_bytes() == data


def test_what_has_been_fetched_is_not_fetched_again(host: Host, folder: Path, file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    (folder / "place").write_bytes(data)
    part = tmp_path / unfinished("back", sha256(data))
    part.write_bytes(b"?" + data[1:2_500_000])
    with pytest.raises(HostError) as caught:
        host.get("place", tmp_path / "back", sha256=sha256(data))
    assert caught.value.cause == "output-verify-failed"
    assert not part.exists() and not (tmp_path / "back").exists()
    host.get("place", tmp_path / "back", sha256=sha256(data))
    assert (tmp_path / "back").read_bytes() == data


def test_a_transfer_goes_on_where_it_broke_off(host: Host, folder: Path, file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    start = resume_at(2_500_000, len(data))
    torn = data[:start] + b"?" * (2_500_000 - start)  # its end is not to be trusted
    (folder / unfinished("place", mark(host, file))).write_bytes(torn)
    host.put(file, "place")
    (tmp_path / unfinished("back", sha256(data))).write_bytes(torn)
    host.get("place", tmp_path / "back", sha256=sha256(data))
    assert (folder / "place").read_bytes() == (tmp_path / "back").read_bytes() == data


def test_what_is_longer_than_the_file_does_not_stay_in_the_way(host: Host, folder: Path, file: Path) -> None:
    data = file.read_bytes()
    (folder / unfinished("place", mark(host, file))).write_bytes(data + bytes(3_000_000))
    with suppress(HostError):
        host.put(file, "place")
    host.put(file, "place")
    assert (folder / "place").read_bytes() == data


def test_a_file_that_is_not_the_one_that_was_made_does_not_arrive(host: Host, folder: Path, tmp_path: Path) -> None:
    (folder / "place").write_bytes(b"something else")
    with pytest.raises(HostError) as caught:
        host.get("place", tmp_path / "back", sha256=sha256(b"what was made"))
    assert caught.value.cause == "output-verify-failed"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("back")] == []


def test_a_file_that_the_host_does_not_have_is_named_so(host: Host, tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        host.get("nothing", tmp_path / "back", sha256=sha256(b""))
    assert caught.value.cause == "remote-file-missing"


def test_a_file_that_is_missing_here_is_not_the_hosts_fault(host: Host, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no-such-file") as caught:
        host.put(tmp_path / "no-such-file", "place")
    assert caught.value.cause == "input-missing"


def test_a_full_disk_here_is_not_the_hosts(host: Host, folder: Path, file: Path, tmp_path: Path) -> None:
    host.put(file, "place")
    with small_disk(tmp_path / "small", "size=1m") as small:
        with pytest.raises(StoreError, match="the disk is full") as caught:
            host.get("place", small / "back", sha256=sha256(file.read_bytes()))
        assert [fault.code for fault in caught.value.diagnostics] == ["disk-full"]  # as where a chunk is written
        assert not (small / "back").exists()


def test_a_folder_that_may_not_be_written_to_is_not_the_hosts_fault(host: Host, file: Path, tmp_path: Path) -> None:
    host.put(file, "place")
    with pytest.raises(StoreError) as caught:
        host.get("place", file / "back", sha256=sha256(file.read_bytes()))
    assert [fault.code for fault in caught.value.diagnostics] == ["disk-error"]


# --- removing


def test_removing_takes_a_file_a_folder_and_nothing(host: Host, folder: Path) -> None:
    (folder / "file").write_bytes(b"x")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c").write_bytes(b"x")
    for place in ("file", "a", "nothing", "no/such/folder"):
        host.remove(place)
    assert list(folder.iterdir()) == []


def test_removing_a_link_leaves_what_it_points_to(host: Host, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (folder / "link").symlink_to(tmp_path / "kept")
    host.remove("link")
    assert not (folder / "link").is_symlink() and (tmp_path / "kept").is_dir()


@pytest.mark.parametrize("place", ["", ".", "..", "../x", "a/../../x", "/etc", "a//b", "a/", "a\0b"])
def test_nothing_outside_of_the_folder_can_be_named(host: Host, file: Path, place: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        host.remove(place)
    with pytest.raises(ValueError, match="no place"):
        host.put(file, place)
    with pytest.raises(ValueError, match="no place"):
        host.get(place, file, sha256="")


# --- the host's folder


def test_a_folder_that_cannot_be_made_is_told(kinds: Kinds, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in (tmp_path / "file" / "folder", Path("/proc/no-folder")):
        with pytest.raises(HostError) as caught:
            kinds.open(place)
        assert caught.value.cause == "remote-readonly"
        assert "cannot be written to: " in str(caught.value) and str(place.parent) in str(caught.value)
        assert "Errno" not in str(caught.value)


def test_a_folder_that_cannot_be_written_to_is_told(kinds: Kinds, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "size=1m", "ro") as small, pytest.raises(HostError) as caught:
        kinds.open(small)
    assert caught.value.cause == "remote-readonly"


def test_a_full_disk_there_is_told(kinds: Kinds, file: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "size=1m") as small:
        host = kinds.open(small)
        with pytest.raises(HostError, match="No space left") as caught:
            host.put(file, "place")
        assert caught.value.cause == "remote-disk-full"
        assert not (small / "place").exists()
        host.close()


# --- stopping


class StopAfter:
    """Says stop after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.seconds = seconds

    def start(self) -> None:
        self._end = time.monotonic() + self.seconds

    def __call__(self) -> bool:
        return time.monotonic() > self._end


def test_a_command_that_is_to_be_stopped_is_given_up_soon(kinds: Kinds, folder: Path) -> None:
    stop = StopAfter(60)
    host = kinds.open(folder, stop=stop)
    stop.seconds = 0.2
    stop.start()
    begun = time.monotonic()
    with pytest.raises(Interrupted):
        host.run(("sleep", "30"), timeout_s=60)
    assert time.monotonic() - begun < SOON_S
    host.close()


@pytest.fixture
def stopped(kinds: Kinds, folder: Path) -> Iterator[Host]:
    """A host that is open when it is to be stopped."""
    stop = StopAfter(60)
    host = kinds.open(folder, stop=stop)
    stop.seconds = -1
    stop.start()
    yield host
    host.close()


def test_nothing_is_begun_when_it_is_to_be_stopped(stopped: Host, folder: Path, file: Path, tmp_path: Path) -> None:
    (folder / "place").write_bytes(b"x")
    with pytest.raises(Interrupted):
        stopped.run(("touch", "begun"), timeout_s=10)
    with pytest.raises(Interrupted):
        stopped.put(file, "begun")
    with pytest.raises(Interrupted):
        stopped.get("place", tmp_path / "back", sha256=sha256(b"x"))
    assert [path.name for path in folder.iterdir()] == ["place"]
    assert not (tmp_path / "back").exists()


def test_no_host_is_opened_when_it_is_to_be_stopped(kinds: Kinds, folder: Path) -> None:
    with pytest.raises(Interrupted):
        kinds.open(folder, stop=lambda: True)
    assert not folder.exists()


# --- closing


def test_closing_twice_is_no_fault(host: Host) -> None:
    host.close()
    host.close()
