"""The two lists of the architecture: which way imports point, and which module is the one door to a foreign library."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "montage_recipe"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Lower rows import nothing from higher ones (the first row is the lowest). A folder stands for all its modules.
LAYERS: tuple[tuple[str, ...], ...] = (
    (
        "diagnostics",
        "timecode",
        "fields",
        "engine",
        "memo",
        "models",
        "suggest",
        "wording",
        "profiles",
        "resources",
        "decimals",
        "stopping",
        "disk",
        "child",
        "untrusted",
    ),
    ("recipe", "effects", "transitions", "generate", "checks", "codes"),
    ("media",),
    ("upscale",),  # knows nothing of the compiler
    ("titles", "timeline"),
    ("graph",),
    ("jobs",),
    ("settings", "report", "lockfile", "fetching"),
    ("render", "selection"),
    ("listing", "diff", "revisions", "topics", "reference", "derive"),
    ("compiler",),
    ("pipeline", "stills", "comparing", "expected_film", "found_stills"),
    ("checking",),
    ("checked_films",),
    ("api", "__init__"),
    ("cli",),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}

DOORS = {
    "yaml": {"recipe/source.py"},
    "jsonschema": {"recipe/validate.py"},
    "ffmpeg": {"graph/emit.py"},
    "subprocess": {
        "child.py",
        "render/engine.py",
        "render/sandbox.py",
        "upscale/hosts/proxy_command.py",
    },
    "psutil": {"child.py", "render/process.py", "render/memory.py"},
    "paramiko": {
        "upscale/hosts/ssh_way.py",
        "upscale/hosts/ssh_keys.py",
        "upscale/hosts/ssh_line.py",
        "upscale/hosts/ssh_faults.py",
        "upscale/hosts/ssh_command.py",
        "upscale/hosts/ssh_transfer.py",
    },
    "jinja2": {"upscale/script.py"},
    "av": {"media/probe.py", "media/demuxing.py", "media/header.py", "render/verify.py", "upscale/packets.py"},
    "PIL": {"checks/golden_render.py"},
    "fontTools": {"titles/fonts.py"},
    "http": {"fetching/connection.py"},
    "ssl": {"fetching/connection.py"},
    "sqlite3": {"render/index.py"},
    "platformdirs": {"settings.py", "upscale/hosts/inventory.py"},
    "rich": {"render/progress.py", "cli"},
    "click": {"cli"},
}


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(module: Path) -> None:
    if module == PACKAGE / "cli" / "main.py":
        return  # it names its commands and the version
    level = LEVELS[part_of(module)]
    for name in imports(module):
        if name.startswith("montage_recipe."):
            part = name.split(".")[1]
            assert LEVELS.get(part, -1) <= level, f"{module.name} imports {name}, which lies above it"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(PACKAGE).as_posix())
def test_each_foreign_library_has_one_door(module: Path) -> None:
    place = module.relative_to(PACKAGE)
    for name in {name.split(".")[0] for name in imports(module)} & DOORS.keys():
        doors = DOORS[name]
        assert place.as_posix() in doors or place.parts[0] in doors, f"{place} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(PACKAGE).as_posix())
def test_pyav_is_imported_by_its_own_name(module: Path) -> None:
    """A thread that asks for a part of it while another one asks for all of it breaks the import of both: each holds the
    lock that the other one needs, and Python then goes on with half a module."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    parts = {
        node.module
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("av.")
    }
    assert parts == set()


def test_two_threads_may_open_files_for_the_first_time_at_once(tmp_path: Path) -> None:
    program = """
import sys, threading, time
from pathlib import Path
from montage_recipe.diagnostics import MontageError
from montage_recipe.media.header import read_header
from montage_recipe.media.demuxing import open_media
from montage_recipe.stopping import never
def header():
    time.sleep(0.02)
    try:
        read_header(Path(sys.argv[1]), stop=never)
    except MontageError as fault:
        print(fault.diagnostics[0].code)
def media():
    try:
        open_media(open(sys.argv[1], "rb"))
    except ValueError as fault:  # PyAV's are of this kind
        print(type(fault).__name__)
threads = [threading.Thread(target=media), threading.Thread(target=header)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    (tmp_path / "no-film").write_bytes(b"no film")
    argv = [sys.executable, "-c", program, str(tmp_path / "no-film")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert sorted(done.stdout.split()) == ["InvalidDataError", "render-unusable"], done.stderr


def test_every_module_has_a_place_in_the_layers() -> None:
    assert {part_of(module) for module in MODULES} == set(LEVELS)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(PACKAGE).as_posix())
def test_no_module_is_much_over_350_lines(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 380
