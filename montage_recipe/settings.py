"""What holds for every recipe on this machine: defaults, then the user's file, `.env`, the environment, and flags."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from montage_recipe.diagnostics import Diagnostic, SettingsError
from montage_recipe.profiles import PRESETS

GIB = 1024**3
DEFAULT_CACHE_LIMIT_BYTES = 20 * GIB
_PREFIX, _ALIKE = "MONTAGE_", 0.85
_NO_SETTINGS = {"MONTAGE_GPU_HOSTS", "MONTAGE_UID"}  # of upscale.hosts.inventory, and of docker-compose.yml
_MOST_DOTENV_BYTES = 1 << 16
_TOO_LARGE_BYTES = 1 << 63  # for what counts bytes in 64 bits, as file systems and SQLite do
_MOST_DIGITS = 9

_SIZE = re.compile(r"(?P<value>\d{1,20}(?:\.\d{1,20})?)(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE)
_FACTORS = {"": 1, "K": 1024, "M": 1024**2, "G": GIB, "T": 1024**4}
_ASSIGNMENT = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>.*?))\s*(?:(?<=\s)\#.*)?"""
)


class Hardware(StrEnum):
    """Sizes of machines, by memory, with defaults for each: see `render.hardware`."""

    AUTO = "auto"  # the one that is found
    SMALL = "small"  # up to 16 GB
    MEDIUM = "medium"  # up to 32 GB
    LARGE = "large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    ffmpeg: str | None = None  # the program to use; None is the one that comes with imageio-ffmpeg
    cache_dir: Path | None = None  # the store's folder; None is as `render.store.store_root` says
    cache_limit_bytes: int = DEFAULT_CACHE_LIMIT_BYTES
    auto_cleanup: bool = True  # whether builds bring the store back to that size
    hardware: Hardware = Hardware.AUTO
    jobs: int | None = None  # cores to use; None is all this process may
    memory_limit_bytes: int | None = None  # of all processes together; None is a share of what is free
    parallel_jobs: int | None = None  # ffmpeg processes at once; None is what the hardware's profile says
    open_inputs: int | None = None  # files that all of them have open together; likewise
    parallel_upscales: int | None = None  # clips that GPU hosts work on at once; likewise
    preset: str | None = None  # x264's, for outputs that name none
    upscale: bool = True  # False leaves clips with `upscale` to ffmpeg's scaler
    cgpu: bool = True  # False leaves GPU hosts of the kind cgpu alone
    variants: int | None = None  # how many of a recipe's outputs are built, from the first on; None is all
    verbosity: int = 0  # 1 and 2 tell more
    log_runs: int = 10  # whose logs are kept
    log_size_bytes: int = 50 * 1024**2  # of all of them
    untrusted: bool = False  # recipes are from somebody else: see untrusted.py
    origins: Mapping[str, str] = field(default_factory=dict)  # a field's name -> who set it, e.g. "MONTAGE_JOBS"
    notes: tuple[str, ...] = ()  # of what was given and does not count: sentences

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
    if (size := int(Fraction(match["value"]) * _FACTORS[match["unit"].upper()])) >= _TOO_LARGE_BYTES:
        raise ValueError(f"{value!r} is more than there is anywhere: write 512M, 4G or a number of bytes")
    return size


def _positive_size(value: Any) -> int:
    if (size := parse_size(value)) <= 0:
        raise ValueError(f"{value!r} is no room at all: write 512M, 4G or a number of bytes")
    if size < _FACTORS["K"]:
        raise ValueError(f"{value!r} is less than a kilobyte: write a unit with it, as in 512M or 4G")
    return size


def _gibibytes(value: Any) -> int:
    try:
        return _positive_size(f"{str(value).strip()}G")
    except ValueError:
        raise ValueError(f"{value!r} is not a number of gigabytes: write 8 or 1.5") from None


def _count(value: Any) -> int:
    word = str(value).strip()
    if isinstance(value, bool) or not word.isdecimal() or len(word) > _MOST_DIGITS or int(word) < 1:
        raise ValueError(f"{value!r} is not a number of them: write 1 or more")
    return int(word)


def _parallel(value: Any) -> int | None:
    """A number, or whether at all: None is as many as the hardware's profile says."""
    if (word := str(value).strip().lower()) in _YES_OR_NO and not word.isdecimal():
        return None if _YES_OR_NO[word] else 1
    return _count(value)


def _yes_or_no(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _YES_OR_NO:
        raise ValueError(f"{value!r} is neither yes nor no: write true or false")
    return _YES_OR_NO[word]


_YES_OR_NO = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _verbosity(value: Any) -> int:
    word = str(value).strip().lower()
    if word.isdecimal():
        return min(int(word), 2)
    if word not in _YES_OR_NO:
        raise ValueError(f"{value!r} does not say how much to tell: write 0, 1 or 2")
    return int(_YES_OR_NO[word])


def _one_of(words: Iterable[str]) -> Callable[[Any], str]:
    known = tuple(words)

    def parse(value: Any) -> str:
        word = str(value).strip().lower()
        if word not in known:
            raise ValueError(f"{value!r} is not known: write one of {', '.join(known)}")
        return word

    return parse


def _hardware(value: Any) -> Hardware:
    return Hardware(_one_of(Hardware)(value))


def _program(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a program: write a path, or a name on PATH")
    return value


def _folder(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ValueError(f"{value!r} is not a folder: write a path")
    # Path's own ways raise where there is no such user, and keep "..", which comparisons of paths do not see through.
    return Path(os.path.abspath(os.path.expanduser(value)))  # noqa: PTH100, PTH111


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, in all the places where it may be given."""

    field: str  # of Settings
    word: str  # in the file
    doc: str
    variables: tuple[tuple[str, Callable[[Any], Any]], ...]  # of the environment; of several the last one wins
    parse: Callable[[Any], Any]
    flag: str = ""  # of `build`; "" where there is none
    own: bool = False  # not from a `.env`, which may come with somebody else's recipe


def _setting(
    name: str, word: str, parse: Callable[[Any], Any], doc: str, *variables: str, flag: str = "", own: bool = False
) -> Setting:
    every = tuple((one, parse) for one in (*variables, f"MONTAGE_{word.upper()}"))
    return Setting(field=name, word=word, doc=doc, variables=every, parse=parse, flag=flag, own=own)


ALL_SETTINGS = (
    _setting(
        "ffmpeg", "ffmpeg", _program, "the ffmpeg to use; else the one inside the `imageio-ffmpeg` package", own=True
    ),
    Setting(
        field="cache_dir",
        word="cache",
        doc="the store's folder; else `.montage` beside the recipe, or of somebody else's recipe one in your own cache",
        variables=(("MONTAGE_CACHE_DIR", _folder),),
        parse=_folder,
        flag="--cache",
        own=True,
    ),
    _setting("cache_limit_bytes", "cache_limit", _positive_size, "the store's size between builds, e.g. `20G`"),
    _setting("auto_cleanup", "auto_cleanup", _yes_or_no, "bring the store back to that size", "AUTO_CLEANUP"),
    _setting(
        "hardware", "hardware", _hardware, "`small`, `medium`, `large`, or `auto`: what the defaults below are for"
    ),
    _setting("jobs", "jobs", _count, "cores to use", flag="--jobs"),
    Setting(
        field="memory_limit_bytes",
        word="memory_limit",
        doc="for all processes together",
        variables=(("MEMORY_LIMIT_GB", _gibibytes), ("MONTAGE_MEMORY_LIMIT", _positive_size)),
        parse=_positive_size,
        flag="--memory-limit",
    ),
    _setting("parallel_jobs", "parallel_jobs", _count, "ffmpeg processes at once", "MAX_PARALLEL_JOBS"),
    _setting("open_inputs", "open_inputs", _count, "files that they have open, all together", "MAX_CLIPS_IN_RAM"),
    _setting(
        "parallel_upscales", "parallel_upscales", _parallel, "clips that GPU hosts work on at once", "PARALLEL_ENHANCE"
    ),
    _setting("preset", "preset", _one_of(PRESETS), "x264's preset, for outputs that name none", "FFMPEG_PRESET"),
    _setting("upscale", "upscale", _yes_or_no, "whether `upscale` counts; else ffmpeg's scaler does it", "UPSCALE"),
    _setting("cgpu", "cgpu", _yes_or_no, "whether GPU hosts of the kind `cgpu` may be used", "CGPU_GPU_ENABLED"),
    _setting(
        "variants", "variants", _count, "how many of a recipe's outputs are built, from the first", "NUM_VARIANTS"
    ),
    _setting("log_runs", "log_runs", _count, "how many builds' logs are kept in the store"),
    _setting("log_size_bytes", "log_size", _positive_size, "and how large they may be together, e.g. `50M`"),
    _setting("verbosity", "verbosity", _verbosity, "how much is told: 0, 1 or 2", "VERBOSE", flag="-v"),
    Setting(
        field="untrusted",
        word="untrusted",
        doc="whether recipes are from somebody else, and are confined to their folders",
        variables=(("MONTAGE_UNTRUSTED", _yes_or_no),),
        parse=_yes_or_no,
        flag="--untrusted",
        own=True,
    ),
)
_NOT_CI = ("", "0", "false", "no", "off")  # values of CI by which a person says that this is none


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether no person is there to read what is written."""
    return environment.get("CI", "").strip().lower() not in _NOT_CI


def user_file() -> Path:
    """Where the user's settings are, on this system."""
    from platformdirs import user_config_path  # 15 ms that --help need not pay

    return user_config_path("montage-recipe") / "settings.toml"


def untrusted_stores() -> Path:
    """The folder of the stores of other people's recipes."""
    from platformdirs import user_cache_path

    return user_cache_path("montage-recipe") / "untrusted"


def untrusted_store(recipe: Path) -> Path:
    """The store of a recipe from somebody else. Not beside the recipe: what lies there came with it."""
    return untrusted_stores() / hashlib.sha256(os.fsencode(os.path.realpath(recipe))).hexdigest()[:16]


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    file: Path | None = None,
    dotenv: Path = Path(".env"),
) -> Settings:
    """The settings in force. `flags` are fields of `Settings`; None among them means not given.

    `file` is the user's file by default. `dotenv` holds variables as the environment does; others than ours are left alone,
    and all of them where recipes are somebody else's. Raises SettingsError with every fault at once.
    """
    where = user_file() if file is None else file
    faults: list[Diagnostic] = []
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    low = tuple(_from_file(where, faults))
    high = (*_from_environment(environment), *_from_flags(flags or {}))
    of_others = _is_untrusted((*low, *high), environment)
    of_dotenv = tuple(_from_dotenv(dotenv, environment, [] if of_others else faults))
    notes = tuple(_misspelt(environment))
    if of_others and of_dotenv:
        notes += (f"{dotenv} is left alone, as it may have come with somebody else's recipe",)
    for name, value, parse, origin in (*low, *(() if of_others else of_dotenv), *high):
        try:
            values[name] = parse(value)
            origins[name] = origin
        except ValueError as error:
            what, _, cure = str(error).partition(": ")
            faults.append(Diagnostic(code="bad-setting", message=f"{origin}: {what}", hint=cure))
    if faults:
        raise SettingsError(faults)
    if of_others and "untrusted" not in values:
        values["untrusted"], origins["untrusted"] = True, "CI"  # where pull requests of strangers are built
    return Settings(**values, origins=origins, notes=notes)


_Given = tuple[str, Any, Callable[[Any], Any], str]


def _is_untrusted(given: Iterable[_Given], environment: Mapping[str, str]) -> bool:
    """Whether recipes are somebody else's; a value that says neither is told elsewhere, and none is guessed from it."""
    said = in_ci(environment)
    for name, value, parse, _ in given:
        if name == "untrusted":
            with suppress(ValueError):
                said = parse(value)
    return said


def _misspelt(environment: Mapping[str, str]) -> Iterable[str]:
    """Other programs may have variables that begin as ours do; those that differ in a letter or two are meant as ours."""
    ours = {variable for setting in ALL_SETTINGS for variable, _ in setting.variables}
    for name in sorted(name for name in environment if name.startswith(_PREFIX) and name not in ours | _NO_SETTINGS):
        from difflib import get_close_matches  # which each start of the program need not wait for

        words = sorted(one.removeprefix(_PREFIX) for one in ours if one.startswith(_PREFIX))
        if meant := get_close_matches(name.removeprefix(_PREFIX), words, n=1, cutoff=_ALIKE):
            yield f"{name} is no setting; {_PREFIX}{meant[0]} is one"


def _from_file(file: Path, faults: list[Diagnostic]) -> Iterable[_Given]:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:  # tomllib's and the decoder's faults are ValueErrors
        faults.append(Diagnostic(code="bad-setting", message=f"cannot read {file}: {error}", hint="it is a TOML file"))
        return
    words = {setting.word: setting for setting in ALL_SETTINGS}
    for word, value in data.items():
        if word not in words:
            hint = f"the settings are {', '.join(words)}"
            faults.append(Diagnostic(code="unknown-setting", message=f"{file}: unknown setting {word!r}", hint=hint))
            continue
        yield words[word].field, value, words[word].parse, f"{word} in {file}"


def _from_dotenv(file: Path, environment: Mapping[str, str], faults: list[Diagnostic]) -> Iterable[_Given]:
    """`NAME=value` lines, as Docker Compose and many others read them: quotes around a value and `export` go."""
    if not file.is_file():
        return
    try:
        with file.open(encoding="utf-8-sig") as stream:
            text = stream.read(_MOST_DOTENV_BYTES)
    except (OSError, ValueError) as error:
        faults.append(Diagnostic(code="bad-setting", message=f"cannot read {file}: {error}", hint="write NAME=value"))
        return
    found = {}
    for line in text.splitlines():
        if match := _ASSIGNMENT.fullmatch(line):
            found[match["name"]] = next(text for text in match.group("double", "single", "bare") if text is not None)
    for setting in ALL_SETTINGS:
        for variable, parse in setting.variables:
            if not (value := found.get(variable)) or environment.get(variable):
                continue  # the environment goes before it; Docker Compose puts what its .env says there
            if setting.own:
                message = f"{file}: {variable} is not taken from here, as such a file may come with somebody's recipe"
                hint = f"set it in the environment, or `{setting.word}` in {user_file()}"
                faults.append(Diagnostic(code="bad-setting", message=message, hint=hint))
            else:
                yield setting.field, value, parse, f"{variable} in {file}"


def _from_environment(environment: Mapping[str, str]) -> Iterable[_Given]:
    for setting in ALL_SETTINGS:
        for variable, parse in setting.variables:
            if text := environment.get(variable):
                yield setting.field, text, parse, variable


def _from_flags(flags: Mapping[str, Any]) -> Iterable[_Given]:
    settings = {setting.field: setting for setting in ALL_SETTINGS}
    for name, value in flags.items():
        if value is not None:
            yield name, value, settings[name].parse, settings[name].flag
