#!/usr/bin/env python3
"""A stand-in for `cgpu` 0.1.4 as shared/design/cgpu-contract.md describes it, the unpleasant parts included.

`run` types into a real bash on a real pseudo-terminal, which belongs to a process of its own and outlives this one. It
differs from the real thing in this:

- /content is the folder CGPU_STAND_IN_CONTENT, and `copy` writes nowhere else. Commands see the whole machine, so a host's
  folder must be given as an absolute path below that folder.
- How the terminal looks is the turn of the call's number: MODES.
- Nothing needs a network or an account, and a call takes 0.1 s.

CGPU_STAND_IN_STATE is a folder for what outlasts a call: `calls` and `pids` are logs, a line for each call; `faults` says
what happens to the calls to come, a line for each, and the calls after those go well; `logged-out` is there when the login
is lost; `limit` holds how many bytes `copy` takes.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

MODES = ("quiet", "echo", "bare", "readline")  # "bare" has the prompt that is cut off
OPTIONS = {
    "run": {"--new-runtime", "--tpu", "--cpu", "-v", "--verbose"},
    "copy": {"--new-runtime", "--tpu", "--cpu"},
}
LONGEST = 8 << 20  # of a line, in characters
USUAL_LIMIT = 300 << 20
CUT = "Command finished without reporting an exit code; assuming failure (exit code 1)."
CAPACITY = (
    "✖ Colab is temporarily out of GPU capacity for this account (tried: T4). Give it a minute and retry, or "
    "reuse/disconnect runtimes from the Colab UI."
)
API = "https://colab.research.google.com/tun/m/assignments?authuser=0"
# What is said on the standard error before the status 1.
BEFORE_THE_BANNER = {
    "not-configured": (
        "Missing Colab OAuth credentials.\ncgpu now stores credentials in a single config file at /root/config.json.\n"
        "Re-run this command from an interactive terminal to launch the guided setup,\n"
        "or create the file manually with your OAuth client ID and secret."
    ),
    "no-network": (
        "request to https://oauth2.googleapis.com/token failed, reason: getaddrinfo ENOTFOUND oauth2.googleapis.com"
    ),
}
AFTER_THE_BANNER = {
    "quota": "Insufficient quota to assign server",
    "blocked": "Account has been blocked from accessing Colab servers.",
    "no-gpu": "No eligible GPU accelerators reported by Colab for this account.",
    "too-many": "Disconnect other runtimes from https://colab.research.google.com/ and try again.",
    "500": f"Failed request GET {API}: Internal Server Error\nResponse body: ",
    "502": f"Failed request GET {API}: Bad Gateway\nResponse body: <html>",
    "unauthorized": f"Failed request GET {API}: Unauthorized\nResponse body: {{}}",
    "reset": f"request to {API} failed, reason: read ECONNRESET",
}
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def main() -> int:
    state = Path(os.environ["CGPU_STAND_IN_STATE"])
    content = Path(os.environ["CGPU_STAND_IN_CONTENT"]).resolve()
    number, fault = begun(state, sys.argv[1:])
    words, options = parsed(sys.argv[1:])
    verb = words[0] if words else ""
    unknown = [word for word in options if word not in OPTIONS.get(verb, ())]
    if unknown:
        return failed(f"error: unknown option '{unknown[0]}'")
    if fault in ("login", "login-revoked") or (state / "logged-out").exists():
        wait_for_login(fault)
    if fault == "no-network":
        (state / "logged-out").touch()
    if fault in BEFORE_THE_BANNER:
        return failed(BEFORE_THE_BANNER[fault])
    if verb == "status":
        if fault in AFTER_THE_BANNER:
            return failed(AFTER_THE_BANNER[fault])
        if fault in ("hang", "stubborn"):
            hang(state, fault)
        say(1, "Authenticated as Stand In. Eligible GPUs: T4\n")
        return 0
    say(1, "Authenticated as Stand In <stand-in@example.com>\n")
    if fault in ("hang", "stubborn"):
        hang(state, fault)
    if fault == "capacity":
        return failed(CAPACITY if "-v" in options else "")
    if fault in AFTER_THE_BANNER:
        return failed(AFTER_THE_BANNER[fault])
    if fault in ("session-gone", "recycled"):
        empty(content)
    if verb == "copy":
        return copy(words[1:], content, state)
    if fault == "session-gone":
        return failed("Failed to create remote terminal: Not Found")
    return run(words[1:], verbose="-v" in options, fault=fault, mode=MODES[number % len(MODES)])


def begun(state: Path, argv: list[str]) -> tuple[int, str]:
    """Notes the call; which one it is, and what is to happen to it."""
    with (state / "calls").open("a+", encoding="utf-8") as calls:
        fcntl.flock(calls, fcntl.LOCK_EX)
        calls.seek(0)
        number = len(calls.readlines())
        calls.write(json.dumps(argv) + "\n")
        faults = state / "faults"
        coming = faults.read_text(encoding="utf-8").splitlines() if faults.exists() else []
        faults.write_text("".join(f"{fault}\n" for fault in coming[1:]), encoding="utf-8")
        note_process(state)
    return number, coming[0] if coming else "ok"


def note_process(state: Path) -> None:
    with (state / "pids").open("a", encoding="utf-8") as pids:
        pids.write(f"{os.getpid()}\n")


def parsed(argv: list[str]) -> tuple[list[str], list[str]]:
    """The words and the options: wherever these stand before `--`, they are swallowed."""
    words: list[str] = []
    options: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            words += rest
            break
        if word in ("-c", "--config"):
            del rest[:1]
        elif word == "--force-login":
            continue
        elif word.startswith("-") and (words[:1] != ["run"] or word in OPTIONS["run"]):
            options.append(word)
        else:
            words.append(word)
    return words, options


def say(where: int, text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(where, data) :]


def failed(words: str) -> int:
    say(2, f"{words}\n" if words else "")
    return 1


def wait_for_login(fault: str) -> None:
    if fault == "login-revoked":
        say(2, "Stored session invalid, forcing login.\n")
    say(1, "No cached session found. Starting OAuth login...\n")
    say(1, "Opened browser for Google login. If it did not open, visit:\nhttps://accounts.google.com/o/oauth2/auth\n")
    while True:
        time.sleep(60)


def hang(state: Path, fault: str) -> None:
    if fault == "stubborn":  # so is its child
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            note_process(state)
    while True:
        time.sleep(60)


def empty(content: Path) -> None:
    """What happens to the files when the runtime is recycled."""
    for entry in content.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


# --- copy


def copy(words: list[str], content: Path, state: Path) -> int:
    source = Path(words[0]).absolute()
    if not source.exists():
        return failed(f"ENOENT: no such file or directory, stat '{source}'")
    if not source.is_file():
        return failed(f"Cannot upload {source}: not a file.")
    given = words[1] if len(words) > 1 else f"content/{source.name}"
    segments = [part for part in given.replace("\\", "/").split("/") if part not in ("", "..")]
    if segments[:1] == ["content"]:
        segments = [*content.parts[1:], *segments[1:]]
    target = Path("/", *segments)
    if not target.is_relative_to(content):
        return failed(f"the stand-in does not write to {target}, which is not below {content}")
    refused = refusal(source, target, content, state)
    if refused:
        return failed(f"Upload failed ({refused}")
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        return failed(f"Upload failed ({unexpected(target, str(error))}")
    size = source.stat().st_size
    say(1, f"Uploaded: {source.name} → {target} ({size / (1 << 20):.1f} MB)\n")
    return 0


def refusal(source: Path, target: Path, content: Path, state: Path) -> str:
    limit = state / "limit"
    if source.stat().st_size > (int(limit.read_text()) if limit.exists() else USUAL_LIMIT):
        return "413 Request Entity Too Large): "
    if any(part.startswith(".") for part in target.relative_to(content).parts):
        return f'400 Bad Request): {{"message": "Cannot create file or directory \'{target}\'", "reason": null}}'
    if not target.parent.is_dir():
        error = f"[Errno 2] No such file or directory: '{target}'"
    elif target.is_dir():
        error = f"[Errno 21] Is a directory: '{target}'"
    else:
        return ""
    return unexpected(target, error)


def unexpected(target: Path, error: str) -> str:
    return f'500 Internal Server Error): {{"message": "Unexpected error while saving file: {target} {error}"}}'


# --- run


def run(words: list[str], *, verbose: bool, fault: str, mode: str) -> int:
    command = " ".join([words[0], *map(shlex.quote, words[1:])])
    if verbose:
        say(2, "✔ Reusing GPU runtime T4\n")
        say(1, f"Running remote command on Colab GPU T4: {command}\n")
    marker = f"__COLAB_CLI_EXIT__{os.urandom(16).hex()}"
    payload = [
        "stty -echo",
        "PS1=",
        command,
        "__COLAB_CLI_STATUS=$?",
        "stty echo",
        f"printf '{marker}:%s\\n' \"$__COLAB_CLI_STATUS\"",
        "exit",
        "",
    ]
    screen = open_terminal("\n".join(payload).encode(), "quiet" if fault == "corrupt" else mode)
    if fault == "cut":
        time.sleep(0.1)  # in mid-command
        return failed(CUT)
    text, status = shown(b"".join(iter(lambda: os.read(screen, 1 << 16), b"")), marker, verbose=verbose)
    if fault == "corrupt":
        middle = len(text) // 2
        text = text[:middle] + ("B" if text[middle] == "A" else "A") + text[middle + 1 :]
    if fault == "cut-silent":
        say(1, text[: max(1, len(text) // 2)])
        return 1
    say(1, text)
    return failed(CUT) if status is None or fault == "cut-late" else status


def shown(screen: bytes, marker: str, *, verbose: bool) -> tuple[str, int | None]:
    """What cgpu prints of what the terminal shows, and the status, if it is there."""
    status = None
    lines = []
    for line in screen.decode("utf-8", "replace").split("\n"):
        plain = ANSI.sub("", line.replace("\r", "")).removeprefix("/# ")
        if ending := re.search(rf"{marker}:(\d+)", plain):
            status = int(ending[1])
            plain = line = plain[: ending.start()]
        dropped = plain.strip() in ("exit", "logout", "PS1=", "stty -echo", "stty echo") or plain.strip().startswith(
            "printf '__COLAB_CLI_EXIT__"
        )
        kept = line if verbose else "" if dropped else plain
        if kept:
            lines.append(f"{kept[:LONGEST]}\n")
    return "".join(lines), status


def open_terminal(payload: bytes, mode: str) -> int:
    """Where what the terminal shows can be read. The process that keeps it lives until its bash has ended."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return reading
    os.close(reading)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    keep_terminal(payload, mode, writing)
    os._exit(0)


def keep_terminal(payload: bytes, mode: str, watcher: int) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.chdir("/")
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and so would all that bash runs
        editing = () if mode == "readline" else ("--noediting",)
        prompt = "/# " if mode == "bare" else r"root@stand-in:\w# "
        environment = {"PATH": os.environ["PATH"], "HOME": "/", "TERM": "xterm", "LANG": "C.UTF-8", "PS1": prompt}
        os.execve("/bin/bash", ("bash", "--norc", "--noprofile", *editing), environment | {"HISTFILE": os.devnull})
    if mode in ("quiet", "bare"):
        attributes = termios.tcgetattr(terminal)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    if mode == "readline":
        select.select([terminal], [], [], 5.0)  # its prompt: from then on it is bash that echoes
    os.set_blocking(terminal, False)
    while True:
        readable, writable, _ = select.select([terminal], [terminal] if payload else [], [])
        if writable:
            with suppress(BlockingIOError):  # there was less room than it seemed
                payload = payload[os.write(terminal, payload[:4096]) :]
        if readable:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:  # how a pseudo-terminal says that nobody has it open any more
                break
            with suppress(BrokenPipeError):  # whoever watched is gone, and the command goes on
                os.write(watcher, data)
    os.waitpid(child, 0)


if __name__ == "__main__":
    sys.exit(main())
