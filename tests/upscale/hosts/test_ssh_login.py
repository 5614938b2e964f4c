"""Reaching an SSH host and logging in, and what is said where that is not possible."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import Interrupted
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.ssh_line import Line
from montage_recipe.upscale.hosts.ssh_way import Way, ways_to
from tests.processes import wait_until
from tests.upscale.hosts.opening import SHORT, Opener
from tests.upscale.hosts.relay import Relay
from tests.upscale.hosts.sshd import Sshd, free_port, make_key, running_sshd

SOON_S = 10.0


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on which `answer` is called for each connection, which is closed then."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                sock, _ = server.accept()
                with sock, suppress(OSError):
                    answer(sock)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def works(opener: Opener, config: Path, address: str = "127.0.0.1") -> None:
    assert opener(config, address).run(("echo", "hi"), timeout_s=10).stdout == "hi\n"


def running(word: str) -> bool:
    """Whether a process that was started here has this argument."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found += process.cmdline()
    return word in found


# --- who one is


def test_a_key_opens_a_host(open_ssh: Opener, config: Path, folder: Path) -> None:
    works(open_ssh, config)
    assert folder.is_dir()


def test_a_relative_folder_lies_below_the_home_folder(open_ssh: Opener, config: Path, tmp_path: Path) -> None:
    open_ssh.folder = Path(os.path.relpath(tmp_path / "jobs", Path(pwd.getpwuid(os.geteuid()).pw_dir).resolve()))
    open_ssh(config)
    assert (tmp_path / "jobs").is_dir()


def test_a_user_who_is_not_there_is_denied(open_ssh: Opener, config: Path) -> None:
    fault = open_ssh.fault(config, "nobody-of-this-name@127.0.0.1")
    assert fault.cause == "auth-denied"
    assert "cannot log in as nobody-of-this-name to studio (nobody-of-this-name@127.0.0.1)" in str(fault)


def test_a_key_that_the_host_does_not_know_is_denied(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    config = sshd.write_config(tmp_path / "config", key=make_key(tmp_path / "stranger"))
    fault = open_ssh.fault(config)
    assert fault.cause == "auth-denied"
    assert "offered: ssh-ed25519 SHA256:" in str(fault)


def test_a_key_that_is_missing_is_named(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", key=tmp_path / "no-key"))
    assert fault.cause == "key-missing" and str(tmp_path / "no-key") in str(fault)


def test_a_key_with_a_passphrase_is_named(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    key = make_key(tmp_path / "locked", passphrase="secret")
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", key=key))
    assert fault.cause == "key-passphrase" and str(key) in str(fault) and "ssh-agent" in str(fault)


def test_a_key_that_others_can_read_is_not_offered(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    key = tmp_path / "of-all"
    shutil.copyfile(sshd.user_key, key)
    key.chmod(0o644)
    config = sshd.write_config(tmp_path / "config", key=key)
    fault = open_ssh.fault(config)
    assert fault.cause == "key-permissions" and str(key) in str(fault) and "chmod 600" in str(fault)
    key.chmod(0o600)
    works(open_ssh, config)


def test_a_file_that_is_no_key_is_named(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    key = tmp_path / "no-key"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nnothing\n-----END OPENSSH PRIVATE KEY-----\n")
    key.chmod(0o600)
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", key=key))
    assert fault.cause == "key-invalid" and str(key) in str(fault)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """A running ssh-agent; what it yields adds a key to it."""
    with subprocess.Popen(
        ("ssh-agent", "-D", "-a", str(tmp_path / "agent")), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        end = time.monotonic() + 5
        while not (tmp_path / "agent").exists() and time.monotonic() < end:
            time.sleep(0.01)
        yield lambda key: _add(key, tmp_path)
        process.terminate()


def _add(key: Path, folder: Path) -> None:
    """Its passphrase, if it has one, is "secret"."""
    ask = folder / "ask"
    ask.write_text("#!/bin/sh\necho secret\n")
    ask.chmod(0o700)
    environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    subprocess.run(
        ("ssh-add", "-q", str(key)), check=True, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
    )


def test_a_key_of_the_agent_opens_a_host(
    open_ssh: Opener, sshd: Sshd, tmp_path: Path, agent: Callable[[Path], None]
) -> None:
    agent(sshd.user_key)
    (tmp_path / "only.pub").write_bytes(sshd.user_key.with_suffix(".pub").read_bytes())
    works(open_ssh, sshd.write_config(tmp_path / "config", key=tmp_path / "only.pub"))


def test_the_agent_knows_the_passphrase(
    sshd: Sshd, open_ssh: Opener, tmp_path: Path, agent: Callable[[Path], None]
) -> None:
    key = make_key(tmp_path / "locked", passphrase="secret")
    with running_sshd(tmp_path / "sshd", f"AuthorizedKeysFile {key}.pub") as server:
        config = server.write_config(tmp_path / "config", key=key)
        assert open_ssh.fault(config).cause == "key-passphrase"
        agent(key)
        works(open_ssh, config)


def test_with_identities_only_the_agents_other_keys_are_not_offered(
    open_ssh: Opener, sshd: Sshd, tmp_path: Path, agent: Callable[[Path], None]
) -> None:
    for number in range(7):  # a server hangs up after six
        agent(make_key(tmp_path / f"other-{number}"))
    works(open_ssh, sshd.write_config(tmp_path / "config"))


def test_too_many_keys_are_told_as_such(
    open_ssh: Opener, sshd: Sshd, tmp_path: Path, agent: Callable[[Path], None]
) -> None:
    for number in range(7):
        agent(make_key(tmp_path / f"other-{number}"))
    config = sshd.write_config(tmp_path / "config", "IdentitiesOnly no", key=make_key(tmp_path / "stranger"))
    fault = open_ssh.fault(config)
    assert fault.cause == "too-many-auth-failures" and "IdentitiesOnly" in str(fault)


# --- whom one talks to


def test_a_host_whose_key_is_not_known_is_not_trusted(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "known").touch()
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", known_hosts=tmp_path / "known"))
    told = subprocess.run(("ssh-keygen", "-lf", str(sshd.host_key)), capture_output=True, text=True, check=True).stdout
    fingerprint = re.search(r"SHA256:\S+", told)
    assert fault.cause == "host-key-unknown"
    assert fingerprint and fingerprint[0] in str(fault) and f"[127.0.0.1]:{sshd.port}" in str(fault)


def test_a_host_whose_key_is_another_one_is_not_trusted(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text(encoding="utf-8")
    (tmp_path / "known").write_text(f"# mine\n[127.0.0.1]:{sshd.port} {other}", encoding="utf-8")
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", known_hosts=tmp_path / "known"))
    assert fault.cause == "host-key-changed" and f"{tmp_path / 'known'}:2 holds another" in str(fault)
    command = re.search(r"`(ssh-keygen -R .*)`", str(fault))
    assert command and f"'[127.0.0.1]:{sshd.port}'" in command[1]
    subprocess.run(shlex.split(command[1]), check=True, capture_output=True)
    assert (tmp_path / "known").read_text(encoding="utf-8") == "# mine\n"


def test_a_key_that_is_known_for_another_port_is_not_trusted(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    config = sshd.write_config(tmp_path / "config", known_hosts=sshd.known_hosts(22, sshd.port + 1))
    assert open_ssh.fault(config).cause == "host-key-unknown"


def test_a_key_is_looked_up_by_its_alias(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known"
    config = sshd.write_config(tmp_path / "config", "HostKeyAlias farm", known_hosts=known)
    known.write_bytes(sshd.known_hosts().read_bytes())
    fault = open_ssh.fault(config)
    assert (fault.cause, "begin with farm" in str(fault)) == ("host-key-unknown", True)
    known.write_text(known.read_text(encoding="utf-8").replace(f"[127.0.0.1]:{sshd.port}", "farm"), encoding="utf-8")
    works(open_ssh, config)


def test_a_hashed_line_of_known_hosts_counts(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_bytes(sshd.known_hosts().read_bytes())
    subprocess.run(("ssh-keygen", "-q", "-H", "-f", str(known)), check=True, capture_output=True)
    assert "127.0.0.1" not in known.read_text(encoding="utf-8")
    works(open_ssh, sshd.write_config(tmp_path / "config", known_hosts=known))


def test_lines_of_known_hosts_that_say_nothing_of_the_host_do_no_harm(
    open_ssh: Opener, sshd: Sshd, tmp_path: Path
) -> None:
    lines = (
        "@cert-authority *.example.com ssh-ed25519 AAAA",
        "studio ssh-ed25519 %%%",
        "@",
        "# a comment",
        "nonsense",
        "",
    )
    known = tmp_path / "known"
    known.write_text("\n".join(lines) + sshd.known_hosts().read_text(encoding="utf-8"), encoding="utf-8")
    works(open_ssh, sshd.write_config(tmp_path / "config", known_hosts=known))


def test_a_key_that_known_hosts_revokes_is_not_trusted(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    known, line = tmp_path / "known", sshd.known_hosts().read_text(encoding="utf-8")
    known.write_text(f"{line}@revoked {line}", encoding="utf-8")
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", known_hosts=known))
    assert (fault.cause, f"{known}:2 revokes" in str(fault)) == ("host-key-changed", True)


@pytest.mark.parametrize("names", ["*", "127.0.0.*", "[127.0.0.1]:*", "other,12?.0.0.1"])
def test_a_key_that_is_revoked_for_a_pattern_is_not_trusted(
    names: str, open_ssh: Opener, sshd: Sshd, tmp_path: Path
) -> None:
    known, line = tmp_path / "known", sshd.known_hosts().read_text(encoding="utf-8")
    known.write_text(f"{line}@revoked {names} {line.split(maxsplit=1)[1]}", encoding="utf-8")
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", known_hosts=known))
    assert (fault.cause, f"{known}:2 revokes" in str(fault)) == ("host-key-changed", True)


def test_a_key_that_is_revoked_for_others_is_trusted(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    known, line = tmp_path / "known", sshd.known_hosts().read_text(encoding="utf-8")
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text(encoding="utf-8")
    revoked = f"@revoked *.example {line.split(maxsplit=1)[1]}@revoked * {other}"
    known.write_text(f"{line}{revoked}", encoding="utf-8")
    works(open_ssh, sshd.write_config(tmp_path / "config", known_hosts=known))


def test_any_of_several_files_of_known_hosts_may_know_a_key(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text(encoding="utf-8")
    (tmp_path / "old").write_text(f"[127.0.0.1]:{sshd.port} {other}", encoding="utf-8")
    both = f"UserKnownHostsFile {tmp_path / 'old'} {sshd.known_hosts()}"
    works(open_ssh, sshd.write_config(tmp_path / "config", both))


# --- the way there


def test_a_port_where_nobody_listens_is_refused(open_ssh: Opener, config: Path) -> None:
    port = free_port()
    fault = open_ssh.fault(config, f"127.0.0.1:{port}")
    assert fault.cause == "connection-refused" and f"cannot reach studio (127.0.0.1:{port})" in str(fault)


def test_a_name_that_nobody_knows_is_told(open_ssh: Opener, config: Path) -> None:
    assert open_ssh.fault(config, "no-such-host.invalid").cause == "dns-failure"


def test_an_address_that_is_none_is_told(open_ssh: Opener, config: Path) -> None:
    assert open_ssh.fault(config, "a b").cause == "dns-failure"


def test_a_host_that_takes_the_connection_and_is_silent_is_given_up(open_ssh: Opener, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        assert (
            open_ssh.fault(config, f"127.0.0.1:{server.getsockname()[1]}", patience=SHORT).cause == "connection-timeout"
        )
        assert time.monotonic() - begun < SOON_S


def test_a_host_that_greets_and_is_silent_then_is_given_up(open_ssh: Opener, config: Path) -> None:
    def greet(sock: socket.socket) -> None:
        sock.sendall(b"SSH-2.0-Silence\r\n")
        while sock.recv(1 << 16):
            pass

    with answering(greet) as port:
        begun = time.monotonic()
        assert open_ssh.fault(config, f"127.0.0.1:{port}", patience=SHORT).cause == "connection-timeout"
        assert time.monotonic() - begun < SOON_S


def test_a_host_that_hangs_up_at_once_is_told(open_ssh: Opener, config: Path) -> None:
    with answering(lambda sock: None) as port:
        assert open_ssh.fault(config, f"127.0.0.1:{port}").cause in ("connection-closed", "connection-reset")


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
    ids=["http", "smtp", "tls"],
)
def test_what_is_no_ssh_server_is_named_so(open_ssh: Opener, config: Path, greeting: bytes) -> None:
    def answer(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(greeting)
        time.sleep(0.1)

    with answering(answer) as port:
        assert open_ssh.fault(config, f"127.0.0.1:{port}").cause == "not-ssh-server"


def test_a_server_without_sftp_will_do(open_ssh: Opener, tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", subsystem="") as server:
        host = open_ssh(server.write_config(tmp_path / "config"))
        (tmp_path / "file").write_bytes(b"content")
        host.put(tmp_path / "file", "place")
        host.get("place", tmp_path / "back", sha256=hashlib.sha256(b"content").hexdigest())
        assert (tmp_path / "back").read_bytes() == b"content"


def test_opening_is_given_up_when_it_is_to_be_stopped(open_ssh: Opener, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        with pytest.raises(Interrupted):
            open_ssh(config, f"127.0.0.1:{server.getsockname()[1]}", stop=lambda: time.monotonic() - begun > 0.2)
        assert time.monotonic() - begun < SOON_S


# --- ways around


def test_a_line_that_is_closed_as_it_connects_leaves_nothing_open(sshd: Sshd, config: Path) -> None:
    class Ways(tuple[Way, ...]):
        def __len__(self) -> int:  # asked for after the line has seen that it may connect
            line.close()
            return super().__len__()

    spec = HostSpec(name="studio", kind=HostKind.SSH, address="127.0.0.1")
    line = Line(spec)
    with pytest.raises(EOFError, match="given up"):
        line.connect(Ways(ways_to(spec, config)), lambda: None)
    wait_until(lambda: not sshd.sessions())


def test_an_alias_stands_for_a_host(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    config = sshd.write_config(tmp_path / "config", "Host my-studio", "HostName 127.0.0.1")
    works(open_ssh, config, "my-studio")


def test_one_host_is_jumped_over(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    with Relay(sshd.port) as relay:
        config = sshd.write_config(
            tmp_path / "config",
            *("Host gate", "HostName 127.0.0.1", f"Port {relay.port}"),
            *("Host inside", "HostName 127.0.0.1", "ProxyJump gate"),
            known_hosts=sshd.known_hosts(sshd.port, relay.port),
        )
        works(open_ssh, config, "inside")
        assert relay.back > 1000


def test_several_hosts_are_jumped_over(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    with Relay(sshd.port) as first, Relay(sshd.port) as second:
        config = sshd.write_config(
            tmp_path / "config",
            *("Host inside", f"ProxyJump 127.0.0.1:{first.port},{sshd.user}@127.0.0.1:{second.port}"),
            *("Host *", "HostName 127.0.0.1"),
            known_hosts=sshd.known_hosts(sshd.port, first.port, second.port),
        )
        works(open_ssh, config, "inside")
        assert first.back > second.back > 1000


def test_a_jump_host_that_does_not_answer_is_named(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    config = sshd.write_config(tmp_path / "config", "Host inside", f"ProxyJump 127.0.0.1:{free_port()}")
    fault = open_ssh.fault(config, "inside")
    assert fault.cause == "connection-refused" and "the jump host 127.0.0.1 of studio" in str(fault)


def test_a_host_that_the_jump_host_cannot_reach_is_told(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    config = sshd.write_config(
        tmp_path / "config",
        *("Host inside", "HostName 127.0.0.1", f"Port {free_port()}", f"ProxyJump 127.0.0.1:{sshd.port}"),
    )
    fault = open_ssh.fault(config, "inside")
    assert fault.cause == "connection-refused" and "jump" not in str(fault)


def test_a_command_may_lead_to_a_host(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    plain = sshd.write_config(tmp_path / "plain")
    config = sshd.write_config(
        tmp_path / "config", *("Host inside", "HostName 127.0.0.1", f"ProxyCommand ssh -F '{plain}' -W %h:%p 127.0.0.1")
    )
    host = open_ssh(config, "inside")
    assert host.run(("echo", "hi"), timeout_s=10).stdout == "hi\n"
    assert running("-W")
    host.close()
    assert not running("-W")


@pytest.mark.parametrize(
    ("command", "cause", "told"),
    [
        (
            "sh -c 'echo first >&2; echo no gate here >&2; exit 3'",
            "proxy-command-failed",
            "the ProxyCommand ended with status 3: no gate here",
        ),
        ("true", "proxy-command-failed", "status 0: it said nothing"),
        ("no-such-gate %h", "command-missing", "no-such-gate: not found"),
    ],
)
def test_a_proxy_command_that_fails_tells_why(
    open_ssh: Opener, sshd: Sshd, tmp_path: Path, command: str, cause: str, told: str
) -> None:
    fault = open_ssh.fault(sshd.write_config(tmp_path / "config", f"ProxyCommand {command}"))
    assert (fault.cause, told in str(fault)) == (cause, True), str(fault)
    assert "first" not in str(fault) and "the server hung up" not in str(fault)


def test_a_proxy_command_that_hangs_is_ended(open_ssh: Opener, sshd: Sshd, tmp_path: Path) -> None:
    config = sshd.write_config(tmp_path / "config", "ProxyCommand sleep 4711")
    begun = time.monotonic()
    assert open_ssh.fault(config, patience=SHORT).cause == "connection-timeout"
    assert time.monotonic() - begun < SOON_S
    assert not running("4711")


# --- an account that speaks up


def test_a_greeting_of_the_account_gets_into_no_file(open_ssh: Opener, tmp_path: Path) -> None:
    script = tmp_path / "account"
    script.write_text('#!/bin/sh\necho "welcome, friend"\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n')
    script.chmod(0o755)
    with running_sshd(tmp_path / "sshd", f"ForceCommand {script}") as server:
        host = open_ssh(server.write_config(tmp_path / "config"))
        (tmp_path / "file").write_bytes(b"content")
        host.put(tmp_path / "file", "a/place")
        host.get("a/place", tmp_path / "back", sha256=hashlib.sha256(b"content").hexdigest())
        assert (tmp_path / "back").read_bytes() == b"content"


def test_an_account_that_may_not_log_in_is_told(open_ssh: Opener, tmp_path: Path) -> None:
    refusal = "echo This account is currently not available.; exit 1"
    with running_sshd(tmp_path / "sshd", f"ForceCommand {refusal}") as server:
        assert open_ssh.fault(server.write_config(tmp_path / "config")).cause == "account-disabled"
