"""What a store asks of its file system, and whether the one that it is on can give it.

- `flock` between processes, and between machines where several use the store: it says which runs live and who may remove
  objects. Linux makes byte-range locks of it on NFS, which the server keeps; with `nolock` or `local_lock` each machine has
  locks of its own, and the sweep of one would remove the temporary files of the other's running build. So that is refused.
- `fcntl` byte-range locks, for SQLite's rollback journal (never WAL, which wants shared memory): as for `flock`; `nobrl` of
  CIFS keeps them from the server.
- `rename` over an existing file in one step. An NFS server does; where its answer is lost the client may report a failure of
  what was done, which the next build finds as an object that is there.
- `fsync` that returns when the data would survive a power cut; an `async` export of NFS lies about it. What is lost then has
  another size than its row, or none, and is made anew.
- a file that is open can be removed: NFS renames it, and its folder cannot be removed as long. So locks are closed first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, Severity

MOUNTS = Path("/proc/self/mountinfo")  # see proc(5); other systems have none, and nothing is said there

_SHARED = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "fuse.glusterfs")
_NEVER_COMMON = ("fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse")  # locks stay in their program
_WITHOUT_COMMON_LOCKS = frozenset(("nolock", "nobrl", "local_lock=all", "local_lock=flock", "local_lock=posix"))
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    place: Path
    kind: str  # "ext4", "nfs4"
    options: frozenset[str]


def mounts(text: str) -> Iterator[Mount]:
    """Those of a mountinfo, in its order: a later one may lie over an earlier one.

    >>> [mount] = mounts("36 25 0:44 / /my\\\\040disk rw - nfs4 server:/x rw,vers=4.2,local_lock=none")
    >>> str(mount.place), mount.kind, "local_lock=none" in mount.options
    ('/my disk', 'nfs4', True)
    """
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields, source = before.split(" "), after.split(" ")
        if dash and len(fields) >= 6 and len(source) >= 3:
            place = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
            yield Mount(
                place=Path(place), kind=source[0], options=frozenset((*fields[5].split(","), *source[2].split(",")))
            )


def mount_of(folder: Path, text: str) -> Mount | None:
    """The mount that an absolute path without links lies on."""
    found = None
    for mount in mounts(text):
        if folder.is_relative_to(mount.place) and (found is None or len(mount.place.parts) >= len(found.place.parts)):
            found = mount
    return found


def doubt_about(folder: Path, text: str) -> Diagnostic | None:
    """An error where locks cannot keep the builds of several machines apart, a warning on other network file systems."""
    mount = mount_of(folder, text)
    if mount is None or mount.kind not in (*_SHARED, *_NEVER_COMMON):
        return None
    apart = sorted(mount.options & _WITHOUT_COMMON_LOCKS)
    if apart or mount.kind in _NEVER_COMMON:
        why = f"mounted with {', '.join(apart)}" if apart else "whose locks no other machine sees"
        return Diagnostic(
            code="store-without-locks",
            message=f"the store {folder} is on {mount.kind} ({mount.place}), {why}: builds of two machines are not kept apart",
            hint="keep the store on a disk of this machine: --cache DIR, or MONTAGE_CACHE_DIR",
        )
    return Diagnostic(
        code="store-on-network",
        message=f"the store {folder} is on {mount.kind} ({mount.place}); it is as safe as that server's locks and fsync",
        hint="a disk of this machine is safer and quicker: --cache DIR, or MONTAGE_CACHE_DIR",
        severity=Severity.WARNING,
    )


def mounted() -> str:
    """What is mounted; "" on a system that does not say."""
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
