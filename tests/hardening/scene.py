"""A small real film to which faults are done: six clips with crossfades, a title, music, loudness; and what must hold after."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import PROGRAM, Done, environment
from tests.endtoend.recipes import Entry, crossfade, movie, write_recipe

OLD = b"the old film"
SOURCES = ("a.mp4", "b.mp4", "c.mp4", "music.wav")
_PATIENCE_S = 240.0
_END_S = 20.0  # for what must be gone at once


class Broken(Exception):
    """A promise that was not kept, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What all cases share."""

    engine: Engine
    footage: Path
    film: bytes  # of the undisturbed build
    wall_s: float  # that it took
    events: int  # that it told, without those of progress and the last two
    store_bytes: int
    store_files: int

    def place(self, root: Path, *, name: str = "film") -> Place:
        """A case's own folders under `root`, its recipe in one of them."""
        folder, scratch = root / name, root / "scratch"
        scratch.mkdir(parents=True)
        recipe = write_film(folder, self.footage)
        return Place(scene=self, root=root, recipe=recipe, scratch=scratch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one case happens."""

    scene: Scene
    root: Path
    recipe: Path
    scratch: Path  # the system's folder for temporary files, as the program sees it

    @property
    def film(self) -> Path:
        return movie(self.recipe)

    @property
    def store(self) -> Path:
        return self.recipe.parent / ".montage"

    @contextmanager
    def building(
        self, *flags: str | Path, before: Sequence[str] = (), variables: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A build under way, in a session of its own; `before` is a program that runs it."""
        argv = [*before, str(PROGRAM), "build", str(self.recipe), "--json", *(str(flag) for flag in flags)]
        own = environment(self.scene.engine) | {"TMPDIR": str(self.scratch)} | dict(variables or {})
        with subprocess.Popen(
            argv,
            env=own,
            cwd=self.root,
            bufsize=0,  # lines that are read here are all that `communicate` does not see
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as child:
            try:
                yield child
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)

    def build(self, *flags: str | Path, before: Sequence[str] = (), variables: Mapping[str, str] | None = None) -> Done:
        with self.building(*flags, before=before, variables=variables) as child:
            return ended(child)

    # --- what must hold ---------------------------------------------------------------------------------------------

    def nobody_is_left(self) -> None:
        """No process of this case runs any more; a killed one has a moment to go."""
        deadline = time.monotonic() + _END_S
        while left := self._processes():
            if time.monotonic() > deadline:
                raise Broken(f"processes are left: {left}")
            time.sleep(0.02)

    def film_is_absent_old_or_whole(self, *others: bytes) -> str:
        if not self.film.exists():
            return "absent"
        found = self.film.read_bytes()
        if found == OLD:
            return "old"
        if found in (self.scene.film, *others):
            return "whole"
        raise Broken(f"{self.film.name} is neither the old nor the right one ({len(found)} bytes)")

    def nothing_is_left(self) -> None:
        """No temporary file, wherever one may be."""
        runs = [p for p in (self.store / "runs").rglob("*") if p.name != ".lock"]
        beside = [p for p in self.film.parent.iterdir() if ".part" in p.name]
        if left := [str(p) for p in (*runs, *beside, *self.scratch.iterdir())]:
            raise Broken(f"temporary files are left: {left[:5]}")

    def store_is_sound(self) -> None:
        """SQLite says so, and no object is shorter than its row says."""
        if not (self.store / "index.sqlite3").exists():
            return
        with closing(sqlite3.connect(self.store / "index.sqlite3")) as index:
            if (said := index.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise Broken(f"the store's index: {said}")
            for name, size in index.execute("SELECT name, size FROM objects"):
                object_ = self.store / "objects" / name
                if object_.exists() and object_.stat().st_size != size:
                    raise Broken(f"the object {name} has {object_.stat().st_size} bytes instead of {size}")

    def next_build_is_right(self, *flags: str | Path, film: bytes | None = None) -> Done:
        """It ends well, with the bytes of the undisturbed one, and nothing is left."""
        done = self.build(*flags)
        if done.status != 0:
            raise Broken(f"the next build failed: {done.stdout[-600:]}{done.stderr[-600:]}")
        if self.film.read_bytes() != (film or self.scene.film):
            raise Broken("the next build made another film")
        self.nobody_is_left()
        self.nothing_is_left()
        self.store_is_sound()
        return done

    def _processes(self) -> list[str]:
        """Those with this case's TMPDIR in their environment, which all children inherit."""
        mark = os.fsencode(f"TMPDIR={self.scratch}") + b"\0"
        return [name for pid, name in _running() if mark in _environment_of(pid)]


def ended(child: subprocess.Popen[bytes]) -> Done:
    """Waits for the end, and sees that nobody was shown a traceback or a bug."""
    out, err = (text.decode(errors="backslashreplace") for text in child.communicate(timeout=_PATIENCE_S))
    before_it_began = (
        child.returncode == -signal.SIGINT and "montage_recipe/cli/start.py" not in err
    )  # Python's own start
    if ("Traceback" in out + err and not before_it_began) or child.returncode == 70:
        raise Broken(f"a traceback or a bug (status {child.returncode}): {err[-1500:]}")
    return Done(status=child.returncode, stdout=out, stderr=err)


def told(done: Done, *codes: str) -> str:
    """The code of a clear error: status 1, a known code, a sentence and a cure."""
    faults = [event for event in done.events if event["event"] == "error"]
    if not faults:  # what cannot be written as JSON is told to people
        said = re.finditer(r"^error\[(?P<code>[\w-]+)\]: .+\n  help: (?P<hint>.+)", done.stderr, re.MULTILINE)
        faults = [match.groupdict() for match in said]
    if done.status != 1 or not faults:
        raise Broken(f"status {done.status} without a clear error: {done.stdout[-500:]}{done.stderr[-500:]}")
    for fault in faults:
        if not fault["hint"] or (codes and fault["code"] not in codes):
            raise Broken(f"not clear enough: {fault}")
    return str(faults[0]["code"])


def write_film(folder: Path, sources: Path) -> Path:
    clips: list[Entry] = [
        {"src": sources / f"{'abc'[n % 3]}.mp4", "in": round(0.2 * n, 1), "duration": 0.8} for n in range(6)
    ]
    for number in (1, 3, 4):
        clips[number]["transition"] = crossfade("0.2s")
    return write_recipe(
        folder,
        clips,
        fps=25,
        titles=[{"text": "A film", "start": 0.2, "duration": 1}],
        audio=[{"src": sources / "music.wav", "loop": True, "volume": "-12dB"}],
        loudness={"integrated": -20},
    )


def shoot(folder: Path) -> Path:
    """The footage."""
    folder.mkdir(parents=True)
    for name, rate in (("a", "25"), ("b", "30"), ("c", "24")):
        footage.pattern(folder / f"{name}.mp4", seconds=2, rate=rate)
    footage.tone(folder / "music.wav", seconds=1.5)
    return folder


def set_scene(root: Path, engine: Engine) -> Scene:
    """Makes the footage, and the film once without any fault."""
    sources = shoot(root / "footage")
    scene = Scene(engine=engine, footage=sources, film=b"", wall_s=0, events=0, store_bytes=0, store_files=0)
    place = scene.place(root / "undisturbed")
    place.build()  # files are read for the first time
    undisturbed = scene.place(root / "undisturbed again")
    begun = time.monotonic()
    done = undisturbed.build()
    wall_s = time.monotonic() - begun
    assert done.status == 0, done.stdout + done.stderr
    assert undisturbed.film.read_bytes() == place.film.read_bytes()
    files = [p for p in undisturbed.store.rglob("*") if p.is_file()]
    return Scene(
        engine=engine,
        footage=sources,
        film=undisturbed.film.read_bytes(),
        wall_s=wall_s,
        events=sum(event["event"] != "job-progress" for event in done.events) - 2,
        store_bytes=sum(p.stat().st_size for p in files),
        store_files=len(files),
    )


def wait_a_moment(scene: Scene, chance: random.Random, child: subprocess.Popen[bytes]) -> str:
    """Waits for a random moment of a build, in one of four cases before its first event; says which. The lines that are
    read here, `communicate` does not see again."""
    event = chance.choice((0, *[0] * (scene.events // 4), *range(1, scene.events)))
    moment_s = round(chance.uniform(0, 0.3 if event else 0.3 * scene.wall_s), 3)
    assert child.stdout is not None
    for _ in range(event):
        while (line := child.stdout.readline()) and b'"job-progress"' in line:
            pass
    deadline = time.monotonic() + moment_s
    while time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.005)
    return f"{moment_s} s after {f'event {event}' if event else 'the start'}"


def _running() -> Iterator[tuple[int, str]]:
    for process in psutil.process_iter(["pid", "name", "status"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE:
            yield process.info["pid"], f"{process.info['name']} ({process.info['pid']})"


def _environment_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes() + b"\0"
    except OSError:
        return b""  # it has just ended, or is none of ours
