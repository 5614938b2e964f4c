"""Names that are hard on programs, and clocks that jump."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

from tests.endtoend.recipes import movie
from tests.hardening.disks import _small_disk
from tests.hardening.scene import Broken, Place, Scene, ended, told, write_film

NAMES: tuple[bytes, ...] = (
    b"with spaces  and more",
    b'it\'s "quoted"',
    b"new\nline",
    b"-dash",
    b"--output",
    b"100%d and %03d",
    b"back\\slash\\",
    b"\xff\xfe not UTF-8 \xe4",
    "Überblick – 東京 🎬".encode(),
    b"a:b;c,d[e]{f}=g|h",
    b"~home",
    b"$HOME `id` $(id)",
    b"#comment: {a: 1}",
    b"tab\tbell\x07",
    b".hidden",
    b"*?[a-z]",
    b"n" * 240,
    b"file:pipe:1",
)
_LONGEST = 255


def odd_name(scene: Scene, root: Path, chance: random.Random) -> str:
    """The folder, the recipe, the footage or the film has an odd name."""
    name, part = chance.choice(NAMES), chance.choice(("folder", "recipe", "footage", "film", "store"))
    return _built_named(scene, root, os.fsdecode(name), part)


def longest_name(scene: Scene, root: Path, chance: random.Random) -> str:
    """The film's name has all the bytes that a name may have, on the store's disk or on another."""
    name = "f" * (_LONGEST - len(".mp4")) + ".mp4"
    elsewhere = chance.random() < 0.5
    with _small_disk(scene, root, "size=64m") as place:
        folder = root if elsewhere else place.film.parent
        done = place.build("-o", folder / name)
        if done.status or (folder / name).read_bytes() != scene.film:
            raise Broken(f"{'another disk' if elsewhere else 'one disk'}: {done.stdout[-500:]}{done.stderr[-500:]}")
        place.nothing_is_left()
        if left := [p.name for p in folder.iterdir() if ".part" in p.name]:
            raise Broken(f"left: {left}")
    return f"made|{'another disk' if elsewhere else 'one disk'}"


def _built_named(scene: Scene, root: Path, name: str, part: str) -> str:
    what = f"{name[:40]!r} for the {part}"
    place = scene.place(root, name=name if part == "folder" else "film")
    film, flags = place.film, list[str | Path]()
    if part == "recipe":
        renamed = place.recipe.with_name(name + ".yaml")
        place.recipe.rename(renamed)
        place = _at(place, renamed)
    elif part == "footage":
        shutil.copytree(scene.footage, place.recipe.parent / name)
        _name_the_footage(place, name)
    elif part == "film":
        film = film.with_name(name + ".mp4")
        flags += ["-o", film]
    elif part == "store":
        flags += ["--cache", place.recipe.parent / name]
    done = place.build(*flags)
    try:
        if done.status != 0:
            return f"{told(done)}|{what}"
        if film.read_bytes() != scene.film:
            raise Broken("another film")
        place.nothing_is_left()
    except Broken as broken:
        raise Broken(f"{what}: {broken}") from broken
    return f"made|{what}"


def _at(place: Place, recipe: Path) -> Place:
    return Place(scene=place.scene, root=place.root, recipe=recipe, scratch=place.scratch)


def _name_the_footage(place: Place, name: str) -> None:
    """YAML is UTF-8: a name that is not is reached by a link that has one."""
    folder = place.recipe.parent
    if any("\udc80" <= letter <= "\udcff" for letter in name):
        (folder / "link").symlink_to(folder / name)
        name = "link"
    write_film(folder, Path(name))


def long_path(scene: Scene, root: Path, chance: random.Random) -> str:
    """A recipe so deep down that its path, or the store's, meets the system's 4,096 bytes."""
    length = chance.choice((3000, 3700, 3850, 3900, 3950, 4000, 4050, 4080))
    place = scene.place(root)
    deep = place.recipe.parent
    while len(os.fsencode(deep)) + 202 < length:
        deep /= "d" * 200
    if (rest := length - len(os.fsencode(deep)) - 1) > 0:
        deep /= "d" * rest
    _make_deep(deep)
    if length + len("/montage.yaml") >= 4090:
        return f"no file can be there|{length} bytes"
    recipe = write_film(deep, scene.footage)
    done = _at(place, recipe).build()
    if done.status != 0:
        return f"{told(done)}|{length} bytes"
    if movie(recipe).read_bytes() != scene.film:
        raise Broken("another film")
    return f"made|{length} bytes"


def _make_deep(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def clock_jumps(scene: Scene, root: Path, chance: random.Random) -> str:
    """The clock jumps between builds and during one, to yesterday, ten years on, or the year 1971; no file's times do."""
    day, year = 86400, 31557600
    offsets = tuple(str(seconds) for seconds in (-day, 10 * year, 0, -55 * year, 3600, -3600))
    place, dial = scene.place(root), root / "clock"
    variables = {"LD_PRELOAD": str(_shim(root)), "CLOCK_DIAL": str(dial)}
    first, then = chance.choice(offsets), [chance.choice(offsets) for _ in range(4)]
    _turn(dial, first)
    with place.building(variables=variables) as child:
        for offset in then:
            time.sleep(chance.uniform(0.05, scene.wall_s / 4))
            _turn(dial, offset)
        done = ended(child)
    what = f"{first} s off, and during the build {', '.join(then)}"
    if done.status or place.film.read_bytes() != scene.film:
        raise Broken(f"{what}: {done.stdout[-500:]}{done.stderr[-500:]}")
    place.nothing_is_left()
    for offset in (chance.choice(offsets), "0"):
        _turn(dial, offset)
        again = place.build(variables=variables)
        if again.status or again.summary["jobs"]["run"]:
            raise Broken(f"{what}, then {offset}: not reused: {again.stdout[-500:]}{again.stderr[-500:]}")
    place.film.unlink()
    _turn(dial, chance.choice(offsets))
    place.build(variables=variables)
    place.next_build_is_right()
    return f"the same bytes, nothing made twice|{what}"


def _turn(dial: Path, offset: str) -> None:
    """In one step: it is read all the time."""
    dial.with_suffix(".new").write_text(offset)
    dial.with_suffix(".new").replace(dial)


# faketime would do for constant offsets; but when its offset changes, sleeps that wait for a moment of the monotonic clock
# fail with EINVAL, which no jump of a real clock does.
_SHIM = """
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
    long seconds = 0;
    FILE *dial = fopen(getenv("CLOCK_DIAL"), "re");
    if (dial) { if (fscanf(dial, "%ld", &seconds) != 1) seconds = 0; fclose(dial); }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    int status = syscall(SYS_clock_gettime, clock, now);
    if (!status && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return status;
}
int gettimeofday(struct timeval *now, void *zone) {
    int status = syscall(SYS_gettimeofday, now, zone);
    if (!status) now->tv_sec += offset();
    return status;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def _shim(root: Path) -> Path:
    """A library that adds what the dial says, in seconds, to the clock of the program that it is loaded into."""
    source, library = root / "shim.c", root / "shim.so"
    source.write_text(_SHIM)
    subprocess.run(("cc", "-shared", "-fPIC", "-o", str(library), str(source)), check=True)
    return library
