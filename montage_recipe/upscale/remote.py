"""One chunk on one host. Every step begins by looking what is there already, so that it can be gone on with after any fault,
by another process too."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.stopping import heed
from montage_recipe.upscale import script
from montage_recipe.upscale.attempt import Attempt, Watch
from montage_recipe.upscale.causes import CAUSES
from montage_recipe.upscale.diagnosis import diagnose
from montage_recipe.upscale.hosts.port import Host, host_fault, named_fault
from montage_recipe.upscale.hosts.transfer import unfinished
from montage_recipe.upscale.retry import is_of_a_network
from montage_recipe.upscale.telling import MemoryAt, Phase
from montage_recipe.wording import format_size

RESULT = "result.mp4"
SOURCE = "chunk.media"
WRITING = "write a temporary file"  # here, not on the host
_SLOWEST_POLL_S = 5.0
_LONGEST_LOG_BYTES = 20_000_000  # that is fetched whole
SPARE_BYTES = 200_000_000  # of a host's disk, that are left alone
# This machine has reached the host; what the job wanted, which is packages or weights, the host has not.
_MEND_ITS_NETWORK = (
    "the host itself has to reach its package index, and github.com for weights: mend its network (a proxy, `pip config`), "
    "or install there by hand what the host's log asks for"
)
_THERE = {"disk-full": "remote-disk-full", "input-missing": "remote-file-missing"}


class NotThere(Exception):
    """Nothing runs there, and nothing was to be started. `fault`: why what ran there has failed."""

    def __init__(self, fault: HostError | None) -> None:
        super().__init__(fault)
        self.fault = fault


def ask(host: Host, *words: str, scratch: Path, timeout_s: float = 60.0) -> dict[str, Any]:
    """The agent's answer; the agent is sent first where the host does not have it. Raises HostError."""
    name, text = script.agent()
    ran = host.run((host.spec.python, name, *words), timeout_s=timeout_s)
    said = f"{ran.stdout}\n{ran.stderr}"
    if ran.status == 2 and "can't open file" in said:
        _send_agent(host, name, text, scratch)
        ran = host.run((host.spec.python, name, *words), timeout_s=timeout_s)
        said = f"{ran.stdout}\n{ran.stderr}"
    if ran.status is None:
        raise named_fault(host.spec, "ask", "connection-lost", said.strip())
    if ran.status != 0:
        raise _fault_of(host, "ask", said, ran.status)
    try:
        answer = json.loads(ran.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise named_fault(host.spec, "ask", "output-verify-failed", "its answer is no JSON") from error
    assert isinstance(answer, dict)
    return answer


def _send_agent(host: Host, name: str, text: str, scratch: Path) -> None:
    """By a name of its own first, as others may be sending it at this moment."""
    place = f"{name}.{secrets.token_hex(6)}"
    send_text(host, place, text, scratch)
    moved = host.run(("mv", "-f", "--", place, name), timeout_s=60.0)
    if moved.status != 0:
        raise _there(host_fault(host.spec, "send a file to", moved.stderr, moved.status))


def send_text(host: Host, place: str, text: str, scratch: Path) -> None:
    file = scratch / place.replace("/", "-")
    with disk_faults(WRITING):
        file.write_text(text, encoding="utf-8", newline="\n")
    host.put(file, place)
    file.unlink()


def measure(
    host: Host, scratch: Path, size_bytes: int, clock: Callable[[], float], *, reopen: Callable[[], Host]
) -> tuple[float, float]:
    """Bytes a second to the host and from it, by a file that does not compress and is removed again: by a way that `reopen`
    opens where this one was interrupted. Raises HostError, or Interrupted."""
    there, here = scratch / "speed-there.bin", scratch / "speed-here.bin"
    content = os.urandom(size_bytes)
    with disk_faults(WRITING):
        there.write_bytes(content)
    folder = f"jobs/{secrets.token_hex(16)}"  # which is swept as a job is, where it cannot be removed
    try:
        begun = clock()
        host.put(there, f"{folder}/speed.bin")
        sent = clock()
        host.get(f"{folder}/speed.bin", here, sha256=hashlib.sha256(content).hexdigest())
        fetched = clock()
    finally:
        try:
            host.remove(folder)
        except Interrupted:
            with suppress(HostError), closing(reopen()) as anew:
                anew.remove(folder)
            raise
    return size_bytes / (sent - begun), size_bytes / (fetched - sent)


def finish(host: Host, attempt: Attempt) -> tuple[Path, dict[str, Any]]:
    """The chunk's checked result, in `scratch`, and what the host said of it. Raises HostError, whose code is the cause;
    NotThere; or Interrupted."""
    seen = _ask(host, attempt, "poll")
    attempt.answered()
    attempt.alive = seen["alive"]
    attempt.reached("bytes there", seen["bytes"])  # on an earlier try, which broke in the middle
    if _is_good(seen):
        _hear(seen, attempt)
    else:
        if not attempt.may_start and not seen["alive"]:
            raise NotThere(_failure(host, attempt, seen) if seen["started"] else None)
        watch = Watch(attempt)
        if seen["alive"]:
            _hear(seen, attempt)
            watch.see(seen)
        else:
            _send(host, attempt, seen)
            attempt.past.signs.clear()
            if _ask(host, attempt, "start").get("gone"):
                raise _gone(host)
        seen = _follow(host, attempt, watch)
    state = seen["state"]
    result = attempt.scratch / f"{attempt.key[:32]}.mp4"
    attempt.enter(Phase.FETCHING)
    try:
        host.get(f"jobs/{attempt.key}/{RESULT}", result, sha256=state["sha256"])
    except HostError as fault:
        part = result.with_name(unfinished(result.name, state["sha256"]))
        attempt.reached("bytes here", part.stat().st_size if part.exists() else 0)
        if fault.cause in ("output-verify-failed", "remote-file-missing") and _is_damaged(
            host, attempt, state["sha256"]
        ):
            _ask(host, attempt, "remove")
        raise
    return result, state


def _is_damaged(host: Host, attempt: Attempt, sha256: str) -> bool:
    """Whether the result is there, and not on the way."""
    found: str = _ask(host, attempt, "digest", RESULT)["sha256"]
    return found != sha256


def _ask(host: Host, attempt: Attempt, verb: str, *words: str) -> dict[str, Any]:
    timeout_s = attempt.patience.answer_s
    return ask(host, verb, attempt.key, *words, scratch=attempt.scratch, timeout_s=timeout_s)


def _is_good(seen: Mapping[str, Any]) -> bool:
    return seen["exit_status"] == 0 and (seen["state"] or {}).get("phase") == "done"


def _send(host: Host, attempt: Attempt, seen: Mapping[str, Any]) -> None:
    folder = f"jobs/{attempt.key}"
    attempt.enter(Phase.SENDING)
    if SOURCE not in seen["files"]:
        chunk = attempt.source()
        needed = chunk.stat().st_size + attempt.result_bytes + SPARE_BYTES
        if seen["disk_free"] < needed:
            told = f"{format_size(seen['disk_free'])} are free, {format_size(needed)} are needed"
            raise named_fault(host.spec, "send a clip to", "remote-disk-full", told)
        host.put(chunk, f"{folder}/{SOURCE}")
        attempt.advanced |= not attempt.past.sent  # to send it over and over is no progress
        attempt.past.sent = True
    for name, text in attempt.scripts.items():
        heed(attempt.stop)
        send_text(host, f"{folder}/{name}", text, attempt.scratch)
    heed(attempt.stop)


def _hear(seen: Mapping[str, Any], attempt: Attempt) -> None:
    """Takes in what the job has told since it was asked last."""

    def note(text: str) -> None:
        if (once := f"{event['at']} {text}") not in attempt.past.heard:
            attempt.past.heard.add(once)
            attempt.note(text)

    for event in seen["events"]:
        match event:
            case {"event": "memory"}:
                attempt.memory.append(
                    MemoryAt(when=event["when"], used=event["used"], free=event["free"], peak=event["peak"])
                )
            case {"event": "out-of-memory", "after": {"tile": tile, "batch": batch}}:
                note(f"memory is short; it goes on with tiles of {tile} pixels, {batch} at once")
            case {"event": "passed-over", "why": why}:
                note(f"ncnn runs the model there, as {why}")
            case {"event": "precision", "to": to, "why": why}:
                note(f"it goes on in {to}: {why}")
            case _:
                continue


def _follow(host: Host, attempt: Attempt, watch: Watch) -> dict[str, Any]:
    """Waits for the end of the job, which is a good one. Raises HostError."""
    pause = 0.2
    while True:
        heed(attempt.stop)
        seen = _ask(host, attempt, "poll", str(watch.offset))
        _hear(seen, attempt)
        watch.see(seen)
        if seen["exit_status"] is not None or not seen["alive"]:
            break
        if fault := watch.fault():
            _ask(host, attempt, "abort")
            attempt.log = _log(host, attempt, _ask(host, attempt, "poll"))
            raise _ended(attempt, named_fault(host.spec, "work on", "timeout", fault))
        attempt.sleep(pause)
        pause = min(_SLOWEST_POLL_S, pause * 1.5)
    if _is_good(seen):
        return seen
    raise _ended(attempt, _failure(host, attempt, seen))


def _ended(attempt: Attempt, fault: HostError) -> HostError | NotThere:
    """Of a job that failed: where none may be started, there is nothing to try again."""
    return fault if attempt.may_start else NotThere(fault)


def _log(host: Host, attempt: Attempt, seen: Mapping[str, Any]) -> str:
    """All that a job which has ended has said; the end of it where no more can be had."""
    end: str = seen.get("log", "")
    size = seen["files"].get("log.txt", 0)
    if size <= len(end.encode()):
        return end
    file = attempt.scratch / "log.txt"
    with suppress(HostError, StoreError):  # the fault that the log is of is the one to tell
        if size <= _LONGEST_LOG_BYTES:
            host.get(f"jobs/{attempt.key}/log.txt", file, sha256=seen["log_sha256"])
            return file.read_text(encoding="utf-8", errors="replace")
    return f"(only the end of {format_size(size)})\n{end}"


def _failure(host: Host, attempt: Attempt, seen: Mapping[str, Any]) -> HostError:
    """A run that has ended in any other way than a good one; without a status, it was killed from outside."""
    if not seen["files"]:
        return _gone(host)
    attempt.log = _log(host, attempt, seen)
    status = -9 if seen["exit_status"] is None else seen["exit_status"] or 1
    log = seen.get("log", "").splitlines(keepends=True)
    said = "".join(line for line in log if not line.startswith("{"))  # the others are its events
    return _fault_of(host, "work on", said, status)


def _fault_of(host: Host, doing: str, said: str, status: int) -> HostError:
    """Of a program there that has ended with that status and `said` this."""
    found = diagnose(said, status)
    last = found.lines[-1] if found.lines and status > 0 else f"it ended with status {status}"
    remedy = _MEND_ITS_NETWORK if doing == "work on" and is_of_a_network(found.cause) else ""
    return _there(named_fault(host.spec, doing, found.cause.name, found.root_line or last, remedy=remedy))


def _gone(host: Host) -> HostError:
    return named_fault(host.spec, "work on", "session-lost", "the job's files are gone")


def _there(fault: HostError) -> HostError:
    """A full disk and a missing file that a host speaks of are its own."""
    if name := _THERE.get(fault.cause):
        cause = CAUSES[name]
        fault.diagnostics = (replace(fault.diagnostics[0], code=cause.name, hint=cause.remedy),)
    return fault


def not_as_asked(told: str, *, cause: str = "output-verify-failed") -> HostError:
    """The fault of a result that is whole, and is not what was asked for."""
    known = CAUSES[cause]
    message = f"the host's result is not what was asked for: {told}"
    return HostError([Diagnostic(code=known.name, message=message, hint=known.remedy)])
