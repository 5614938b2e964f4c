"""The log of one run: what happened, a JSON object a line, and beside it what ffmpeg said in each job.

`logs/` of the store holds a folder for each of the last runs, with `run.jsonl` and files such as `video-0123456789ab.log` in
it. What looks like a secret is never written. Once a run has written as much as all may have together, only the end of what its
further jobs say is kept.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from montage_recipe.diagnostics import Diagnostic, Severity
from montage_recipe.disk import disk_fault, disk_faults
from montage_recipe.render.events import Event, JobLogged, JobProgress, Listener, Warned
from montage_recipe.render.masking import masked, secrets_of
from montage_recipe.settings import Settings

_END_CHARACTERS = 2_000  # where an ffmpeg that fails says why


class RunLog:
    """Open it for one run; safe for threads. At the beginning and at the end, older runs' logs are removed: all but the newest
    `runs`, and more of them where all together are larger than `size_bytes`."""

    def __init__(
        self,
        folder: Path,
        *,
        runs: int,
        size_bytes: int,
        now: Callable[[], datetime],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.fault: Diagnostic | None = None  # why nothing more is written; the build goes on
        self._now, self._secrets, self._lock = now, secrets_of(environment), threading.Lock()
        self._runs, self._size_bytes, self._written_bytes = runs, size_bytes, 0
        with disk_faults("keep the log of this run"):
            folder.mkdir(parents=True, exist_ok=True)
            self.folder = folder / f"{now():%Y-%m-%dT%H-%M-%SZ}-{os.getpid()}"
            self._remove_others()
            self.folder.mkdir(exist_ok=True)
            self._file = (self.folder / "run.jsonl").open("ab")

    def hear(self, event: Event) -> None:
        """Writes an event down at once; progress is not kept."""
        if isinstance(event, JobProgress) or self.fault:
            return
        what = {"at": f"{self._now():%Y-%m-%dT%H:%M:%S.%fZ}", **event.as_json()}
        line = json.dumps(_masked_in(what, self._secrets), ensure_ascii=False)
        with self._lock:
            try:
                if isinstance(event, JobLogged):
                    with (self.folder / f"{event.kind}-{event.key[:12]}.log").open("ab") as log:
                        self._write(log, self._text_of(event))
                self._write(self._file, line + "\n")
                self._file.flush()
            except OSError as error:
                self.fault = dataclasses.replace(
                    disk_fault(error, "keep the log of this run"), severity=Severity.WARNING
                )

    def close(self) -> None:
        with suppress(OSError):  # told already, when it could not be written
            self._file.close()
            self._remove_others()

    def _text_of(self, event: JobLogged) -> str:
        text = masked(f"$ {shlex.join(event.argv)}\n{event.said}\n", self._secrets)
        surplus = len(text) - _END_CHARACTERS
        if surplus <= 0 or self._written_bytes + len(text) <= self._size_bytes:
            return text
        return f"[{surplus} characters are left out: this run's log has reached `log_size`]\n{text[surplus:]}"

    def _write(self, file: BinaryIO, text: str) -> None:
        self._written_bytes += file.write(text.encode("utf-8", "backslashreplace"))

    def _remove_others(self) -> None:
        """Several builds may do this at once, so anything may be gone already. Names sort by time, whatever the clock did
        since."""
        runs = (run for run in self.folder.parent.iterdir() if run.is_dir() and run != self.folder)
        taken = self._written_bytes
        for number, run in enumerate(sorted(runs, reverse=True), start=1):
            taken += _size_bytes(run)
            if number >= self._runs or taken > self._size_bytes:
                shutil.rmtree(run, ignore_errors=True)


class Telling:
    """Tells who listens, and the run's log from when there is one."""

    def __init__(self, on_event: Listener) -> None:
        self._on_event = on_event
        self._log: RunLog | None = None
        self._complained = False

    def keep_log(self, folder: Path, settings: Settings) -> None:
        """Raises StoreError."""
        self._log = RunLog(folder, runs=settings.log_runs, size_bytes=settings.log_size_bytes, now=_now)

    def __call__(self, event: Event) -> None:
        if self._log:
            self._log.hear(event)
            if self._log.fault and not self._complained:
                self._complained = True
                self._on_event(Warned(diagnostic=self._log.fault))
        self._on_event(event)

    def close(self) -> None:
        if self._log:
            self._log.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _masked_in(value: Any, secrets: tuple[str, ...]) -> Any:
    match value:
        case str():
            return masked(value, secrets)
        case dict():
            return {name: _masked_in(one, secrets) for name, one in value.items()}
        case list() | tuple():
            return [_masked_in(one, secrets) for one in value]
        case _:
            return value


def _size_bytes(run: Path) -> int:
    taken = 0
    with suppress(FileNotFoundError):
        for file in run.iterdir():
            taken += file.stat().st_size
    return taken
