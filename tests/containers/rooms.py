"""Runs commands inside a folder that holds a root file system, in mount and process namespaces of their own. Needs root."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
NO_PRIVILEGES = ("--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A root file system, and what is mounted into it."""

    tree: Path
    writable: bool = False  # as it is while an image is built; a container's is read-only, with a tmpfs at /tmp
    mounts: Mapping[str, Path] = field(default_factory=dict)  # place inside -> file or folder outside
    read_only: Mapping[str, Path] = field(default_factory=dict)  # likewise


def entering(
    room: Room, command: Sequence[str], *, user: str, folder: str, environment: Mapping[str, str]
) -> list[str]:
    """The argv that runs `command` there as `user` (UID:GID) with exactly that environment.

    A user who is not root gets no capability and can get none, as with cap_drop ALL and no-new-privileges.
    """
    uid, _, gid = user.partition(":")
    drop = NO_PRIVILEGES if uid != "0" else ("--clear-groups",)
    inside = ("setpriv", f"--reuid={uid}", f"--regid={gid}", *drop, "--", *command)
    values = tuple(f"{name}={value}" for name, value in environment.items())
    begin = ("env", "--ignore-environment", f"--chdir={folder}", *values)
    script = "\n".join((*_mounts(room), shlex.join(("exec", "chroot", str(room.tree), *begin, *inside))))
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", script]


def run(room: Room, command: Sequence[str], *, user: str, folder: str, environment: Mapping[str, str]) -> int:
    """Waits for it and returns its status; what it prints is shown."""
    argv = entering(room, command, user=user, folder=folder, environment=environment)
    return subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode


def _mounts(room: Room) -> list[str]:
    root = room.tree
    lines = [_mount("--bind", root, root), _mount("-t", "proc", "proc", root / "proc")]
    lines.append(_mount("-t", "tmpfs", "-o", "mode=755,size=1m", "tmpfs", root / "dev"))
    for name in DEVICES:
        device = root / "dev" / name
        lines += [shlex.join(("touch", str(device))), _mount("--bind", Path("/dev") / name, device)]
    links = {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
    lines += [shlex.join(("ln", "-s", f"/proc/self/{to}", str(root / "dev" / name))) for name, to in links.items()]
    lines.append(shlex.join(("mkdir", str(root / "dev/shm"))))
    lines.append(_mount("-t", "tmpfs", "-o", "mode=1777,size=64m", "tmpfs", root / "dev/shm"))
    for inside, outside in (*room.mounts.items(), *room.read_only.items()):
        place = root / inside.lstrip("/")
        _stand(place, outside)
        lines.append(_mount("--bind", outside, place))
    lines += [_mount("-o", "remount,bind,ro", root / inside.lstrip("/")) for inside in room.read_only]
    if not room.writable:
        lines += [
            _mount("-t", "tmpfs", "-o", "mode=1777,size=1g,noexec,nosuid,nodev", "tmpfs", root / "tmp"),
            _mount("-o", "remount,bind,ro", root),
        ]
    return lines


def _mount(*words: str | Path) -> str:
    return shlex.join(("mount", *map(str, words)))


def _stand(place: Path, outside: Path) -> None:
    """Makes what a mount needs to stand on, as Docker does."""
    if outside.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif not os.path.lexists(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
