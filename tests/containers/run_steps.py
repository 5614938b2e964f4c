"""Does the steps of the Dockerfile without Docker: python -m tests.containers.run_steps --base NAME=TREE --into FOLDER TARGET…

TREE stands for each image that begins with NAME, as in debian:trixie: a root file system of that release, as debootstrap or
mmdebstrap make it. Each stage that a TARGET needs becomes FOLDER/STAGE. The steps are read from the Dockerfile and done in
order; what is not understood is refused. Needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from tests.containers.context import sent
from tests.containers.dockerfile import DOCKERFILE, DockerfileError, Stage, Step, filled, pairs, read_stages, words
from tests.containers.rooms import Room, run

CHECKOUT = DOCKERFILE.parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES = "/run/certificates.crt"
_COPY_OPTIONS = ("from", "chmod")


@dataclass(slots=True, kw_only=True)
class Image:
    """A stage as far as it is done."""

    tree: Path
    environment: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    folder: str = "/"
    told: dict[str, str] = field(default_factory=dict)  # what ENTRYPOINT, HEALTHCHECK and so on say

    @classmethod
    def load(cls, tree: Path) -> Image:
        """One that was saved."""
        return cls(tree=tree, **json.loads(_record(tree).read_text(encoding="utf-8")))

    def save(self) -> None:
        """Writes all but the tree beside the tree."""
        told = {name: value for name, value in asdict(self).items() if name != "tree"}
        _record(self.tree).write_text(json.dumps(told, indent=2), encoding="utf-8")

    @property
    def variables(self) -> dict[str, str]:
        return {**self.arguments, **self.environment}

    def command(self, word: str) -> tuple[str, ...]:
        return words(self.told[word])

    def inside(self, place: str) -> Path:
        """Where a path of the image, relative to its folder, is outside. No link is followed out of the tree."""
        found = self.tree / str(PurePosixPath(self.folder, place)).lstrip("/")
        if not found.resolve().is_relative_to(self.tree.resolve()):
            raise DockerfileError(f"{place} leads out of the image")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    bases: Mapping[str, Path]  # how an image's name begins -> what stands for it
    into: Path
    arguments: Mapping[str, str] = field(default_factory=dict)  # as of --build-arg
    certificates: Path | None = None  # that pip is to trust, where the way to the registry is not the usual one

    def build(self, stages: Sequence[Stage], target: str, done: dict[str, Image]) -> Image:
        """The image of `target`; `done` gets it, and every stage that it needs. Raises DockerfileError."""
        if target in done:
            return done[target]
        stage = {stage.name: stage for stage in stages}.get(target)
        if stage is None:
            raise DockerfileError(f"there is no stage {target}")
        for needed in _needs(stage, stages):
            self.build(stages, needed, done)
        image = self._begun(stage, done.get(stage.base))
        for step in stage.steps:
            begun = time.monotonic()
            self._do(step, image, done)
            print(f"{time.monotonic() - begun:7.1f} s  {target}, line {step.line}: {step.word} {step.rest[:70]}")
        print(f"{size_bytes(image.tree) / 1e6:7.1f} MB {target}", flush=True)
        image.save()
        done[target] = image
        return image

    def _begun(self, stage: Stage, base: Image | None) -> Image:
        tree = self.into / stage.name
        standing = [base.tree] if base else [tree for name, tree in self.bases.items() if stage.base.startswith(name)]
        if not standing:
            raise DockerfileError(f"nothing stands for {stage.base}")
        _call("cp", "--archive", standing[0], tree)
        if base is None:
            return Image(tree=tree, environment={"PATH": PATH})
        return Image(tree=tree, environment={**base.environment}, user=base.user, folder=base.folder)

    def _do(self, step: Step, image: Image, done: Mapping[str, Image]) -> None:
        match step.word:
            case "ARG":
                image.arguments |= pairs(step.rest, image.variables)
                image.arguments |= {name: self.arguments[name] for name in _name(step.rest) & self.arguments.keys()}
            case "ENV":
                image.environment |= pairs(step.rest, image.variables)
            case "USER":
                image.user = filled(step.rest, image.variables)
            case "WORKDIR":
                image.folder = str(PurePosixPath(image.folder, filled(step.rest, image.variables)))
                image.inside(".").mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(step, image, done)
            case "RUN":
                self._run(step, image)
            case _:
                image.told[step.word] = step.rest

    def _run(self, step: Step, image: Image) -> None:
        given = {"HOME": "/root", **image.variables}
        mounts = {"/etc/resolv.conf": Path("/etc/resolv.conf")}
        if self.certificates:
            mounts[CERTIFICATES] = self.certificates
            given |= {"PIP_CERT": CERTIFICATES, "SSL_CERT_FILE": CERTIFICATES}
        room = Room(tree=image.tree, writable=True, read_only=mounts)
        status = run(room, ("/bin/sh", "-c", step.rest), user=image.user, folder=image.folder, environment=given)
        if status:
            raise DockerfileError(f"line {step.line}: RUN ended with status {status}")

    def _copy(self, step: Step, image: Image, done: Mapping[str, Image]) -> None:
        options, (*sources, target) = _split(step, image.variables)
        origin = done[options["from"]].tree if "from" in options else self._context()
        to = image.inside(target)
        for source in (origin / source.lstrip("/") for source in sources):
            if source.is_dir():
                to.mkdir(parents=True, exist_ok=True)
                _call("cp", "--archive", f"{source}/.", to)
            else:
                folder = to if target.endswith(("/", ".")) else to.parent
                folder.mkdir(parents=True, exist_ok=True)
                _call("cp", "--archive", source, to)
        if "chmod" in options:
            _call("chmod", "--recursive", options["chmod"], to)

    def _context(self) -> Path:
        """A copy of what .dockerignore leaves of the checkout, all of it root's."""
        folder = self.into / "context"
        if not folder.exists():
            folder.mkdir()
            files = sent(CHECKOUT, (CHECKOUT / ".dockerignore").read_text(encoding="utf-8"))
            _call("cp", "--parents", "--no-dereference", "--preserve=mode,timestamps", *files, folder, folder=CHECKOUT)
        return folder


def _record(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.json")


def _needs(stage: Stage, stages: Sequence[Stage]) -> tuple[str, ...]:
    copied = (_split(step, None)[0].get("from", "") for step in stage.steps if step.word == "COPY")
    names = {other.name for other in stages}
    return tuple(name for name in (stage.base, *copied) if name in names)


def _name(rest: str) -> set[str]:
    return {rest.partition("=")[0]}


def _split(step: Step, variables: Mapping[str, str] | None) -> tuple[dict[str, str], list[str]]:
    """The options and the places of a COPY; the places as written where there are no variables."""
    given = step.rest.split()
    options = dict(word.removeprefix("--").partition("=")[::2] for word in given if word.startswith("--"))
    places = [word for word in given if not word.startswith("--")]
    if unknown := options.keys() - {*_COPY_OPTIONS}:
        raise DockerfileError(f"line {step.line}: COPY --{', --'.join(sorted(unknown))} is not done here")
    if len(places) < 2 or any(set(place) & set('*?["') or ".." in place for place in places):
        raise DockerfileError(f"line {step.line}: COPY {step.rest} is not done here")
    return options, places if variables is None else [filled(place, variables) for place in places]


def _call(*command: str | Path, folder: Path | None = None) -> None:
    subprocess.run(tuple(map(str, command)), check=True, stdin=subprocess.DEVNULL, cwd=folder)


def size_bytes(tree: Path) -> int:
    """What the files in it hold, each file once."""
    told = subprocess.run(("du", "--summarize", "--apparent-size", "--bytes", tree), capture_output=True, check=True)
    return int(told.stdout.split()[0])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--base", action="append", required=True, metavar="NAME=TREE")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--certificates", type=Path)
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("targets", nargs="+")
    given = parser.parse_args(arguments)
    if os.geteuid():
        parser.error("only root may change the root folder of a process")
    given.into.mkdir(parents=True)
    builder = Builder(
        bases={name: Path(tree).resolve() for name, _, tree in (base.partition("=") for base in given.base)},
        into=given.into.resolve(),
        arguments=dict(word.partition("=")[::2] for word in given.build_arg),
        certificates=given.certificates,
    )
    stages, done = read_stages(DOCKERFILE.read_text(encoding="utf-8")), dict[str, Image]()
    try:
        for target in given.targets:
            builder.build(stages, target, done)
    except DockerfileError as error:
        print(f"{DOCKERFILE.name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
