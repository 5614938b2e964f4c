"""Fetches one file: goes on where it stopped, verifies while it comes, and puts it in its place only when it is right."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, FetchError, RecipePath, StoreError
from montage_recipe.disk import disk_faults
from montage_recipe.fetching.connection import Answer, Broken, Refused, Unfit, answer_from
from montage_recipe.fetching.model import Begun, Ended, Outcome, Progress, Retried, Tell, Wanted, host_of
from montage_recipe.fetching.part import Busy, Part, forget
from montage_recipe.fetching.rules import Rules
from montage_recipe.wording import format_size

_BLOCK_BYTES = 256 << 10
_TELL_S = 0.2
_WAITS_S = (1.0, 2.0, 4.0, 8.0)  # after transfers that brought nothing new
_SLOWEST_BYTES, _SLOWEST_S = 60 << 10, 60.0  # in this time at least so much, or the transfer counts as broken


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What tests exchange."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def is_present(wanted: Wanted) -> bool:
    """Whether the file is there with the right content. Raises FetchError where it has another one: it is not touched."""
    if not os.path.lexists(wanted.file):
        return False
    found = _content(wanted)
    if found != wanted.sha256:
        message = f"`{wanted.name}` is there with other content (sha256 {found[:12]}…), and is left as it is"
        hint = "move it away and fetch again; or, where it is the right one, write its `sha256` into the recipe"
        raise _fault("fetch-would-overwrite", message, hint, wanted.at)
    return True


def _content(wanted: Wanted) -> str:
    try:
        if not wanted.file.is_file():
            message = f"`{wanted.name}` is there, and is no file"
            raise _fault("fetch-would-overwrite", message, "give `file` another name", wanted.at)
        with wanted.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        message = f"`{wanted.name}` is there and cannot be read: {error.strerror}"
        raise _fault("media-unreadable", message, "check the file's permissions", wanted.at) from None


def fetch(wanted: Wanted, rules: Rules, tell: Tell, world: World = World()) -> None:
    """Brings the file. Raises FetchError, StoreError; what has come until then stays, for the next time."""
    begun = world.clock()
    with disk_faults(f"make the folder of {wanted.name}"):
        wanted.file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with disk_faults(f"write {wanted.name}"), Part(wanted) as part:
            if is_present(wanted):  # another process has brought it in this moment
                forget(wanted)
                return
            _bring(wanted, part, rules, tell, world)
            size = part.size_bytes
            if not part.deliver() and not is_present(wanted):
                raise AssertionError("something is in the way, and is not there")
    except Busy:
        message = f"`{wanted.name}` is being fetched by another process"
        raise _fault("fetch-busy", message, "wait until it has ended", wanted.at) from None
    tell(Ended(file=wanted.name, outcome=Outcome.FETCHED, size_bytes=size, wall_s=world.clock() - begun))


def _bring(wanted: Wanted, part: Part, rules: Rules, tell: Tell, world: World) -> None:
    """Transfers until the content is right. Raises FetchError."""
    if part.size_bytes and part.sha256 == wanted.sha256:
        return  # all had come, and was not put in its place any more
    furthest, vain = part.size_bytes, 0
    while True:
        try:
            _transfer(wanted, part, rules, tell, world)
            return
        except Refused as error:
            hint = "check `url`, with a browser on this machine for example"
            message = f"`{wanted.name}` cannot be fetched from {host_of(wanted.url)}: {error}"
            raise _fault("fetch-failed", message, hint, wanted.place_of_url) from None
        except Broken as error:
            vain = 0 if part.size_bytes > furthest else vain + 1
            furthest = max(furthest, part.size_bytes)
            if vain > len(_WAITS_S):
                kept = f"; {format_size(part.size_bytes)} are kept" if part.validator and part.size_bytes else ""
                message = f"`{wanted.name}` cannot be fetched from {host_of(wanted.url)}: {error}{kept}"
                raise _fault("fetch-failed", message, "try again later", wanted.place_of_url) from None
            wait_s = _WAITS_S[max(0, vain - 1)]
            tell(Retried(file=wanted.name, why=str(error), done_bytes=part.size_bytes, wait_s=wait_s))
            world.sleep(wait_s)


def _transfer(wanted: Wanted, part: Part, rules: Rules, tell: Tell, world: World) -> None:
    """One request. Raises Broken, Refused, FetchError or StoreError."""
    try:
        with answer_from(wanted.url, rules, start=part.size_bytes, validator=part.validator) as answer:
            if answer.start == 0:
                part.begin(answer.validator)
            _refuse_too_large(wanted, answer.total_bytes or 0, rules)
            _refuse_without_room(wanted, answer)
            _receive(wanted, answer, part, rules, tell, world)
            resumed = answer.start > 0
    except Unfit:
        part.reset()
        raise
    if part.sha256 == wanted.sha256:
        return
    found, size = part.sha256, part.size_bytes
    if resumed:
        part.reset()
        raise Broken("what came does not fit what was here from before")
    message = (
        f"{host_of(wanted.url)} gives another file than `{wanted.name}` is to be: "
        f"{format_size(size)} with sha256 {found}, and the recipe says {wanted.sha256}"
    )
    hint = (
        "what came was removed. Ask who offers it; or, where the new one is right, write its `sha256` into the recipe"
    )
    part.remove()
    raise _fault("fetch-wrong-content", message, hint, (*wanted.at[:-1], "sha256"))


def _receive(wanted: Wanted, answer: Answer, part: Part, rules: Rules, tell: Tell, world: World) -> None:
    total = answer.total_bytes
    host = host_of(wanted.url)
    tell(Begun(file=wanted.name, host=host, size_bytes=total, from_bytes=part.size_bytes))
    told = since = world.clock()
    counted = part.size_bytes
    while block := answer.read(_BLOCK_BYTES):
        part.add(block)
        _refuse_too_large(wanted, part.size_bytes, rules)
        if (now := world.clock()) - told >= _TELL_S:
            told = now
            tell(Progress(file=wanted.name, done_bytes=part.size_bytes, size_bytes=total))
        if now - since >= _SLOWEST_S:
            if part.size_bytes - counted < _SLOWEST_BYTES:
                raise Broken("it sends less than a kilobyte a second")
            since, counted = now, part.size_bytes
    if total is not None and part.size_bytes < total:
        raise Broken(f"the connection ended after {format_size(part.size_bytes)} of {format_size(total)}")
    tell(Progress(file=wanted.name, done_bytes=part.size_bytes, size_bytes=total))


def _refuse_too_large(wanted: Wanted, size_bytes: int, rules: Rules) -> None:
    if rules.most_bytes is not None and size_bytes > rules.most_bytes:
        forget(wanted)
        most = f"{format_size(rules.most_bytes)} are the most for somebody else's recipe"
        message = f"`{wanted.name}` is too large: {most}"
        raise _fault("medium-too-large", message, "use a smaller file, or --trusted", wanted.at)


def _refuse_without_room(wanted: Wanted, answer: Answer) -> None:
    """Before anything is written, where the size is known. Raises StoreError."""
    missing = (answer.total_bytes or 0) - answer.start
    free = shutil.disk_usage(wanted.file.parent).free
    if missing > free:
        message = (
            f"cannot fetch `{wanted.name}`: {format_size(missing)} are to come and {format_size(free)} are free in "
            f"{Path(wanted.file).parent}"
        )
        raise StoreError([Diagnostic(code="disk-full", message=message, hint="free some space on this disk")])


def _fault(code: str, message: str, hint: str, path: RecipePath) -> FetchError:
    return FetchError([Diagnostic(code=code, message=message, hint=hint, path=path)])
