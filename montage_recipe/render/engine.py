"""Finds the ffmpeg in use and asks it what it can do."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, EngineError
from montage_recipe.engine import Engine
from montage_recipe.memo import Memo
from montage_recipe.render.requirements import LOWEST_VERSION, REQUIREMENTS

ENVIRONMENT = "MONTAGE_FFMPEG"
_MEMO_VERSION = 2
_TIMEOUT_S = 30  # a static build of 80 MB may come from a cold disk; it answers in 0.05 s from a warm one

_FILTER_LINE = re.compile(r"^ [T.][S.][C.]? +(\S+) +\S+->\S+", re.MULTILINE)
_CODEC_LINE = re.compile(r"^ [VAS][F.][S.][X.][B.][D.] (\w\S*)", re.MULTILINE)
_VERSION = re.compile(r"n?(\d+)\.(\d+)")
_OPTION_LINE = re.compile(r"^ {1,3}(\w+) +<\w+>")
_LIBRARY_LINE = re.compile(r"^\s*(\S+) => (/.+) \(0x[0-9a-f]+\)$", re.MULTILINE)
# The C and C++ runtimes, which differ between systems and are not what ffmpeg is made of.
_RUNTIMES = ("libc.so", "libm.so", "libmvec.so", "libdl.so", "libpthread.so", "librt.so", "libgcc_s.so", "libstdc++.so")
_VALUE_LINE = re.compile(r"^ {4,}(\w+) +-?\d+ ")


def find_engine(setting: str | None, memo: Memo | None = None) -> Engine:
    """The ffmpeg to use: `setting`, else MONTAGE_FFMPEG, else the one in the imageio-ffmpeg wheel, else PATH's.

    One that was asked for by name is used or refused, never replaced. Raises EngineError.
    """
    path, origin = _locate(setting, os.environ.get(ENVIRONMENT))
    return _remembered(path, origin, memo)


def _locate(setting: str | None, environment: str | None) -> tuple[Path, str]:
    if setting:
        return _named(setting, ENVIRONMENT if setting == environment else "settings")
    if environment:
        return _named(environment, ENVIRONMENT)
    if wheel := bundled_ffmpeg():
        return wheel, f"imageio-ffmpeg {importlib.metadata.version('imageio-ffmpeg')}"
    if found := shutil.which("ffmpeg"):
        return Path(found), "PATH, as imageio-ffmpeg has no ffmpeg for this platform"
    raise _refusal(
        "engine-missing",
        "no ffmpeg was found: the imageio-ffmpeg package holds none for this platform and PATH has none",
        f"install ffmpeg {_text(LOWEST_VERSION)} or later, or set {ENVIRONMENT} to its path",
    )


def _named(name: str, origin: str) -> tuple[Path, str]:
    """The program that `origin` names, a path or a name on PATH."""
    expanded = os.path.expanduser(name)  # noqa: PTH111 # Path's raises where there is no such user
    if found := shutil.which(expanded):
        return Path(found).absolute(), origin
    exists = os.path.exists(expanded)  # noqa: PTH110 # Path's raises where a folder may not be looked into
    why = "is not a program that can be run" if exists else "does not exist"
    raise _refusal(
        "engine-missing",
        f"the ffmpeg chosen by {origin}, {name}, {why}",
        "give the path of an ffmpeg, or a name that is on PATH, or leave it out to use the one that is installed along",
    )


def bundled_ffmpeg() -> Path | None:
    """The ffmpeg inside the imageio-ffmpeg wheel, found without importing it (its own search also looks elsewhere)."""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    if spec is None or spec.origin is None:
        return None
    binaries = Path(spec.origin).parent / "binaries"
    return next((file for file in sorted(binaries.glob("ffmpeg-*")) if os.access(file, os.X_OK)), None)


def _remembered(path: Path, origin: str, memo: Memo | None) -> Engine:
    """Remembers only what is usable: an answer that was cut short by a fault may lack something. Raises EngineError."""
    stat = path.stat()
    key = f"engine:{_MEMO_VERSION}:{os.fsencode(path).hex()}:{stat.st_size}:{stat.st_mtime_ns}"
    if memo is not None and (text := memo.get(key)):
        known = json.loads(text)
        if all(_stamp(library) == stamp for library, stamp in known["stamps"].items()):
            return _engine(path, origin, known["answers"])
    answers = {name: _ask(path, *arguments) for name, arguments in _QUESTIONS.items()}
    libraries = _libraries(path)
    answers["libraries"] = "".join(f"{name} {_content(file)}\n" for name, file in libraries.items())
    engine = _engine(path, origin, answers)
    if memo is not None:
        stamps = {file: _stamp(file) for file in libraries.values()}
        memo.put(key, json.dumps({"answers": answers, "stamps": stamps}))
    return engine


def _libraries(path: Path) -> dict[str, str]:
    """The shared libraries that the program is made of, by name. A distribution's ffmpeg has its encoders there, and an
    update of one of them leaves the program and what it says of its version as they were."""
    if sys.platform != "linux":
        return {}
    listed = _ask(path, "-version", LD_TRACE_LOADED_OBJECTS="1")  # which the loader answers, not the program
    found = _LIBRARY_LINE.findall(listed)
    return {name: file for name, file in sorted(found) if not name.startswith(_RUNTIMES)}


def _stamp(file: str) -> str:
    """Changes when another file takes the place."""
    try:
        status = Path(file).stat()
    except OSError:
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


def _content(file: str) -> str:
    try:
        with Path(file).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _refusal(
            "engine-unusable", f"{file}, a library of ffmpeg, cannot be read: {error.strerror}", _OTHER
        ) from None


_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "version": ("-version",),
    "filters": ("-hide_banner", "-filters"),
    "encoders": ("-hide_banner", "-encoders"),
    "decoders": ("-hide_banner", "-decoders"),
    "xfade": ("-hide_banner", "-h", "filter=xfade"),
}


def _ask(path: Path, *arguments: str, **variables: str) -> str:
    """What the program prints; an environment of PATH and `variables`, so that no FFREPORT or LD_ variable of the user's
    reaches it."""
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "HOME") if name in os.environ}
    try:
        done = subprocess.run(
            (str(path), *arguments),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C is for this program, not for the one that is asked
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            env=environment | {"LC_ALL": "C"} | variables,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise _refusal("engine-unusable", f"{path} did not answer within {_TIMEOUT_S} s", _OTHER) from None
    except subprocess.CalledProcessError as error:
        raise _refusal(
            "engine-unusable", f"{path} {arguments[-1]} ended with status {error.returncode}", _OTHER
        ) from None
    except OSError as error:
        raise _refusal("engine-unusable", f"{path} cannot be run: {error.strerror}", _OTHER) from None
    return done.stdout.decode("utf-8", "replace")


_OTHER = f"choose another ffmpeg with {ENVIRONMENT}"


def _engine(path: Path, origin: str, answers: Mapping[str, str]) -> Engine:
    """Raises EngineError for one that cannot be used."""
    version_text = _version_text(answers["version"], path)
    match = _VERSION.match(version_text)
    engine = Engine(
        path=str(path),
        origin=origin,
        version=(int(match[1]), int(match[2])) if match else (0, 0),
        version_text=version_text,
        build_id=hashlib.sha256((answers["version"] + answers["libraries"]).encode()).hexdigest(),
        filters=frozenset(_FILTER_LINE.findall(answers["filters"])),
        encoders=frozenset(_CODEC_LINE.findall(answers["encoders"])),
        decoders=frozenset(_CODEC_LINE.findall(answers["decoders"])),
        transitions=frozenset(_values_of("transition", answers["xfade"])),
    )
    _refuse_unusable(engine)
    return engine


def _version_text(answer: str, path: Path) -> str:
    words = answer.split(maxsplit=3)
    if words[:2] != ["ffmpeg", "version"] or len(words) < 3:
        raise _refusal("engine-unusable", f"{path} is not an ffmpeg", _OTHER)
    return words[2]


def _values_of(option: str, help_text: str) -> Iterator[str]:
    """The named values of one option in what `-h filter=…` prints."""
    current = ""
    for line in help_text.splitlines():
        if match := _OPTION_LINE.match(line):
            current = match[1]
        elif current == option and (match := _VALUE_LINE.match(line)):
            yield match[1]


def _refuse_unusable(engine: Engine) -> None:
    if (0, 0) < engine.version < LOWEST_VERSION:
        raise _refusal(
            "engine-too-old",
            f"{engine.path} is ffmpeg {engine.version_text}; the lowest that works is {_text(LOWEST_VERSION)}",
            _OTHER,
        )
    faults = [
        Diagnostic(
            code="engine-lacks-feature",
            message=f"{engine.path} (ffmpeg {engine.version_text}) lacks the {lack}: {lack.why}",
            hint=_OTHER,
        )
        for lack in REQUIREMENTS
        if lack.required and not lack.met_by(engine)
    ]
    if faults:
        raise EngineError(faults)


def _refusal(code: str, message: str, hint: str) -> EngineError:
    return EngineError([Diagnostic(code=code, message=message, hint=hint)])


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
