"""The cgpu host, against a stand-in for `cgpu` that is a real process with a real terminal."""

from __future__ import annotations

import base64
import hashlib
import random
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from montage_recipe.diagnostics import HostError, Interrupted
from montage_recipe.stopping import never
from montage_recipe.upscale.hosts import open_host
from montage_recipe.upscale.hosts.cgpu import PIECE_BYTES, CgpuHost
from montage_recipe.upscale.hosts.cgpu_frame import told, typed
from montage_recipe.upscale.hosts.hearing import MOST_SAID_BYTES
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.port import Ran
from tests.upscale.hosts.cgpu_fixture import StandIn, install_stand_in
from tests.upscale.hosts.cgpu_stand_in import MODES

TIMEOUT_S = 20.0
# Three pieces, the last of them not full.
LARGE_BYTES = 20_000_000
ODD_NAMES = (
    'a b/it\'s "odd".bin',
    ".hidden",
    "back\\slash",
    "-dash",
    "ü\n!!.bin",
    "$(exit 3)`",
    "*",
    "a/.b/c",
    "a\\b/c",
)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return install_stand_in(tmp_path, monkeypatch)


@pytest.fixture
def host(stand_in: StandIn) -> CgpuHost:
    """Open, and nothing called since."""
    host = CgpuHost(stand_in.spec, stop=never)
    stand_in.forget()
    return host


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def run(host: CgpuHost, *argv: str) -> Ran:
    return host.run(argv, timeout_s=TIMEOUT_S)


def bytes_of(count: int) -> bytes:
    return random.Random(count).randbytes(count)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def cause_of(action: Callable[[], object]) -> str:
    with pytest.raises(HostError) as caught:
        action()
    return caught.value.cause


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


# --- opening


def test_opening_proves_the_login_first_and_makes_the_folder(stand_in: StandIn) -> None:
    open_host(stand_in.spec).close()
    assert [call[0] for call in stand_in.calls()] == ["status", "run"]
    assert list(stand_in.folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(stand_in: StandIn) -> None:
    stand_in.folder.write_text("a file")
    assert cause_of(lambda: CgpuHost(stand_in.spec)) == "remote-readonly"


def test_a_program_that_is_missing_is_said_with_the_cure() -> None:
    with pytest.raises(HostError, match=r"install cgpu .*set `command` of colab") as caught:
        CgpuHost(HostSpec(name="colab", kind=HostKind.CGPU, command="/nowhere/cgpu"))
    assert caught.value.cause == "command-missing"


def test_a_program_whose_interpreter_is_missing_is_said_too(stand_in: StandIn) -> None:
    stand_in.program.write_text("#!/usr/bin/env no-such-node\n")
    assert cause_of(lambda: CgpuHost(stand_in.spec)) == "command-missing"


# --- run


@pytest.mark.parametrize("status", [0, 1, 3, 127, 255])
def test_a_status_comes_back(host: CgpuHost, status: int) -> None:
    assert run(host, "sh", "-c", f"exit {status}") == Ran(status=status, stdout="", stderr="")


def test_a_program_that_is_not_there_is_no_fault_of_the_host(host: CgpuHost) -> None:
    done = run(host, "no-such-program")
    assert done.status == 127
    assert "no-such-program" in done.stderr


def test_both_outputs_come_back_apart_and_exact(host: CgpuHost) -> None:
    out = "\n\nfirst\n\nexit\nlogout\nPS1=\nstty -echo\n/# cut\n\x1b[31mred\x1b[m\ra\tb\n\nlast"
    err = "\nMR-END warned\n\n"
    done = run(host, "sh", "-c", 'printf %s "$1"; printf %s "$2" >&2', "sh", out, err)
    assert done == Ran(status=0, stdout=out, stderr=err)


def test_what_comes_back_does_not_depend_on_how_the_terminal_looks(host: CgpuHost) -> None:
    done = [run(host, "sh", "-c", "echo out; echo err >&2; exit 5") for _ in MODES]
    assert done == [Ran(status=5, stdout="out\n", stderr="err\n")] * len(MODES)


@pytest.mark.parametrize(
    "word",
    [
        'it\'s "so"',
        "$HOME `pwd` $(pwd) !! !x",
        "tab\tand\nline",
        "\x03\x04\x1b[A",
        "-v",
        "--cpu",
        "--",
        "*",
        "\\",
        "",
        "ü",
    ],
)
def test_a_word_arrives_as_it_is(host: CgpuHost, word: str) -> None:
    assert run(host, "printf", "<%s>", word).stdout == f"<{word}>"


def test_bytes_that_are_no_text_do_no_harm(host: CgpuHost) -> None:
    assert run(host, "printf", r"a\377b\000c").stdout == "a\N{REPLACEMENT CHARACTER}b\0c"


def test_commands_run_in_the_folder_and_read_nothing(stand_in: StandIn, host: CgpuHost) -> None:
    assert run(host, "pwd").stdout == f"{stand_in.folder}\n"
    assert run(host, "cat") == Ran(status=0, stdout="", stderr="")


def test_of_a_flood_the_beginning_comes_back(host: CgpuHost) -> None:
    done = run(host, "sh", "-c", "yes | head -c 9000000; yes n | head -c 9000000 >&2")
    assert done == Ran(status=0, stdout="y\n" * (MOST_SAID_BYTES // 2), stderr="n\n" * (MOST_SAID_BYTES // 2))


def test_a_command_that_is_killed_has_the_status_of_that(host: CgpuHost) -> None:
    assert run(host, "sh", "-c", "kill -9 $$").status == 137


def test_a_command_that_is_too_long_for_the_terminal_is_refused(host: CgpuHost) -> None:
    with pytest.raises(ValueError, match="characters"):
        run(host, "echo", "x" * 4000)


def test_work_that_is_detached_goes_on(stand_in: StandIn, host: CgpuHost) -> None:
    job = "sleep 0.5; echo done >finished"
    begun = run(host, "sh", "-c", f"setsid nohup sh -c {shlex.quote(job)} >log 2>&1 &")
    assert begun.status == 0
    assert soon((stand_in.folder / "finished").exists)


def test_nothing_is_left_of_a_command(stand_in: StandIn, host: CgpuHost) -> None:
    run(host, "true")
    assert list(stand_in.folder.iterdir()) == []
    assert soon(lambda: not stand_in.alive())


@pytest.mark.parametrize(("small", "believed"), [(("/dev/shm",), True), (("/dev/shm", "/tmp"), False)])
def test_what_is_said_is_believed_where_there_is_room_for_it(small: tuple[str, ...], believed: bool) -> None:
    """In memory, or else on the disk: in whose place there are small file systems that only this command sees."""
    nonce = "0123456789abcdef"
    line = typed(("seq", "100000"), folder="/", nonce=nonce, most_bytes=PIECE_BYTES, timeout_s=20)
    mounts = "".join(f"mount -t tmpfs -o size=16k tmpfs {place} || exit 77\n" for place in small)
    done = subprocess.run(("unshare", "-m", "sh", "-c", mounts + line), capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no file system may be mounted here")
    found = told(done.stdout, nonce)
    assert (done.returncode, found is not None) == ((0, True) if believed else (1, False))
    assert ("No space left on device" in done.stderr) is not believed
    assert found is None or found.stdout.endswith(b"\n100000\n")


# --- put and get


@pytest.mark.parametrize("count", [0, 1, 76, PIECE_BYTES, LARGE_BYTES])
def test_a_file_goes_there_and_comes_back(stand_in: StandIn, host: CgpuHost, here: Path, count: int) -> None:
    data = bytes_of(count)
    (here / "sent").write_bytes(data)
    host.put(here / "sent", "job/in/file")
    assert (stand_in.folder / "job/in/file").read_bytes() == data
    host.get("job/in/file", here / "out" / "fetched", sha256=sha256(data))
    assert (here / "out" / "fetched").read_bytes() == data
    assert [entry.name for entry in (stand_in.folder / "job/in").iterdir()] == ["file"]
    assert [entry.name for entry in (here / "out").iterdir()] == ["fetched"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_is_a_name(stand_in: StandIn, host: CgpuHost, here: Path, name: str) -> None:
    (here / "sent").write_bytes(b"data")
    host.put(here / "sent", name)
    assert (stand_in.folder / name).read_bytes() == b"data"
    host.get(name, here / "fetched", sha256=sha256(b"data"))
    host.remove(name.split("/")[0])
    assert list(stand_in.folder.iterdir()) == []


def test_a_command_that_is_killed_there_says_nothing_of_the_folder(
    stand_in: StandIn, host: CgpuHost, here: Path
) -> None:
    kills = stand_in.program.with_name("mkdir")
    kills.write_text("#!/bin/sh\nkill -9 $PPID\n")
    kills.chmod(0o755)
    (here / "sent").write_bytes(b"data")
    assert cause_of(lambda: host.put(here / "sent", "file")) == "connection-lost"
    kills.unlink()
    host.put(here / "sent", "file")


def test_nothing_can_be_sent_to_a_host_whose_folder_is_hidden(stand_in: StandIn, here: Path) -> None:
    host = CgpuHost(HostSpec(name="colab", kind=HostKind.CGPU, folder=str(stand_in.content / ".hidden")))
    (here / "sent").write_bytes(b"data")
    assert cause_of(lambda: host.put(here / "sent", "file")) == "remote-readonly"


def test_another_content_takes_the_place_of_a_file(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    (stand_in.folder / "file").write_bytes(b"old")
    (here / "new").write_bytes(b"new")
    host.put(here / "new", "file")
    assert (stand_in.folder / "file").read_bytes() == b"new"


def test_what_is_there_is_not_sent_again(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    (here / "sent").write_bytes(b"data")
    host.put(here / "sent", "file")
    stand_in.forget()
    host.put(here / "sent", "file")
    assert stand_in.calls("copy") == []


def test_only_missing_and_damaged_pieces_are_sent_again(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    data = bytes_of(LARGE_BYTES)
    (here / "sent").write_bytes(data)
    stand_in.will("ok", "ok", "ok", "502")
    assert cause_of(lambda: host.put(here / "sent", "file")) == "colab-unavailable"
    first, second, third = (Path(call[-1]) for call in stand_in.calls("copy"))
    assert not (stand_in.folder / "file").exists()
    assert (first.exists(), second.exists(), third.exists()) == (True, True, False)
    second.write_bytes(b"damaged")
    stand_in.forget()
    host.put(here / "sent", "file")
    assert [Path(call[-1]) for call in stand_in.calls("copy")] == [second, third]
    assert (stand_in.folder / "file").read_bytes() == data


def test_a_put_whose_end_was_not_seen_is_no_fault(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    (here / "sent").write_bytes(b"data")
    stand_in.will("cut", "ok", "ok", "cut", "cut-silent", "corrupt", "ok")
    host.put(here / "sent", "file")
    assert (stand_in.folder / "file").read_bytes() == b"data"


def test_a_file_that_is_not_here_is_said(host: CgpuHost, here: Path) -> None:
    assert cause_of(lambda: host.put(here / "absent", "file")) == "input-missing"


def test_a_piece_that_is_too_large_is_said(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    (stand_in.state / "limit").write_text("3")
    (here / "sent").write_bytes(b"data")
    assert cause_of(lambda: host.put(here / "sent", "file")) == "remote-too-large"


def test_fetching_goes_on_where_it_broke_off(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    data = bytes_of(LARGE_BYTES)
    (stand_in.folder / "file").write_bytes(data)
    stand_in.will("ok", "ok", "502")
    assert cause_of(lambda: host.get("file", here / "fetched", sha256=sha256(data))) == "colab-unavailable"
    assert not (here / "fetched").exists()
    stand_in.forget()
    host.get("file", here / "fetched", sha256=sha256(data))
    assert len(stand_in.calls("run")) == 1
    assert (here / "fetched").read_bytes() == data


def test_a_piece_that_comes_damaged_is_asked_for_again(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    data = bytes_of(100_000)
    (stand_in.folder / "file").write_bytes(data)
    stand_in.will("corrupt", "cut-silent", "cut")
    host.get("file", here / "fetched", sha256=sha256(data))
    assert (here / "fetched").read_bytes() == data


def test_a_piece_that_ends_in_a_line_that_cgpu_drops_arrives(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    data = bytes(57) + base64.b64decode("exit")
    (stand_in.folder / "file").write_bytes(data)
    host.get("file", here / "fetched", sha256=sha256(data))
    assert len(stand_in.calls()) == 1


def test_a_piece_that_always_comes_damaged_is_said(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    (stand_in.folder / "file").write_bytes(b"data")
    stand_in.will(*["corrupt"] * 20)
    assert cause_of(lambda: host.get("file", here / "file", sha256=sha256(b"data"))) == "output-verify-failed"
    assert not (here / "file").exists()


def test_a_file_of_another_content_is_not_taken(stand_in: StandIn, host: CgpuHost, here: Path) -> None:
    (stand_in.folder / "file").write_bytes(b"data")
    assert cause_of(lambda: host.get("file", here / "file", sha256=sha256(b"other"))) == "output-verify-failed"
    assert list(here.iterdir()) == []


def test_a_file_that_is_not_there_is_said(host: CgpuHost, here: Path) -> None:
    assert cause_of(lambda: host.get("absent", here / "file", sha256=sha256(b""))) == "remote-file-missing"


def test_files_folders_and_nothing_can_be_removed(stand_in: StandIn, host: CgpuHost) -> None:
    (stand_in.folder / "job/in").mkdir(parents=True)
    (stand_in.folder / "job/in/file").touch()
    for place in ("job/in/file", "job", "job"):
        host.remove(place)
    assert list(stand_in.folder.iterdir()) == []


# --- faults


@pytest.mark.parametrize(
    ("faults", "cause"),
    [
        (["quota"], "gpu-quota"),
        (["blocked"], "account-blocked"),
        (["no-gpu"], "gpu-not-granted"),
        (["too-many"], "too-many-sessions"),
        (["capacity", "capacity"], "colab-unavailable"),
        (["not-configured"], "cgpu-not-configured"),
        (["login"], "auth-expired"),
        (["no-network"], "dns-failure"),
        (["reset"], "connection-reset"),
        (["session-gone"], "session-lost"),
        (["recycled"], "session-lost"),
        (["500"], "colab-unavailable"),
        (["502"], "colab-unavailable"),
        (["unauthorized", "ok", "unauthorized"], "auth-expired"),
        (["unauthorized", "login"], "auth-expired"),
    ],
)
def test_a_fault_has_its_cause(stand_in: StandIn, host: CgpuHost, faults: list[str], cause: str) -> None:
    stand_in.will(*faults)
    assert cause_of(lambda: run(host, "true")) == cause


@pytest.mark.parametrize("fault", ["recycled", "session-gone"])
def test_a_runtime_that_is_gone_while_a_file_is_sent_is_said(
    stand_in: StandIn, host: CgpuHost, here: Path, fault: str
) -> None:
    (here / "sent").write_bytes(b"data")
    stand_in.will("ok", fault)
    assert cause_of(lambda: host.put(here / "sent", "job/file")) == "session-lost"


@pytest.mark.parametrize("fault", ["cut", "cut-silent", "cut-late", "corrupt"])
def test_how_a_command_ended_is_unknown_when_its_end_does_not_arrive(
    stand_in: StandIn, host: CgpuHost, fault: str
) -> None:
    stand_in.will(fault)
    done = run(host, "sh", "-c", "sleep 0.3; echo done >finished")
    assert (done.status, done.stdout) == (None, "")
    assert soon((stand_in.folder / "finished").exists)
    assert len(stand_in.calls()) == 1


def test_a_connection_that_always_breaks_is_said(stand_in: StandIn, host: CgpuHost) -> None:
    stand_in.will(*["cut"] * 20)
    assert cause_of(lambda: host.remove("file")) == "connection-lost"


def test_being_out_of_gpus_is_asked_about_once_and_may_have_passed(stand_in: StandIn, host: CgpuHost) -> None:
    stand_in.will("capacity")
    assert run(host, "printf", r"a\n\nb") == Ran(status=0, stdout="a\n\nb", stderr="")
    assert [call[:2] for call in stand_in.calls()] == [["run", "--"], ["run", "-v"]]


def test_a_refusal_is_asked_about_again_after_a_new_token(stand_in: StandIn, host: CgpuHost) -> None:
    stand_in.will("unauthorized")
    assert run(host, "echo", "one").stdout == "one\n"
    assert [call[0] for call in stand_in.calls()] == ["run", "status", "run"]


def test_without_a_network_it_is_not_called_again(stand_in: StandIn, host: CgpuHost) -> None:
    stand_in.will("no-network")
    assert [cause_of(lambda: run(host, "true")) for _ in range(2)] == ["dns-failure", "dns-failure"]
    assert len(stand_in.calls()) == 1


def test_another_program_that_kills_cgpu_leaves_the_end_unknown(stand_in: StandIn, here: Path) -> None:
    host = CgpuHost(stand_in.spec)
    stand_in.program.write_text("#!/bin/sh\nkill -9 $$\n")
    assert run(host, "true").status is None
    assert cause_of(lambda: host.remove("file")) == "connection-lost"


# --- nothing hangs


@pytest.mark.parametrize("fault", ["login", "login-revoked"])
def test_a_login_is_not_waited_for(stand_in: StandIn, fault: str) -> None:
    stand_in.will(fault)
    begun = time.monotonic()
    with pytest.raises(HostError, match="run `cgpu status` in a terminal") as caught:
        CgpuHost(stand_in.spec)
    assert caught.value.cause == "auth-expired"
    assert time.monotonic() - begun < 5  # it would wait for 60 s
    assert soon(lambda: not stand_in.alive())


@pytest.mark.parametrize(("fault", "at_most_s"), [("hang", 4.0), ("stubborn", 8.0)])
def test_a_call_that_hangs_ends_at_its_time(stand_in: StandIn, host: CgpuHost, fault: str, at_most_s: float) -> None:
    stand_in.will(fault)
    begun = time.monotonic()
    assert cause_of(lambda: host.run(("true",), timeout_s=1)) == "timeout"
    assert 1 <= time.monotonic() - begun < at_most_s
    assert soon(lambda: not stand_in.alive())


def test_a_command_that_takes_too_long_is_ended_there_too(stand_in: StandIn, host: CgpuHost) -> None:
    assert cause_of(lambda: host.run(("sh", "-c", "echo $$ >process; exec sleep 60"), timeout_s=1)) == "timeout"
    process = Path("/proc", (stand_in.folder / "process").read_text().strip())
    assert soon(lambda: not process.exists())


def test_a_request_to_stop_ends_a_call(stand_in: StandIn) -> None:
    stand_in.will("ok", "ok", "hang")
    host = CgpuHost(stand_in.spec, stop=lambda: len(stand_in.calls()) > 2)
    with pytest.raises(Interrupted):
        run(host, "true")
    assert soon(lambda: not stand_in.alive())


def test_a_request_to_stop_ends_a_transfer(stand_in: StandIn, here: Path) -> None:
    (here / "sent").write_bytes(bytes_of(LARGE_BYTES))
    host = CgpuHost(stand_in.spec, stop=lambda: len(stand_in.calls("copy")) > 1)
    with pytest.raises(Interrupted):
        host.put(here / "sent", "file")
    assert not (stand_in.folder / "file").exists()
    assert soon(lambda: not stand_in.alive())


def test_words_of_a_command_are_not_taken_for_a_login(host: CgpuHost) -> None:
    words = "No cached session found. Starting OAuth login..."
    assert run(host, "sh", "-c", f"echo '{words}'; sleep 0.3").stdout == f"{words}\n"
