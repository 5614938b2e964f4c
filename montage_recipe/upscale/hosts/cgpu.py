"""A Google Colab runtime as a host, by the `cgpu` command."""

from __future__ import annotations

import hashlib
import posixpath
import tempfile
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from montage_recipe.diagnostics import HostError
from montage_recipe.stopping import Stop, never
from montage_recipe.upscale.hosts.cgpu_frame import Told
from montage_recipe.upscale.hosts.cgpu_way import CgpuWay, Lost
from montage_recipe.upscale.hosts.files_here import faults_here, read_here, receive, sha256_of
from montage_recipe.upscale.hosts.hearing import MOST_SAID_BYTES
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.places import below
from montage_recipe.upscale.hosts.port import Ran, folder_fault, named_fault
from montage_recipe.upscale.hosts.transfer import unfinished

PIECE_BYTES = 8 << 20  # of one call, either way: cgpu holds all of it in memory, several times

_CONTENT = "/content"
_OPEN_S = 300.0  # a new runtime may have to be had first
_SHORT_S = 120.0
_LONG_S = 600.0  # reading or hashing what may be large

# $1 the folder
_OPEN = 'umask 077; mkdir -p -- "$1" && t=$(mktemp -p "$1" opened-XXXXXX) && rm -- "$t"'
# $1 the folder of the pieces, $2 the file, $3 its SHA-256
_WHOLE = '[ -f "$2" ] && [ "$(sha256sum <"$2" | head -c 64)" = "$3" ]'
_LIST = f"""\
{_WHOLE} && rm -rf -- "$1" && echo whole && exit 0
umask 077; mkdir -p -- "$1" "${{2%/*}}" && cd -- "$1" || exit 1
for piece in [0-9]*; do [ ! -f "$piece" ] || sha256sum "$piece"; done
"""
# $4 the last piece's number. The lock is for a join that goes on after its connection broke, while it is asked for again.
_JOIN = f"""\
[ ! -d "$1" ] || {{ exec 9<"$1" && flock 9; }}
if ! {{ {_WHOLE}; }}; then
cd -- "$1" && cat -- $(seq -f %05.0f 0 "$4") >whole || exit 1
[ "$(sha256sum <whole | head -c 64)" = "$3" ] || exit 65
mv -fT -- whole "$2" || exit 1
fi
cd / && rm -rf -- "$1"
"""
_DIFFERS = 65
_BY_SIGNAL = range(129, 193)  # a shell's statuses of commands that a signal has ended
_SAID_OF_KILLED = ("Killed", "Terminated")
_REFUSALS = (
    ("No space left on device", "remote-disk-full"),
    ("Disk quota exceeded", "remote-disk-full"),
    ("No such file or directory", "remote-file-missing"),
)
_RUNNING, _SENDING = "run a command on", "send a file to"
_FETCHING, _REMOVING = "fetch a file from", "remove a file from"


class CgpuHost:
    """Nothing stays open between two calls; that the folder is still there shows that it is still the same runtime."""

    def __init__(self, spec: HostSpec, *, stop: Stop = never) -> None:
        self.spec = spec
        self._way = CgpuWay(spec, stop=stop)
        self._folder = posixpath.join(_CONTENT, spec.place)
        self._way.log_in()
        made = self._way.surely(_script(_OPEN, self._folder), folder="/", doing="use", timeout_s=_OPEN_S)
        if made.status != 0:
            raise folder_fault(self._refusal(made, "use", "remote-readonly"), spec)

    def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
        late = named_fault(self.spec, _RUNNING, "timeout", f"{argv[0]} took more than {timeout_s:g} s")
        found = self._way.shell(argv, folder=self._folder, doing=_RUNNING, timeout_s=timeout_s, late=late)
        if isinstance(found, Lost):
            return Ran(status=None, stdout="", stderr=found.said)
        return Ran(status=found.status, stdout=_text(found.stdout), stderr=_text(found.stderr))

    def put(self, file: Path, place: str) -> None:
        target = self._path(place)
        sha256 = sha256_of(read_here(self.spec, _SENDING, file))
        pieces = self._pieces_of(place, sha256)
        there = self._there(pieces, target, sha256)
        if "whole" in there:
            return
        with faults_here(self.spec, _SENDING, otherwise="input-missing"):
            count = self._send(file, pieces, there)
        joined = self._surely(_script(_JOIN, pieces, target, sha256, str(count - 1)), _SENDING, _LONG_S)
        if joined.status == _DIFFERS:
            raise named_fault(self.spec, _SENDING, "output-verify-failed", f"{place} arrived damaged")
        if joined.status != 0:
            raise self._refusal(joined, _SENDING, "remote-readonly")

    def _there(self, pieces: str, target: str, sha256: str) -> dict[str, str]:
        """The pieces that have arrived, by name, with their SHA-256."""
        found = self._surely(_script(_LIST, pieces, target, sha256), _SENDING, _LONG_S)
        if found.status != 0:
            raise self._refusal(found, _SENDING, "remote-readonly")
        return {words[-1]: words[0] for line in _text(found.stdout).splitlines() if (words := line.split())}

    def _send(self, file: Path, pieces: str, there: dict[str, str]) -> int:
        """Sends the pieces that are not there; how many there must be."""
        count = 0
        with tempfile.TemporaryDirectory(prefix="montage-recipe-") as folder, file.open("rb") as source:
            while piece := source.read(PIECE_BYTES):
                name = f"{count:05}"
                if there.get(name) != hashlib.sha256(piece).hexdigest():
                    copy = Path(folder, "piece")
                    copy.write_bytes(piece)
                    self._way.copy(copy, posixpath.join(pieces, name))
                count += 1
        return count

    def get(self, place: str, file: Path, *, sha256: str) -> None:
        path = self._path(place)

        def pieces_from(start: int) -> Iterator[bytes]:
            piece = self._piece(path, start)
            while len(piece) == PIECE_BYTES:
                yield piece
                start += PIECE_BYTES
                piece = self._piece(path, start)
            yield piece

        receive(self.spec, _FETCHING, file, sha256=sha256, blocks_from=pieces_from)

    def _piece(self, path: str, at: int) -> bytes:
        """What the file holds from there on, no more than a piece; nothing at its end."""
        where = ("iflag=skip_bytes,count_bytes", f"skip={at}", f"count={PIECE_BYTES}")
        argv = ("dd", f"if={path}", *where, "bs=1M", "status=none")
        found = self._surely(argv, _FETCHING, _LONG_S, most_bytes=PIECE_BYTES)
        if found.status != 0:
            raise self._refusal(found, _FETCHING, "remote-file-missing")
        return found.stdout

    def remove(self, place: str) -> None:
        removed = self._surely(("rm", "-rf", "--", self._path(place)), _REMOVING, _SHORT_S)
        if removed.status != 0:
            raise self._refusal(removed, _REMOVING, "remote-readonly")

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, place: str) -> str:
        return posixpath.join(self._folder, below(place))

    def _pieces_of(self, place: str, sha256: str) -> str:
        """The folder for the pieces of a file, as near to it as cgpu can write: it refuses hidden names, and takes `\\` for
        `/`."""
        of_both = hashlib.sha256(f"{sha256} {place}".encode("utf-8", "surrogateescape")).hexdigest()
        plain = takewhile(lambda part: part[0] != "." and "\\" not in part, place.split("/")[:-1])
        return posixpath.join(self._folder, *plain, unfinished("pieces", of_both))

    def _surely(self, argv: Sequence[str], doing: str, timeout_s: float, *, most_bytes: int = MOST_SAID_BYTES) -> Told:
        return self._way.surely(argv, folder=self._folder, doing=doing, timeout_s=timeout_s, most_bytes=most_bytes)

    def _refusal(self, found: Told, doing: str, otherwise: str) -> HostError:
        said = _text(found.stderr).strip()
        killed = found.status in _BY_SIGNAL and not said
        if killed or said.endswith(_SAID_OF_KILLED):  # by a runtime that ends, or for lack of memory
            return named_fault(self.spec, doing, "connection-lost", said or "it was killed there")
        cause = next((name for words, name in _REFUSALS if words in said), otherwise)
        return named_fault(self.spec, doing, cause, said)


def _script(script: str, *parameters: str) -> tuple[str, ...]:
    return ("sh", "-c", script, "sh", *parameters)


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")
