"""Faults at random moments of a build: it is killed, interrupted, run twice, its footage changes, its ffmpeg hangs."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from tests.hardening.scene import OLD, SOURCES, Broken, Place, Scene, ended, told, wait_a_moment, write_film


def kill(scene: Scene, root: Path, chance: random.Random) -> str:
    """SIGKILL to the whole Python process, and again to those that go on after it."""
    place, said, killed = _with_or_without_an_old_film(scene, root, chance), list[str](), 0
    for _ in range(chance.choice((2, 3))):
        with place.building() as child:
            said.append(wait_a_moment(scene, chance, child))
            killed += child.poll() is None
            child.kill()
            child.communicate()
        place.nobody_is_left()
        place.film_is_absent_old_or_whole()
    jobs = place.next_build_is_right().summary["jobs"]
    return f"killed {killed} times|{', '.join(said)}; the last one reused {jobs['reused']} jobs"


def kill_at_a_rename(scene: Scene, root: Path, chance: random.Random) -> str:
    """SIGKILL in place of the K-th rename of a thread, which is when something becomes valid."""
    place, which = _with_or_without_an_old_film(scene, root, chance), chance.randint(1, 4)
    calls = "rename,renameat,renameat2"
    inject = f"inject={calls}:signal=SIGKILL:when={which}"
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject)
    with place.building(before=strace) as child:
        child.communicate()
    place.nobody_is_left()
    place.film_is_absent_old_or_whole()
    place.next_build_is_right()
    return f"{'killed' if child.returncode else 'had ended'}|before rename {which}"


def interrupt(number: signal.Signals) -> Callable[[Scene, Path, random.Random], str]:
    def attempt(scene: Scene, root: Path, chance: random.Random) -> str:
        place, to_group = _with_or_without_an_old_film(scene, root, chance), chance.random() < 0.5
        with place.building() as child:
            moment = wait_a_moment(scene, chance, child)
            if child.poll() is None:
                (os.killpg if to_group else os.kill)(child.pid, number)
            done = ended(child)
        what = f"{moment}, to {'the group' if to_group else 'the process'}"
        if done.status not in (0, 130, -number):
            raise Broken(f"{what}: status {done.status}: {done.stdout[-300:]}{done.stderr[-300:]}")
        place.nobody_is_left()
        place.nothing_is_left()
        place.film_is_absent_old_or_whole()
        place.next_build_is_right()
        names = {0: "had ended", 130: "status 130"}
        return f"{names.get(done.status, 'before the program was there')}|{what}"

    return attempt


def pair(scene: Scene, root: Path, chance: random.Random) -> str:
    """Two builds of one recipe with one store, to one place or to two."""
    place, apart = scene.place(root), chance.random() < 0.5
    flags = ("-o", root / "other.mp4") if apart else ()
    with place.building() as one:
        later_s = round(chance.uniform(0, scene.wall_s / 2), 3)
        time.sleep(later_s)
        with place.building(*flags) as other:
            for child in (one, other):
                done = ended(child)
                if done.status != 0:
                    raise Broken(f"one of two: {done.stdout[-500:]}{done.stderr[-500:]}")
    if apart and (root / "other.mp4").read_bytes() != scene.film:
        raise Broken("the other build made another film")
    place.nothing_is_left()
    place.next_build_is_right()
    return f"both good|the other {later_s} s later, to {'another' if apart else 'the same'} place"


def change_of_a_source(scene: Scene, root: Path, chance: random.Random) -> str:
    """A file of footage vanishes, is replaced, is cut short or grows."""
    sources = root / "footage"
    shutil.copytree(scene.footage, sources)
    place = scene.place(root)
    write_film(place.recipe.parent, sources)
    time.sleep(2.1)  # a file so young is read again each time
    file = sources / chance.choice(SOURCES)
    change = chance.choice((_vanish, _replace, _cut, _grow))
    original = file.read_bytes()
    with place.building() as child:
        moment = wait_a_moment(scene, chance, child)
        change(file)
        done = ended(child)
    what = f"{change.__name__[1:]} {file.name} {moment}"
    outcome = "the change came too late"
    if done.status != 0:
        outcome = told(done)
        if not any(file.name in event["message"] for event in done.events if event["event"] == "error"):
            raise Broken(f"{what}: not told by name: {done.events[-2]}")
        if place.film.exists():
            raise Broken(f"{what}: a film was kept")
    elif place.film.read_bytes() != scene.film and place.film.read_bytes() != _film_of_now(place, root):
        raise Broken(f"{what}: a wrong film was kept")
    place.nothing_is_left()
    if change is _replace:
        place.next_build_is_right(film=_film_of_now(place, root))
    file.write_bytes(original)
    place.next_build_is_right()
    return f"{outcome}|{what}"


def _film_of_now(place: Place, root: Path) -> bytes:
    """As a build in another store makes it from the sources as they are."""
    fresh = root / "fresh"
    if not fresh.exists():
        other = place.scene.place(fresh)
        write_film(other.recipe.parent, root / "footage")
        done = other.build()
        if done.status != 0:
            raise Broken(f"a film was made of what is refused now: {done.stdout[-500:]}")
    return (fresh / "film" / "montage.mp4").read_bytes()


def _vanish(file: Path) -> None:
    file.unlink()


def _replace(file: Path) -> None:
    """By another file of the same kind, in one step."""
    other = next(file.parent / name for name in ("b.mp4", "a.mp4") if name != file.name)
    shutil.copyfile(other, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _grow(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"\0" * 5000)


# argv: recipe, ffmpeg; the same calls as the program's, but with less patience
_IMPATIENT = """
import sys, threading
from pathlib import Path
from montage_recipe.cli.show import show
from montage_recipe.diagnostics import MontageError
from montage_recipe.compiler import compile_recipe
from montage_recipe.render.engine import find_engine
from montage_recipe.render.events import Faulted
from montage_recipe.render.execute import execute
from montage_recipe.render.hardware import limits_for
from montage_recipe.render.process import Patience
from montage_recipe.render.progress import JsonLines
from montage_recipe.render.store import Store, store_root
from montage_recipe.settings import Settings

recipe, ffmpeg = Path(sys.argv[1]), sys.argv[2]
tell = JsonLines(sys.stdout)
try:
    engine = find_engine(ffmpeg)
    (compiled,) = compile_recipe(recipe, engine=engine)
    with Store.open(store_root(Settings(), recipe)) as store:
        execute(compiled.plan, store=store, engine=engine, limits=limits_for(Settings()), on_event=tell,
                stop=threading.Event(), sources=compiled.stamps, patience=Patience(stall_s=1.5))
except MontageError as error:
    for fault in error.diagnostics:
        tell(Faulted(diagnostic=fault))
    sys.exit(1)
"""


def hang(scene: Scene, root: Path, chance: random.Random) -> str:
    """SIGSTOP to an ffmpeg, now and then to one that is only asked what it can do; the command line has no setting for the
    two minutes of patience, so its calls are made here."""
    place = scene.place(root)
    argv = (sys.executable, "-c", _IMPATIENT, str(place.recipe), scene.engine.path)
    variables = os.environ | {"TMPDIR": str(place.scratch)}
    with subprocess.Popen(argv, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        stopped, after = _stop_an_ffmpeg(child, chance.randint(3, 14))
        done = ended(child)
    outcome = told(done, "ffmpeg-stalled", "engine-unusable") if stopped else "had ended"
    place.nobody_is_left()
    place.nothing_is_left()
    place.next_build_is_right()
    return f"{outcome}|the {after}. ffmpeg that was seen"


def _stop_an_ffmpeg(child: subprocess.Popen[bytes], count: int) -> tuple[bool, int]:
    """Stops the `count`th one that is seen, or the last of fewer; whether it was still there. A child that has not yet
    become ffmpeg is left alone: until it has, its parent waits for it in the kernel and answers nobody."""
    seen, python = list[int](), Path(sys.executable).resolve()
    while child.poll() is None:
        for process in psutil.Process(child.pid).children() if child.poll() is None else ():
            with suppress(psutil.NoSuchProcess):
                if process.pid in seen or not (program := process.exe()) or Path(program) == python:
                    continue
                seen.append(process.pid)
                if len(seen) >= count:
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(0.3)
                    return process.is_running() and process.status() == psutil.STATUS_STOPPED, len(seen)
        time.sleep(0.005)
    return False, len(seen)


_FLOOD = """#!/bin/sh
case "$*" in *progress*) yes '[error] nonsense' >&2 ;; *) exec "{ffmpeg}" "$@" ;; esac
"""


def flood(scene: Scene, root: Path, chance: random.Random) -> str:
    """An ffmpeg that writes messages for ever and does nothing else."""
    place, program = scene.place(root), root / "ffmpeg"
    program.write_text(_FLOOD.format(ffmpeg=scene.engine.path))
    program.chmod(0o755)
    outcome = told(place.build(variables={"MONTAGE_FFMPEG": str(program)}), "ffmpeg-flooded")
    place.nobody_is_left()
    place.nothing_is_left()
    place.next_build_is_right()
    return outcome


def _with_or_without_an_old_film(scene: Scene, root: Path, chance: random.Random) -> Place:
    place = scene.place(root)
    if chance.random() < 0.5:
        place.film.write_bytes(OLD)
    return place
