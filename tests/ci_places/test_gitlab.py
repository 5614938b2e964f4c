"""The example for GitLab: its jobs as plain shell, and its note on a server that answers as GitLab does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import yaml

from tests.ci_places.runner import REPOSITORY
from tests.ci_places.scene import NAME, RECIPE, Scene, scene
from tests.diff.repositories import commit, git

EXAMPLE: dict[str, Any] = yaml.safe_load((REPOSITORY / "examples" / "gitlab-ci.yml").read_text(encoding="utf-8"))
GOOD = RECIPE.replace("text: Good evening", "text: Good night")
KEYWORDS = {"stages", "variables", "workflow", "default"}


def test_every_job_is_of_a_stage_and_every_need_is_a_job() -> None:
    jobs = {name: job for name, job in EXAMPLE.items() if name not in KEYWORDS}
    assert set(jobs) == {"validate", "build", "check", "note"}
    assert [job["stage"] for job in jobs.values()] == ["validate", "build", "check", "check"]
    assert all(need in jobs for job in jobs.values() for need in job.get("needs", ()))
    assert EXAMPLE["variables"]["RECIPE"] == NAME
    assert jobs["check"]["artifacts"]["reports"]["junit"] in " ".join(jobs["check"]["script"])


def test_a_good_change_is_built_and_told_in_one_note(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    git(made.workspace, "fetch", "-q", "--unshallow", "origin", "main")
    with notes_of_a_server() as (address, notes):
        for job in ("validate", "build", "check"):
            done = run(made, job, address)
            assert done.returncode == 0, done.stdout
        for kept in EXAMPLE["build"]["artifacts"]["paths"]:
            assert (made.workspace / kept).is_dir()
        assert (made.workspace / "films" / "dist" / "film.mp4").stat().st_size
        assert ElementTree.parse(made.workspace / "report" / "check.xml").findall(".//testcase")
        assert (made.workspace / "report" / "sheet.png").stat().st_size and list(made.workspace.glob("report/stills/*"))
        notes[1] = {"author": {"id": 5}, "body": "<!-- montage-recipe --> of somebody else"}
        for _ in range(2):
            done = run(made, "note", address)
            assert done.returncode == 0, done.stdout
    assert notes[1]["body"].endswith("somebody else") and len(notes) == 2
    assert notes[2]["body"] == (made.workspace / "report" / "note.md").read_text(encoding="utf-8")
    assert "title 1 `Good night` with another text" in notes[2]["body"]


def test_a_fault_fails_its_job(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD.replace("src: lamps, out", "src: lamps, outt"))
    done = run(made, "validate", "")
    assert done.returncode == 1 and f"{NAME}:10:" in done.stdout


def test_a_store_that_comes_with_the_change_is_refused(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    (made.workspace / ".montage-store").mkdir()
    (made.workspace / ".montage-store" / "index").touch()
    commit(made.workspace, "a store")
    assert run(made, "build", "").returncode == 1
    assert not (made.workspace / "films" / "dist").exists()


def run(made: Scene, job: str, api: str) -> subprocess.CompletedProcess[str]:
    """A job's lines in one shell, as GitLab's runner has it. `pip` is GitLab's image's; here the program is installed."""
    pip = made.folder / "programs" / "pip"
    if not pip.exists():
        pip.parent.mkdir()
        pip.write_text(f'#!/bin/sh\ntest "$*" = "install --quiet {EXAMPLE["variables"]["MONTAGE_RECIPE"]}"\n')
        pip.chmod(0o755)
    given = {
        "PATH": os.pathsep.join([str(pip.parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(made.temp),
        "LANG": "C.UTF-8",
        "CI": "true",
        "CI_PROJECT_DIR": str(made.workspace),
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": made.base,
        "CI_JOB_URL": "https://example.org/job",
        "CI_API_V4_URL": api,
        "MONTAGE_NOTE_TOKEN": "a-token",
    }
    variables = {
        name: value.replace("$CI_PROJECT_DIR", str(made.workspace)) for name, value in EXAMPLE["variables"].items()
    }
    lines = [*EXAMPLE[job].get("before_script", EXAMPLE["default"]["before_script"]), *EXAMPLE[job]["script"]]
    return subprocess.run(
        ("bash", "-eo", "pipefail", "-c", "\n".join(lines)),
        cwd=made.workspace,
        env=variables | given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def notes_of_a_server() -> Iterator[tuple[str, dict[int, dict[str, Any]]]]:
    """Its address, and the notes of merge request 12 of project 3 by their numbers. Who asks with the token is user 4."""
    notes: dict[int, dict[str, Any]] = {}
    place = "/api/v4/projects/3/merge_requests/12/notes"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/api/v4/user":
                self.answer({"id": 4})
            elif self.path == f"{place}?per_page=100":
                self.answer([{"id": number, **note} for number, note in notes.items()])
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            assert self.path == place
            self.write(max(notes, default=0) + 1)

        def do_PUT(self) -> None:
            self.write(int(self.path.removeprefix(f"{place}/")))

        def write(self, number: int) -> None:
            length = int(self.headers["Content-Length"])
            (body,) = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)["body"]
            notes[number] = {"author": {"id": 4}, "body": body}
            self.answer({"id": number})

        def answer(self, data: object) -> None:
            if self.headers["PRIVATE-TOKEN"] != "a-token":
                self.send_error(401)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v4", notes
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
