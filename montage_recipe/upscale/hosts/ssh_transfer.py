"""Files to an SSH host and from it, as input and output of commands.

Not by SFTP, because of how paramiko does it. Every block takes an answer: 200 MB over loopback need 0.45 s, and 0.26 s as the
input of a command. Of a write that failed it tells "Failure", or nothing at all where it was one of the last of a file. And
it reads ahead without any limit; with one, it stops to read ahead for good as soon as there happens to be no open request
(1.9 s for 200 MB, against 0.25 s as the output of a command).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko

from montage_recipe.upscale.hosts.files_here import faults_here, read_here, receive, sha256_of
from montage_recipe.upscale.hosts.port import named_fault
from montage_recipe.upscale.hosts.ssh_command import ask, command, refusal, to_its_end
from montage_recipe.upscale.hosts.ssh_faults import SSH_ERRORS, fault_of
from montage_recipe.upscale.hosts.ssh_line import Line
from montage_recipe.upscale.hosts.transfer import BLOCK_BYTES, resume_at, unfinished
from montage_recipe.upscale.hosts.watch import Beat

SEND, FETCH = "send a file to", "fetch a file from"
_MARK = b"\0here it begins\0"  # an account may greet before it does what it is asked to do
_LONGEST_GREETING = 1 << 20  # bytes
_MARKED_BYTES = 1 << 18
_SLOWEST_HASH = 20_000_000  # bytes a second
# $0 a file's unfinished form, $1 how large it will be. openssl is three times as fast as sha256sum, where it is installed. To
# read the file once more takes less time than to hash it on its way to the disk, which keeps the sender waiting (200 MB over
# loopback: 0.9 s against 1.3 s).
_TAKE = """\
export LC_ALL=C
umask 077
mkdir -p -- "$(dirname -- "$0")" && { [ -f "$0" ] || : > "$0"; } || exit 1
there=$(wc -c < "$0") && printf '\\0here it begins\\0%s\\n' "$there" || exit 1
read -r start && truncate -s "$start" -- "$0" || exit 1
hash() { if command -v openssl > /dev/null; then openssl dgst -sha256 -r; else sha256sum; fi; }
cat >> "$0" || exit 1
[ "$(wc -c < "$0")" -eq "$1" ] || exit 66
hash < "$0" | head -c 64
"""
_SHORT = 66
_GIVE = 'export LC_ALL=C; printf \'\\0here it begins\\0\'; exec tail -c "+$1" < "$0"'


def send(line: Line, file: Path, target: str, beat: Beat) -> None:
    """See `Host.put`; `target` is a path there."""
    with faults_here(line.spec, SEND, otherwise="input-missing"):
        size, part = file.stat().st_size, unfinished(target, mark_of(file))
    with ThreadPoolExecutor(1) as beside:
        sha256 = beside.submit(lambda: sha256_of(read_here(line.spec, SEND, file)))
        with command(line, _TAKE, part, str(size), with_input=True) as channel:
            if there := _line_after_mark(channel):
                start = resume_at(int(there), size)
                _pour(channel, start, _beating(read_here(line.spec, SEND, file, start), beat))
            ran = to_its_end(channel, line.patience.reply_s + size / _SLOWEST_HASH, beat)
        if ran.status is None or ran.status == _SHORT:
            raise EOFError("the connection broke before the end")
        if ran.status != 0:
            raise refusal(line, SEND, ran)
        if ran.stdout[-64:] != sha256.result():
            ask(line, SEND, 'rm -f -- "$0"', part, beat=beat)
            raise named_fault(line.spec, SEND, "output-verify-failed", f"{file} arrived damaged")
    ask(line, SEND, 'mv -f -- "$0" "$1"', part, target, beat=beat)


def mark_of(file: Path) -> str:
    """Tells a file from others that go by its name, in less time than its whole content would take."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        digest = hashlib.sha256(str(size).encode())
        for place in (0, max(0, size - _MARKED_BYTES)):
            stream.seek(place)
            digest.update(stream.read(_MARKED_BYTES))
    return digest.hexdigest()


def fetch(line: Line, origin: str, file: Path, sha256: str, beat: Beat) -> None:
    """See `Host.get`; `origin` is a path there."""

    def blocks_from(start: int) -> Iterator[bytes]:
        return _blocks(line, origin, start, beat)

    receive(line.spec, FETCH, file, sha256=sha256, blocks_from=blocks_from)


def _beating(blocks: Iterable[bytes], beat: Beat) -> Iterator[bytes]:
    for block in blocks:
        beat()
        yield block


def _pour(channel: paramiko.Channel, start: int, blocks: Iterable[bytes]) -> None:
    """As far as the other side takes it: if it ends before, what it says at its end tells why."""
    try:
        channel.sendall(b"%d\n" % start)
        for block in blocks:
            channel.sendall(block)
        channel.shutdown_write()
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise


def _blocks(line: Line, origin: str, start: int, beat: Beat) -> Iterator[bytes]:
    """The file's content, never an empty block. Raises HostError and nothing else."""
    try:
        with command(line, _GIVE, origin, str(start + 1)) as channel:
            if begun := _after_mark(channel):
                yield begun
            while block := channel.recv(BLOCK_BYTES):
                beat()
                yield block
            ran = to_its_end(channel, line.patience.reply_s, beat)
        if ran.status is None:
            raise EOFError("the connection broke before the end")
        if ran.status != 0:
            raise named_fault(line.spec, FETCH, "remote-file-missing", ran.stderr.strip())
    except SSH_ERRORS as error:
        raise fault_of(line.spec, FETCH, error) from error


def _after_mark(channel: paramiko.Channel) -> bytes:
    """What comes with the mark's last byte; b"" where nothing does."""
    begun = b""
    while _MARK not in begun and len(begun) < _LONGEST_GREETING and (block := channel.recv(BLOCK_BYTES)):
        begun += block
    return begun.partition(_MARK)[2]


def _line_after_mark(channel: paramiko.Channel) -> bytes:
    """b"" where the other side ends before it has come."""
    begun = _after_mark(channel)
    while b"\n" not in begun:
        block = channel.recv(BLOCK_BYTES)
        if not block:
            return b""
        begun += block
    return begun
