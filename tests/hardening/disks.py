"""Faults of the disk: it is full or gets full, has no inodes left, may not be written to, fails, has lost parts of files."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hardening.scene import OLD, Broken, Place, Scene, ended, told, wait_a_moment

_FULL = ("disk-full", "disk-too-small", "disk-nearly-full")
_ROOMY = "size=64m,nr_inodes=10000"


def ballast(scene: Scene, root: Path, chance: random.Random) -> str:
    """A small disk for the store and the film, which something else fills to the last byte at a random moment."""
    with _small_disk(scene, root, "size=16m") as place:
        with place.building() as child:
            moment = wait_a_moment(scene, chance, child)
            _fill(place.film.parent / "ballast")
            done = ended(child)
        outcome = "there was room" if done.status == 0 else told(done, *_FULL)
        return _and_with_room(place, outcome, f"filled {moment}")


def too_small(scene: Scene, root: Path, chance: random.Random) -> str:
    """A disk of a size at which it runs full somewhere."""
    size = int(scene.store_bytes * chance.uniform(0.02, 1.6)) // 4096 * 4096 + 4096
    return _built_on(scene, root, f"size={size}")


def few_inodes(scene: Scene, root: Path, chance: random.Random) -> str:
    """A disk that takes only so many files."""
    return _built_on(scene, root, f"size=64m,nr_inodes={chance.randint(4, 70)}")


def _built_on(scene: Scene, root: Path, options: str) -> str:
    with _small_disk(scene, root, options) as place:
        done = place.build()
        outcome = "there was room" if done.status == 0 else told(done, *_FULL)
        return _and_with_room(place, outcome, options)


def _and_with_room(place: Place, outcome: str, what: str) -> str:
    """Nothing half written; and with room the build goes on."""
    place.film_is_absent_old_or_whole()
    place.nobody_is_left()
    place.nothing_is_left()
    place.store_is_sound()
    (place.film.parent / "ballast").unlink(missing_ok=True)
    _mount("-o", f"remount,{_ROOMY}", str(place.film.parent))
    jobs = place.next_build_is_right().summary["jobs"]
    return f"{outcome}|{what}; the next build reused {jobs['reused']} jobs"


@contextmanager
def _small_disk(scene: Scene, root: Path, options: str) -> Iterator[Place]:
    """A place whose recipe's folder is a disk of its own."""
    disk = root / "disk"
    disk.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", _ROOMY, "tmpfs", str(disk))
    try:
        place = scene.place(root, name="disk")
        place.film.write_bytes(OLD)
        _mount("-o", f"remount,{options}", str(disk))
        yield place
    finally:
        subprocess.run(("umount", "-l", str(disk)), check=True)


def _mount(*arguments: str) -> None:
    done = subprocess.run(("mount", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"the fault could not be injected: {done.stderr}")


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as stream:
        for block in (1 << 16, 4096, 1):
            try:
                while stream.write(b"x" * block) == block:
                    pass
            except OSError:
                continue  # which is what was wanted


def read_only(scene: Scene, root: Path, chance: random.Random) -> str:
    """A folder that the user may not write to."""
    place = scene.place(root)
    closed = chance.choice(("store", "film", "both"))
    _give_to_nobody(place)
    flags: tuple[str | Path, ...] = ()
    locked, store = root / "locked", root / "store"
    locked.mkdir(mode=0o755)
    if closed != "film":
        flags += ("--cache", locked / "store")
    else:
        store.mkdir()
        os.chown(store, 65534, 65534)
        flags += ("--cache", store)
    if closed != "store":
        flags += ("-o", locked / "film.mp4")
    done = place.build(*flags, before=_NOBODY)
    outcome = told(done, "not-writable")
    place.nobody_is_left()
    if list(locked.iterdir()):
        raise Broken("something was written after all")
    good = place.build("--cache", root / "film" / ".montage", before=_NOBODY)
    if good.status or place.film.read_bytes() != scene.film:
        raise Broken(f"and it did not work elsewhere: {good.stdout[-500:]}{good.stderr[-500:]}")
    place.nothing_is_left()
    return f"{outcome}|{closed}"


_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def _give_to_nobody(place: Place) -> None:
    for folder in (place.scratch, place.recipe.parent):
        os.chown(folder, 65534, 65534)


def becomes_read_only(scene: Scene, root: Path, chance: random.Random) -> str:
    """From a random moment of each thread on, no folder can be changed, as where a kernel has found its disk to be damaged.

    A real remount is refused as long as a file is open for writing, which is until the build ends.
    """
    place, which = scene.place(root), chance.randint(1, 20)
    place.film.write_bytes(OLD)
    calls = "mkdir,mkdirat,rename,renameat,renameat2,symlink,symlinkat,unlink,unlinkat"
    inject = f"inject={calls}:error=EROFS:when={which}+"
    done = place.build(before=("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject))
    outcome = "had ended" if done.status == 0 else told(done, "not-writable")
    if done.status and place.film.read_bytes() != OLD:
        raise Broken("the old film did not stay")
    place.nobody_is_left()
    place.next_build_is_right()
    return f"{outcome}|from call {which} on"


CALLS = {
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "rename": ("EIO", "ENOSPC", "EACCES"),
    "write": ("EIO", "ENOSPC"),
    "pwrite64": ("EIO", "ENOSPC", "EFBIG"),
    "mkdir": ("EIO", "ENOSPC", "EROFS"),
    "symlink": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO",),
    "unlink": ("EIO",),
    "flock": ("ENOLCK", "EINTR"),
}


def call_fails(scene: Scene, root: Path, chance: random.Random) -> str:
    """The K-th call of one kind in a thread (of Python, SQLite or ffmpeg) fails, with all after it or alone."""
    place = scene.place(root)
    call = chance.choice(tuple(CALLS))
    error, which = chance.choice(CALLS[call]), chance.randint(1, 12)
    after = "+" if chance.random() < 0.3 and call != "write" else ""  # else nothing could be said at all
    what = f"{call} {error} {which}{after}"
    inject = f"inject={call}:error={error}:when={which}{after}"
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject)
    done = place.build(before=strace)
    try:
        outcome = "made all the same" if done.status == 0 else told(done)
        if done.status == 0:
            place.film_is_absent_old_or_whole()
        place.nobody_is_left()
        place.next_build_is_right()
    except Broken as broken:
        raise Broken(f"{what}: {broken}") from broken
    return f"{outcome}|{what}"


def torn_store(scene: Scene, root: Path, chance: random.Random) -> str:
    """One file of a store, or two, lost their ends, as after a power cut on a careless disk; the film has to be made anew."""
    place = scene.place(root)
    place.build()
    place.film.unlink()
    files = sorted(p for p in (place.store / "objects").rglob("*") if p.is_file())
    index = place.store / "index.sqlite3"
    torn = {index, chance.choice(files)} if chance.random() < 0.3 else {chance.choice((index, *files))}
    said, lengths = list[str](), {file: file.stat().st_size for file in torn}
    for file in sorted(torn):
        length = chance.randrange(file.stat().st_size)
        os.truncate(file, length)
        said.append(f"{file.name[:12]} at {length}")
    what = ", ".join(said)
    done = place.build()
    outcome = "made anew" if done.status == 0 else told(done)
    place.film_is_absent_old_or_whole()
    for file in torn - {index}:
        if file.exists() and file.stat().st_size < lengths[file]:
            file.unlink()  # no job wanted it
    try:
        place.next_build_is_right()
    except Broken as broken:
        raise Broken(f"{what}: {broken}") from broken
    return f"{outcome}|{what}"
