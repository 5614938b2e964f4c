"""One mutant through the compiler, as far as it goes without rendering, and everything that must hold whatever it is."""

from __future__ import annotations

import json
import os
import resource
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from montage_recipe.cli import show
from montage_recipe.codes import CODES
from montage_recipe.compiler import Compiled, compile_recipe
from montage_recipe.diagnostics import Diagnostic, RecipeError, Severity
from montage_recipe.engine import Engine
from montage_recipe.listing import commands, stages
from montage_recipe.memo import Memo
from montage_recipe.pipeline import doubts_of_hosts
from montage_recipe.render.execute import outstanding
from montage_recipe.settings import Settings
from montage_recipe.topics import all_topics
from tests.hardening.drafts import RECIPE, ROOT
from tests.hardening.mutating import Mutant

LONGEST_S = 2.0  # of CPU for one recipe
LARGEST_BYTES = 300 * 1024**2  # resident, of a process


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one mutant. `fault` is "" where all is as it must be; else what is wrong, its first line a summary."""

    codes: tuple[str, ...]  # of its diagnostics, each once
    jobs: int  # of all its plans; 0 for a recipe with errors
    cpu_s: float
    peak_bytes: int
    fault: str = ""

    @property
    def compiled(self) -> bool:
        return self.jobs > 0


def written_to(place: Path, mutant: Mutant) -> None:
    """The mutant's files in its folder, and none of the mutant before it."""
    for name in (RECIPE, "other.yaml", "third.yaml"):
        (place / name).unlink(missing_ok=True)
    for name, content in mutant.files.items():
        (place / name).write_bytes(content)


def answer_to(mutant: Mutant, *, engine: Engine, memo: Memo | None, opened: Opened | None = None) -> Answer:
    """Compiles the mutant that lies in the current folder; raises nothing."""
    reset_peak()
    begun, rest = cpu_s(), _children_bytes()
    if opened:
        opened.begin(mutant)
    diagnostics: tuple[Diagnostic, ...] = ()
    compiled: tuple[Compiled, ...] = ()
    raised: BaseException | None = None
    try:
        diagnostics, compiled = _compiled(engine, memo)
        for one in compiled:
            commands.jobs_script(one.plan, engine)
    except BaseException as error:  # whatever it is, it is what is looked for here
        raised = error
    took_s, peak = cpu_s() - begun, peak_bytes()
    faults = opened.end() if opened else []
    if raised:
        faults.append(f"{_signature(raised)}\n{''.join(traceback.format_exception(raised))}")
    faults += _wrong_places(diagnostics)
    try:
        _show_all(diagnostics, compiled, engine)
    except Exception as error:
        faults.append(f"shown: {_signature(error)}\n{''.join(traceback.format_exception(error))}")
    if not compiled and not faults and not any(one.severity is Severity.ERROR for one in diagnostics):
        faults.append("neither a plan nor an error")
    if took_s > LONGEST_S:
        faults.append(f"took more than {LONGEST_S:g} s of CPU\n{took_s:.2f} s")
    if max(peak, children := _children_bytes() if _children_bytes() > rest else 0) > LARGEST_BYTES:
        faults.append(f"more than {LARGEST_BYTES >> 20} MB resident\n{peak >> 20} MB, a child {children >> 20} MB")
    return Answer(
        codes=tuple(dict.fromkeys(diagnostic.code for diagnostic in diagnostics)),
        jobs=sum(len(one.plan.jobs) for one in compiled),
        cpu_s=took_s,
        peak_bytes=max(peak, children),
        fault="\n\n".join(faults),
    )


def _compiled(engine: Engine, memo: Memo | None) -> tuple[tuple[Diagnostic, ...], tuple[Compiled, ...]]:
    """What `validate --probe` finds, and the plans where there is no error."""
    try:
        compiled = compile_recipe(Path(RECIPE), engine=engine, memo=memo)
        doubts = [
            doubt for one in compiled for doubt in doubts_of_hosts(one, outstanding(one.plan, None).jobs, Settings())
        ]
    except RecipeError as error:
        return error.diagnostics, ()
    return (*(warning for one in compiled for warning in one.warnings), *dict.fromkeys(doubts)), compiled


def _show_all(diagnostics: tuple[Diagnostic, ...], compiled: tuple[Compiled, ...], engine: Engine) -> None:
    """Everything that commands print, in all their forms, as bytes that a terminal, a file or a parser can take."""
    text = show.as_text(diagnostics, color=True)
    text += show.as_github(diagnostics)
    listed = show.as_json(diagnostics)
    for one in compiled[:3]:
        text += stages.timeline_text(one.timeline) + stages.segments_text(one.timeline, one.plan)
        text += stages.graphs_text(one.pictures, one.plan) + commands.jobs_mermaid(one.plan)
        json.dumps([stages.timeline_data(one.timeline), commands.jobs_data(one.plan, engine)])
    (text + listed).encode("utf-8", "backslashreplace")
    json.loads(listed)


def _signature(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


# --- places ----------------------------------------------------------------------------------------------------------


@cache
def explained() -> frozenset[str]:
    """Every word that `explain` knows."""
    return frozenset(word for topic in all_topics() for word in topic.words)


def _wrong_places(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """What is wrong with the diagnostics themselves: no place in a real file, no cure, or no known code."""
    return [fault for diagnostic in diagnostics if (fault := wrong_place(diagnostic))]


def wrong_place(diagnostic: Diagnostic) -> str:
    at = diagnostic.location
    told = f"{diagnostic.code}\n{at}: {diagnostic.message}\n{diagnostic.path}"
    if diagnostic.code not in CODES or diagnostic.code not in explained():
        return f"not explained: {told}"
    if not diagnostic.message or not diagnostic.hint:
        return f"without message or cure: {told}"
    if at is None:
        return f"without a place: {told}"
    if not Path(at.file).is_file():
        return f"in no file: {told}"
    lines = lines_of(Path(at.file).read_bytes())
    if not (1 <= at.line <= len(lines) and 1 <= at.column <= len(lines[at.line - 1]) + 1 and at.length >= 1):
        return f"outside of its file: {told}"
    return ""


def lines_of(raw: bytes) -> list[str]:
    """The lines of a recipe's file as an editor shows them."""
    return (
        raw.decode("utf-8-sig", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )


# --- what was opened -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Opened:
    """Hears of every file that Python opens and every connection that it makes; one for a process, for good."""

    allowed: tuple[str, ...]  # folders
    _armed: bool = False
    _found: list[tuple[str, str, bool]] = field(default_factory=list)
    _text: str = ""

    def listen(self) -> None:
        sys.addaudithook(self._hear)

    def begin(self, mutant: Mutant) -> None:
        self._found.clear()
        self._text = b"\n".join(mutant.files.values()).decode("utf-8", "replace")
        self._armed = True

    def end(self) -> list[str]:
        self._armed = False
        return [told for what, name, writes in self._found if (told := self._wrong(what, name, writes=writes))]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._armed:
            return
        if event == "open" and isinstance(arguments[0], str | bytes):
            writes = bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            self._found.append(("open", os.fsdecode(arguments[0]), writes))
        elif event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "os.system", "os.exec"):
            self._found.append((event, str(arguments), False))

    def _wrong(self, what: str, name: str, *, writes: bool) -> str:
        if what != "open":
            return f"{what}\n{name}"
        path = os.path.abspath(name)  # noqa: PTH100 - as it was opened, links left alone
        if writes and not any(path.startswith(folder) for folder in WRITABLE):
            return f"opened for writing\n{path}"
        named = os.path.basename(path)  # noqa: PTH119
        if os.path.isdir(path):  # noqa: PTH112 - `include: ..`: to open a folder as a file gives nothing
            return ""
        if any(f"{path}/".startswith(folder) for folder in self.allowed) or (named and named in self._text):
            return ""
        return f"opened outside of the allowed folders\n{path}"


WRITABLE = ("/dev/null", "/tmp/montage-")


def allowed_folders(place: Path, engine: Engine) -> tuple[str, ...]:
    """Where the compiler has something to look for: the recipe's folder, Python with its packages, the ffmpeg, the user's
    hosts, and how many cores there are."""
    found = {
        place,
        ROOT / "montage_recipe",
        ROOT / "schemas",
        Path(engine.path).parent,
        *(Path(folder) for name, folder in sysconfig.get_paths().items() if name in ("stdlib", "purelib", "platlib")),
        user_config_path("montage-recipe"),
        Path("/sys/fs/cgroup"),
    }
    archives = tuple(entry for entry in sys.path if entry.endswith(".zip"))  # where Python looks for modules first
    return (
        *(f"{folder}/" for folder in sorted(found)),
        *archives,
        "/dev/null/",
        f"/proc/{os.getpid()}/",
        "/proc/self/",
    )


# --- costs -----------------------------------------------------------------------------------------------------------


def cpu_s() -> float:
    """Of this process and its children, so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _children_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def reset_peak() -> None:
    """From now on, `peak_bytes` tells the most since now. Linux only, as `peak_bytes` is."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
