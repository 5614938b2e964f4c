"""What holds for every recipe on this machine: defaults, then the user's file, then the environment, then flags."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from montage_recipe.diagnostics import Diagnostic, SettingsError

GIB = 1024**3
DEFAULT_CACHE_LIMIT_BYTES = 20 * GIB

_SIZE = re.compile(r"(?P<value>\d+(?:\.\d+)?)(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE)
_FACTORS = {"": 1, "K": 1024, "M": 1024**2, "G": GIB, "T": 1024**4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    ffmpeg: str | None = None  # the program to use; None is the one that comes with imageio-ffmpeg
    cache_dir: Path | None = None  # the store's folder; None is `.montage` beside the recipe
    cache_limit_bytes: int = DEFAULT_CACHE_LIMIT_BYTES
    jobs: int | None = None  # cores to use; None is all this process may
    memory_limit_bytes: int | None = None  # of all processes together; None is a share of what is free
    origins: Mapping[str, str] = field(default_factory=dict)  # a field's name -> who set it, e.g. "MONTAGE_JOBS"

    def origin(self, name: str) -> str:
        return self.origins.get(name, "default")


def parse_size(value: str | int | float) -> int:
    """Bytes: `4G`, `512M`, `1.5GiB`, `2000000`; the units are powers of 1024.

    Raises ValueError with a sentence for the user.

    >>> parse_size("512M"), parse_size("1.5G"), parse_size(1000)
    (536870912, 1610612736, 1000)
    """
    match = _SIZE.fullmatch(str(value).strip())
    if isinstance(value, bool) or not match:
        raise ValueError(f"{value!r} is not a size: write 512M, 4G or a number of bytes")
    return int(float(match["value"]) * _FACTORS[match["unit"].upper()])


def _positive_size(value: Any) -> int:
    if (size := parse_size(value)) <= 0:
        raise ValueError(f"{value!r} is no room at all: write 512M, 4G or a number of bytes")
    return size


def _gibibytes(value: Any) -> int:
    return _positive_size(f"{value}G")


def _count(value: Any) -> int:
    if isinstance(value, bool) or not str(value).strip().isdecimal() or int(value) < 1:
        raise ValueError(f"{value!r} is not a number of jobs: write 1 or more")
    return int(value)


def _program(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a program: write a path, or a name on PATH")
    return value


def _folder(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ValueError(f"{value!r} is not a folder: write a path")
    return Path(os.path.expanduser(value)).absolute()  # noqa: PTH111 # Path's raises where there is no such user


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    field: str
    word: str  # in the file
    flag: str
    variables: tuple[tuple[str, Callable[[Any], Any]], ...]
    parse: Callable[[Any], Any]


_SETTINGS = (
    _Setting(field="ffmpeg", word="ffmpeg", flag="--ffmpeg", variables=(("MONTAGE_FFMPEG", _program),), parse=_program),
    _Setting(
        field="cache_dir", word="cache", flag="--cache", variables=(("MONTAGE_CACHE_DIR", _folder),), parse=_folder
    ),
    _Setting(
        field="cache_limit_bytes",
        word="cache_limit",
        flag="--cache-limit",
        variables=(("MONTAGE_CACHE_LIMIT", _positive_size),),
        parse=_positive_size,
    ),
    _Setting(field="jobs", word="jobs", flag="--jobs", variables=(("MONTAGE_JOBS", _count),), parse=_count),
    _Setting(
        field="memory_limit_bytes",
        word="memory_limit",
        flag="--memory-limit",
        variables=(("MEMORY_LIMIT_GB", _gibibytes), ("MONTAGE_MEMORY_LIMIT", _positive_size)),  # the last one wins
        parse=_positive_size,
    ),
)


def user_file() -> Path:
    """Where the user's settings are, on this system."""
    from platformdirs import user_config_path  # 15 ms that --help need not pay

    return user_config_path("montage-recipe") / "settings.toml"


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Settings:
    """The settings in force. `flags` are fields of `Settings`; None among them means not given.

    `file` is the user's file by default. Raises SettingsError with every fault at once.
    """
    where = user_file() if file is None else file
    faults: list[Diagnostic] = []
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, value, parse, origin in (
        *_from_file(where, faults),
        *_from_environment(environment),
        *_from_flags(flags or {}),
    ):
        try:
            values[name] = parse(value)
            origins[name] = origin
        except ValueError as error:
            what, _, cure = str(error).partition(": ")
            faults.append(Diagnostic(code="bad-setting", message=f"{origin}: {what}", hint=cure))
    if faults:
        raise SettingsError(faults)
    return Settings(**values, origins=origins)


_Given = tuple[str, Any, Callable[[Any], Any], str]


def _from_file(file: Path, faults: list[Diagnostic]) -> Iterable[_Given]:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:  # tomllib's and the decoder's faults are ValueErrors
        faults.append(Diagnostic(code="bad-setting", message=f"cannot read {file}: {error}", hint="it is a TOML file"))
        return
    words = {setting.word: setting for setting in _SETTINGS}
    for word, value in data.items():
        if word not in words:
            hint = f"the settings are {', '.join(words)}"
            faults.append(Diagnostic(code="unknown-setting", message=f"{file}: unknown setting {word!r}", hint=hint))
            continue
        yield words[word].field, value, words[word].parse, f"{word} in {file}"


def _from_environment(environment: Mapping[str, str]) -> Iterable[_Given]:
    for setting in _SETTINGS:
        for variable, parse in setting.variables:
            if text := environment.get(variable):
                yield setting.field, text, parse, variable


def _from_flags(flags: Mapping[str, Any]) -> Iterable[_Given]:
    settings = {setting.field: setting for setting in _SETTINGS}
    for name, value in flags.items():
        if value is not None:
            yield name, value, settings[name].parse, settings[name].flag
