"""What is typed into the terminal that cgpu opens, and what is read out of what that terminal shows.

A terminal shows what is typed into it as well, adds prompts, and cgpu drops empty lines and some others. So the command
travels as base64, which neither a terminal nor a shell takes for anything else, and its outputs come back as base64 in
short lines, between two marks that are not in what was typed, with their checksum and the command's status. Meanwhile they
are in memory there, where there is room for them, as the job may have filled the disk; where there is none anywhere, that is
said instead.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_LINE = 4000  # a terminal takes 4095 characters of a line and drops the others

_SCRIPT = """\
cd {folder} || {{ echo {end} gone -; exit 1; }}
{{ d=$(mktemp -d -p /dev/shm) && head -c {most} /dev/zero >"$d/o"; }} 2>/dev/null ||
{{ rm -rf "$d"; d=$(mktemp -d) || exit 1; }}
trap 'rm -rf "$d"' EXIT
timeout -s KILL {seconds} {command} >"$d/o" 2>"$d/e"
s=$?
echo >"$d/full" || exit 1
truncate -s '<{most}' "$d/o" "$d/e"
echo {begin}
base64 -w 76 "$d/o" | sed s/^/o:/
base64 -w 76 "$d/e" | sed s/^/e:/
echo {end} $s $(cat "$d/o" "$d/e" | sha256sum)
exit $s
"""
_LINE = re.compile(r"([oe]):([A-Za-z0-9+/]+=*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A command that has ended, and what it said, byte for byte."""

    status: int
    stdout: bytes
    stderr: bytes
    folder_is_there: bool = True  # else the command was not run


def typed(argv: Sequence[str], *, folder: str, nonce: str, most_bytes: int, timeout_s: float) -> str:
    """A line that runs `argv` in `folder`, without input, and ends it after `timeout_s`; of each of its outputs no more
    than the first `most_bytes` come back. Raises ValueError for a command that is too long for one line, or holds a NUL."""
    script = _SCRIPT.format(
        folder=shlex.quote(folder),
        command=shlex.join(argv),
        seconds=max(1, math.ceil(timeout_s)),
        most=most_bytes,
        begin=_begin(nonce),
        end=_end(nonce),
    )
    if "\0" in script:
        raise ValueError("no argument can hold a NUL")
    coded = base64.b64encode(script.encode("utf-8", "surrogateescape")).decode("ascii")
    line = f'( bash -c "$(echo {coded} | base64 -d)" ) </dev/null'
    if len(line) > _LONGEST_LINE:
        raise ValueError(f"the command makes a line of {len(line)} characters, and cgpu takes {_LONGEST_LINE}")
    return line


def told(screen: str, nonce: str) -> Told | None:
    """What the command of that nonce said; None where a part of it is missing or damaged."""
    shown = screen.replace("\r", "")  # cgpu -v leaves them in
    ending = re.search(rf"{_end(nonce)} (gone|\d+) (\S+)", shown)
    if not ending:
        return None
    if ending[1] == "gone":
        return Told(status=1, stdout=b"", stderr=b"", folder_is_there=False)
    _, begun, body = shown[: ending.start()].partition(_begin(nonce) + "\n")
    coded: dict[str, list[str]] = {"o": [], "e": []}
    for output, line in _LINE.findall(body):
        coded[output].append(line)
    try:
        out, err = (base64.b64decode("".join(lines), validate=True) for lines in coded.values())
    except binascii.Error:
        return None
    if not begun or hashlib.sha256(out + err).hexdigest() != ending[2]:
        return None
    return Told(status=int(ending[1]), stdout=out, stderr=err)


def _begin(nonce: str) -> str:
    return f"MR-BEGIN-{nonce}"


def _end(nonce: str) -> str:
    return f"MR-END-{nonce}"
