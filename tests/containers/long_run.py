"""Uses the images as docker-compose.yml says, without Docker: python -m tests.containers.long_run IMAGES WORK

IMAGES is where `run_steps` put the targets montage-recipe and gpu-host; WORK is a new folder for what comes out. Each
container has a read-only root, the mounts and the environment of its service, a tmpfs at /tmp, a user without privileges,
and its program as process 1. The first thing that is not as it should be ends the run. Needs root, and port 2222.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from tests.containers.compose import read_services
from tests.containers.dockerfile import health_check
from tests.containers.rooms import Room, entering
from tests.containers.run_steps import CERTIFICATES, CHECKOUT, PATH, Image

_START_S = 20.0
_STOP_S = 10.0  # after which Docker kills
_SMALL = """recipe: 1
canvas: {size: 320x180, fps: 25}
media: {small: small.mp4}
clips: [{src: small, upscale: {factor: 2, model: realesr-animevideov3}}]
gpu: {hosts: [gpu-host], on_failure: fail}
outputs: [{file: dist/large.mp4, profile: h264-draft}]
"""

_WHO = """import os
status = open("/proc/self/status").read()
print(os.getpid(), os.getuid(), os.statvfs("/").f_flag & os.ST_RDONLY, status.split("CapBnd:")[1].split()[0])
"""
_AS_IT_SHOULD = ["1", "1000", "1", "0" * 16]


class NotAsItShouldBeError(Exception):
    """What was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    images: Path
    work: Path
    certificates: Path | None

    def argv(self, service: str, command: Sequence[str] | None = None, *, entrypoint: Sequence[str] = ()) -> list[str]:
        """Runs what the service runs, or `command` in its place."""
        told = read_services()[service]
        image = Image.load(self.images / told["build"]["target"])
        first = entrypoint or image.command("ENTRYPOINT")
        rest = command if command is not None else told.get("command", ())
        return entering(
            self._room(image, told["volumes"]),
            (*first, *rest),
            user=image.user,
            folder=image.folder,
            environment={"HOME": "/home/worker", "PATH": PATH, **image.environment, **told.get("environment", {})},
        )

    def _room(self, image: Image, volumes: Sequence[str]) -> Room:
        """The volumes of a service stand for folders below `work`: `.` for project, and others by their last name."""
        mounts: dict[str, Path] = {}
        read_only = {"/etc/resolv.conf": Path("/etc/resolv.conf"), "/etc/hosts": self.work / "hosts"}
        for volume in volumes:
            source, place, *options = volume.split(":")
            (read_only if "ro" in options else mounts)[place] = self.work / (Path(source).name or "project")
        if self.certificates:
            read_only[CERTIFICATES] = self.certificates
        return Room(tree=image.tree, mounts=mounts, read_only=read_only)

    def prepare(self) -> None:
        """The project, with the examples; empty volumes; keys, as the README says."""
        self.work.mkdir(parents=True)
        shutil.copytree(
            CHECKOUT / "recipes", self.work / "project/recipes", ignore=shutil.ignore_patterns("dist", ".montage")
        )
        (self.work / "project/small.yaml").write_text(_SMALL, encoding="utf-8")
        (self.work / "hosts").write_text("127.0.0.1 localhost gpu-host\n", encoding="utf-8")
        for name in ("store", "worker"):
            (self.work / name).mkdir()
        subprocess.run(("sh", CHECKOUT / "containers/make_keys.sh", self.work), check=True)
        for file in (self.work, *self.work.rglob("*")):
            os.chown(
                file, 1000, 1000
            )  # a volume begins as the image's folder is; the project and the keys are the user's
        for service in read_services():
            self.argv(service)  # makes what mounts stand on, so that it is no change of the image later


def expect(what: str, is_so: bool, seen: object = "") -> None:
    if not is_so:
        raise NotAsItShouldBeError(f"not so: {what}\n{seen}")
    print(f"          so it is: {what}", flush=True)


def call(told: str, argv: Sequence[str]) -> str:
    """What it printed, which is shown too. Raises NotAsItShouldBeError where its status is not 0."""
    begun = time.monotonic()
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(f"{time.monotonic() - begun:7.1f} s {told}: status {done.returncode}\n{done.stdout}", flush=True)
    expect(f"{told} ends with status 0", done.returncode == 0)
    return done.stdout


def written(tree: Path) -> dict[str, tuple[int, int]]:
    return {
        str(file.relative_to(tree)): (file.lstat().st_mtime_ns, file.lstat().st_size)
        for file in tree.rglob("*")
        if not file.is_dir()
    }


def build_and_look(containers: Containers) -> None:
    tree = containers.images / "montage-recipe"
    before = written(tree)
    told = call(
        "who runs there", containers.argv("build", (_WHO,), entrypoint=("/opt/montage-recipe/bin/python", "-c"))
    )
    expect(
        "process 1 is user 1000, on a read-only root, and can get no capability", told.split() == _AS_IT_SHOULD, told
    )
    call("build", containers.argv("build"))
    call("check", containers.argv("check"))
    movie = containers.work / "project/recipes/dist/quickstart.mp4"
    expect("the video is there, and the user's", movie.stat().st_size > 100_000 and movie.stat().st_uid == 1000)
    again = call("build again", containers.argv("build", ("build", "recipes/quickstart.yaml", "--json")))
    jobs = json.loads(again.splitlines()[-1])["jobs"]
    expect("the volume of the store keeps what was made", jobs["run"] == 0 and jobs["reused"] > 0, jobs)
    call(
        "a frame",
        containers.argv(
            "build", _picture("recipes/dist/quickstart.mp4", 6.0, "quickstart.png"), entrypoint=_ffmpeg(tree)
        ),
    )
    stop_while_building(containers)
    image = Image.load(tree)
    call("the health check", containers.argv("build", (), entrypoint=health_check(image.told["HEALTHCHECK"])))
    expect("nothing in the image was written", written(tree) == before)


def _ffmpeg(tree: Path) -> tuple[str]:
    (program,) = tree.glob("opt/montage-recipe/lib/python3*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*")
    return (f"/{program.relative_to(tree)}",)


def _picture(movie: str, at_s: float, picture: str) -> tuple[str, ...]:
    return (
        "-loglevel",
        "error",
        "-nostdin",
        "-y",
        "-ss",
        str(at_s),
        "-i",
        movie,
        "-frames:v",
        "1",
        "-update",
        "1",
        picture,
    )


def stop_while_building(containers: Containers) -> None:
    """Sends what `docker stop` sends, to process 1, without an init before it."""
    recipe = ("build", "recipes/speed.yaml", "--no-cache")
    with subprocess.Popen(containers.argv("build", recipe), stdin=subprocess.DEVNULL) as process:
        time.sleep(4.0)
        (first,) = psutil.Process(process.pid).children()
        begun = time.monotonic()
        first.send_signal(signal.SIGTERM)
        status = process.wait(_STOP_S)
    print(f"{time.monotonic() - begun:7.1f} s from SIGTERM to the end, status {status}")
    expect("SIGTERM stops a build", status in (130, 143), status)
    expect("a stopped build leaves no video", not (containers.work / "project/recipes/dist/speed.mp4").exists())
    left = [file for file in (containers.work / "store/runs").iterdir() if file.name != ".lock"]
    expect("a stopped build leaves no temporary file", not left, left)


@contextmanager
def serving(containers: Containers, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The gpu-host, until it is not needed any more; then it is stopped as Docker stops it."""
    options = ("-o", f"SetEnv=PIP_CERT={CERTIFICATES}") if containers.certificates else ()
    argv = containers.argv("gpu-host", options)
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            for first in psutil.Process(process.pid).children():
                first.terminate()  # and with process 1 ends all that is in there
            process.wait(_STOP_S)


def upscale(containers: Containers) -> None:
    tree = containers.images / "gpu-host"
    before = written(tree)
    source = (
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=160x90:r=25:d=1",
        "-pix_fmt",
        "yuv420p",
        "small.mp4",
    )
    call("a small clip", containers.argv("build", source, entrypoint=_ffmpeg(containers.images / "montage-recipe")))
    with (containers.work / "sshd.log").open("wb") as log, serving(containers, log) as server:
        probe = containers.argv("gpu-host", (), entrypoint=health_check(Image.load(tree).told["HEALTHCHECK"]))
        end = time.monotonic() + _START_S
        while subprocess.run(probe, check=False).returncode and time.monotonic() < end:
            time.sleep(0.2)
        call("its health check", probe)
        expect("the server that answers is this one", server.poll() is None, (containers.work / "sshd.log").read_text())
        call("gpu check", containers.argv("build", ("gpu", "check", "gpu-host")))
        call("a build with upscaling", containers.argv("build", ("build", "small.yaml")))
        call("gpu clean", containers.argv("build", ("gpu", "clean", "gpu-host")))
    call(
        "a frame",
        containers.argv(
            "build",
            _picture("dist/large.mp4", 0.5, "large.png"),
            entrypoint=_ffmpeg(containers.images / "montage-recipe"),
        ),
    )
    expect("nothing in the image was written", written(tree) == before)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--certificates", type=Path)
    given = parser.parse_args(arguments)
    containers = Containers(images=given.images.resolve(), work=given.work.resolve(), certificates=given.certificates)
    containers.prepare()
    try:
        upscale(containers)
        build_and_look(containers)
    except NotAsItShouldBeError as error:
        print(error, file=sys.stderr)
        return 1
    print("all is as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
