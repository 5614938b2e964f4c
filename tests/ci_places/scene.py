"""A real repository with a film in it, on a server that is a folder, and a change of it as its pull request."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ci_places.runner import ActionRun, Job
from tests.diff.repositories import commit, git

RECIPE = """\
recipe: 1
title: An evening
canvas: {size: 160x90, fps: 10}
media:
  hills: {generate: hills, duration: 2s}
  lamps: {generate: bokeh, duration: 2s}
  tune: {generate: tune, duration: 3s}
clips:
  - {id: open, src: hills, out: 1s}
  - {id: town, src: lamps, out: 1s}
titles:
  - {text: Good evening, start: 0.2s, duration: 0.6s, size: 20%}
audio:
  - {src: tune, volume: -6dB}
outputs:
  - {file: dist/film.mp4, preset: ultrafast}
"""
NAME = "films/evening.yaml"
ARTIFACTS = {
    "video": {"artifact-url": "https://example.org/video"},
    "report": {"artifact-url": "https://example.org/report"},
}


@dataclass(frozen=True, slots=True)
class Scene:
    folder: Path

    @property
    def server(self) -> Path:
        return self.folder / "server"

    @property
    def origin(self) -> Path:
        return self.server / "owner" / "film.git"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def gh(self) -> Path:
        return self.temp / "gh"

    @property
    def base(self) -> str:
        return git(self.origin, "rev-parse", "main").strip()

    def calls(self) -> list[dict[str, Any]]:
        file = self.gh / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def comment(self) -> str:
        return (self.gh / "comment.md").read_text(encoding="utf-8")

    def run(
        self,
        inputs: Mapping[str, str] | None = None,
        *,
        head: str = "owner/film",
        pull_request: bool = True,
        install: bool = False,
        only: Collection[str] = (),
    ) -> ActionRun:
        """The Action on the workspace, or `only` some steps of it; without `install`, with the program that is here."""
        pull = {"number": 12, "base": {"sha": self.base}, "head": {"repo": {"full_name": head}}}
        programs = Path(__file__).parent / "bin"
        here = [] if install else [str(Path(sys.executable).parent)]
        job = Job(
            workspace=self.workspace,
            temp=self.temp,
            path=os.pathsep.join([str(programs), *here, os.environ["PATH"]]),
            event={"pull_request": pull} if pull_request else {},
            server=self.server.as_uri(),
            given=ARTIFACTS,
        )
        given = {"recipe": NAME, "python-version": "", "check": "false", **(inputs or {})}
        return job.run(given, only=only, leave_out=() if install else ("Install montage-recipe",))


def scene(folder: Path, change: str, *, base: str | None = RECIPE, name: str = NAME) -> Scene:
    """`change` is the recipe as the pull request has it, checked out alone as actions/checkout does; `base` that of main."""
    made = Scene(folder)
    made.gh.mkdir(parents=True)
    made.origin.mkdir(parents=True)
    git(made.origin, "init", "-q", "--bare")
    author = folder / "author"
    git(folder, "init", "-q", str(author))
    git(author, "remote", "add", "origin", made.origin.as_uri())
    (author / "README").write_text("films\n")
    if base is not None:
        _write(author / name, base)
    commit(author, "the film")
    git(author, "push", "-q", "origin", "HEAD:main")
    _write(author / name, change)
    commit(author, "a change")
    git(author, "push", "-q", "origin", "HEAD:change")
    check_out(made)
    return made


def check_out(made: Scene) -> None:
    shutil.rmtree(made.workspace, ignore_errors=True)
    git(made.folder, "clone", "-q", "--depth=1", "--branch=change", made.origin.as_uri(), str(made.workspace))


def push(made: Scene, change: str, name: str = NAME) -> None:
    """Another commit on the pull request's branch, which is checked out anew."""
    author = made.folder / "author"
    _write(author / name, change)
    commit(author, "another change")
    git(author, "push", "-q", "origin", "HEAD:change")
    check_out(made)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
