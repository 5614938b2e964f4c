"""The product as people run it: its command line, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from montage_recipe.engine import Engine

PROGRAM = Path(sys.executable).with_name("montage-recipe")
_PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    status: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What `--json` printed; every line of it is one object."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        last = self.events[-1]
        assert last["event"] == "summary"
        return last

    @property
    def ran(self) -> Counter[str]:
        """How many jobs of each kind really ran."""
        return Counter(e["kind"] for e in self.events if e["event"] == "job-finished" and not e["reused"])

    @property
    def codes(self) -> list[str]:
        """Of all warnings and errors, in order."""
        return [e["code"] for e in self.events if e["event"] in ("warning", "error")]


def montage_recipe(engine: Engine, *arguments: str | Path, cwd: Path | None = None) -> Done:
    """Runs the program to its end, whatever that is; a traceback is never a good one."""
    done = subprocess.run(
        _argv(arguments),
        cwd=cwd,
        env=environment(engine),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return Done(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


def build(engine: Engine, recipe: Path, *flags: str | Path) -> Done:
    """A build that must succeed."""
    done = montage_recipe(engine, "build", recipe, "--json", *flags)
    assert done.status == 0, done.stdout + done.stderr
    assert done.summary["status"] == "ok"
    return done


@contextmanager
def building(
    engine: Engine, recipe: Path, *flags: str | Path, command: tuple[str, ...] = ("build",)
) -> Iterator[subprocess.Popen[str]]:
    """A build, or another `command`, under way, in a session of its own as a terminal gives it one; killed if it is still
    there at the end."""
    argv = _argv((*command, recipe, "--json", *flags))
    with subprocess.Popen(
        argv, env=environment(engine), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def next_event(
    child: subprocess.Popen[str], name: str, having: Mapping[str, str | bool] | None = None, *, count: int = 1
) -> dict[str, Any]:
    """Waits for the `count`th event of this name that has these values."""
    assert child.stdout is not None
    event: dict[str, Any] = {}
    for line in child.stdout:
        event = json.loads(line)
        if event["event"] == name and (having or {}).items() <= event.items():
            count -= 1
            if not count:
                return event
    raise AssertionError(f"the build ended without it; its last event was {event}")


def environment(engine: Engine) -> dict[str, str]:
    """This one's, without the settings of whoever runs the tests; CI would make recipes somebody else's."""
    foreign = {"MONTAGE_GPU_HOSTS"}  # set by the tests themselves
    kept = {n: text for n, text in os.environ.items() if n in foreign or not n.startswith(("MONTAGE_", "MEMORY_LIMIT"))}
    kept.pop("CI", None)
    return kept | {"MONTAGE_FFMPEG": engine.path, "XDG_CONFIG_HOME": str(Path(__file__).parent)}


def _argv(arguments: tuple[str | Path, ...]) -> list[str]:
    return [str(PROGRAM), *(str(argument) for argument in arguments)]
