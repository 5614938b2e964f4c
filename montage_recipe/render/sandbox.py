"""A sandbox around one ffmpeg: it reads what its job reads and what it is made of, writes into its job's folder, and has no
network. Used for recipes from somebody else.

Bubblewrap where it is installed and works, else Landlock (Linux 6.2 and later), else none, which is told. Whether one
works is found out by running ffmpeg in it, not by looking for its name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from montage_recipe.diagnostics import Diagnostic, Severity
from montage_recipe.render import landlock

# What a program of the system is made of: libraries, and where the loader looks for them.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"),
)
_END = ("--remount-ro", "/", "--chdir")
_TRIAL_S = 30
_PICTURE = b"P5 2 2 255\n\0\0\0\0"
_MOST_BINDS = 64  # of objects: each costs bubblewrap a mount, and each mount a look at all others (2,000 take 12 s)


def _nothing() -> None:
    """For a child that needs no preparation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """How one child is started inside: words in front of its command, and what it does itself before it begins."""

    words: tuple[str, ...] = ()
    prepare: Callable[[], None] = _nothing
    close: Callable[[], None] = _nothing  # once it has been started


class Sandbox(Protocol):
    name: str  # for people

    def enclose(
        self, program: str, scratch: Path, reads: Collection[Path], objects: Collection[Path] = ()
    ) -> Enclosure:
        """For a program that works in `scratch` and reads the files `reads`, and `objects` of the store, where it may see their
        neighbours too. Raises OSError."""
        ...


class Bubblewrap:
    """New namespaces with nothing in them but what is listed."""

    def __init__(self, program: str) -> None:
        self.name, self._program = "bubblewrap", program

    def enclose(
        self, program: str, scratch: Path, reads: Collection[Path], objects: Collection[Path] = ()
    ) -> Enclosure:
        files = {Path(program).resolve(), Path(program), *(file.resolve() for file in reads)}
        parts = {part.resolve() for part in objects}
        if len(parts) > _MOST_BINDS:  # of a long montage; the store keeps them in 256 folders that hold nothing else
            parts = {part.parent for part in parts}
        shown = [*(Path(place) for place in _SYSTEM if Path(place).exists()), *sorted(files | parts)]
        words = [self._program, "--unshare-all", "--die-with-parent", "--dev", "/dev"]
        for place in shown:
            words += _bound(place)
        return Enclosure(words=(*words, "--bind", str(scratch), str(scratch), *_END, str(scratch), "--"))


def _bound(place: Path) -> tuple[str, ...]:
    if place.is_symlink() and place.parent == Path("/"):  # /lib is one to usr/lib
        return ("--symlink", str(place.readlink()), str(place))
    return ("--ro-bind", str(place), str(place))


class Landlock:
    """The child gives up its own rights before it becomes ffmpeg."""

    def __init__(self) -> None:
        self.name = f"Landlock (ABI {landlock.abi()})"

    def enclose(
        self, program: str, scratch: Path, reads: Collection[Path], objects: Collection[Path] = ()
    ) -> Enclosure:
        devices = map(Path, ("/dev/null", "/dev/urandom", "/dev/zero"))
        readable = [*map(Path, _SYSTEM), Path(program), *reads, *objects, *devices]
        rules = landlock.ruleset(readable=[place for place in readable if place.exists()], writable=[scratch])
        return Enclosure(prepare=lambda: landlock.restrict(rules), close=lambda: os.close(rules))


def find_sandbox(program: str) -> Sandbox | None:
    """The first that works for `program`, an ffmpeg; None where none does."""
    return next((sandbox for sandbox in _at_hand() if works(sandbox, program)), None)


def _at_hand() -> Iterator[Sandbox]:
    if bubblewrap := shutil.which("bwrap"):
        yield Bubblewrap(bubblewrap)
    if landlock.is_usable():
        yield Landlock()


def works(sandbox: Sandbox, program: str) -> bool:
    """Whether the program can read a picture of its own folder inside, and cannot read the same picture outside."""
    with (
        tempfile.TemporaryDirectory(prefix="montage-") as folder,
        tempfile.NamedTemporaryFile(suffix=".pgm") as outside,
    ):
        Path(outside.name).write_bytes(_PICTURE)
        scratch = Path(folder).resolve()
        (scratch / "inside.pgm").write_bytes(_PICTURE)
        inside, refused = (
            _tried(sandbox, scratch, (program, "-v", "error", "-nostdin", "-i", f"file:{name}", "-f", "null", "-"))
            for name in ("inside.pgm", outside.name)
        )
        return inside == 0 and refused not in (0, None)


def _tried(sandbox: Sandbox, scratch: Path, argv: tuple[str, ...]) -> int | None:
    """Its status; None where it cannot be started."""
    with suppress(OSError, subprocess.SubprocessError):
        enclosure = sandbox.enclose(argv[0], scratch, ())
        try:
            done = subprocess.run(
                (*enclosure.words, *argv),
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                timeout=_TRIAL_S,
                check=False,
                preexec_fn=enclosure.prepare,
            )
        finally:
            enclosure.close()
        return done.returncode
    return None


def no_sandbox(program: str) -> Diagnostic:
    """Why `program`, an ffmpeg, is in none."""
    if names := " and ".join(sandbox.name for sandbox in _at_hand()):
        why = f"{program} does not run in {names}"
        hint = (
            "name a plain ffmpeg, if it is a script or starts other programs; else this machine does not let programs make "
            "a sandbox (user namespaces), or has a Linux older than 6.2"
        )
    else:
        why = "neither bubblewrap nor Landlock works on this machine"
        hint = "install bubblewrap, or use Linux 6.2 or later"
    hint += "; `montage-recipe doctor` says which sandbox is used"
    message = f"ffmpeg runs without a sandbox: {why}"
    return Diagnostic(code="no-sandbox", message=message, hint=hint, severity=Severity.WARNING)
