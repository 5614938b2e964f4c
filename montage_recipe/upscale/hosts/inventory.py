"""The GPU hosts of this user: `hosts.toml` beside the settings, and MONTAGE_GPU_HOSTS, which wins.

    [studio]
    kind = "ssh"
    address = "me@studio.example:2222"   # or a Host of ~/.ssh/config
    folder = "montage-jobs"              # below the home folder there, or absolute
    python = "/opt/venv/bin/python"

    [colab]
    kind = "cgpu"

The variable says the same in short, what is not usual behind a question mark:

    MONTAGE_GPU_HOSTS="studio=ssh:me@studio.example:2222 here=local:/scratch/montage?device=cpu"
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from montage_recipe.diagnostics import Diagnostic, SettingsError
from montage_recipe.models import Backend
from montage_recipe.suggest import did_you_mean
from montage_recipe.wording import without_numbers

ENVIRONMENT = "MONTAGE_GPU_HOSTS"
PORTS = range(1, 1 << 16)
_ADDRESS = re.compile(r"(?:ssh://)?(?:(?P<user>[^@:/,\s]+)@)?(?P<host>\[[^\]]+\]|[^:/@,\s]+)(?::(?P<port>\d+))?/?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class HostKind(StrEnum):
    SSH = "ssh"
    CGPU = "cgpu"  # Google Colab, by the `cgpu` command
    LOCAL = "local"


class Device(StrEnum):
    """What computes there."""

    GPU = "gpu"  # and nothing else: without one, a job fails at once instead of taking days
    CPU = "cpu"
    AUTO = "auto"  # a GPU where there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    name: str
    kind: HostKind
    address: str = ""  # of ssh: [USER@]HOST[:PORT], where HOST may be one of ~/.ssh/config
    folder: str = ""  # where jobs are kept there: relative to the home folder, of cgpu to /content; "" is the usual one
    python: str = "python3"
    device: Device = Device.GPU
    backend: Backend = Backend.AUTO
    command: str = "cgpu"  # of cgpu: the program
    origin: str = ""  # who named it: the file, or the variable
    last_resort: bool = False  # used only where no other can do it

    @property
    def place(self) -> str:
        return self.folder or "montage-recipe"


THIS_MACHINE = HostSpec(
    name="this-machine",
    kind=HostKind.LOCAL,
    device=Device.AUTO,
    python=sys.executable,
    origin="on_failure: local",
    last_resort=True,
)
_WORDS = tuple(field.name for field in fields(HostSpec) if field.name not in ("name", "origin", "last_resort"))
_OF_ONE_KIND = {"address": HostKind.SSH, "command": HostKind.CGPU}
_CHOICES: Mapping[str, type[StrEnum]] = {"kind": HostKind, "device": Device, "backend": Backend}


_INSTEAD = {
    "port": 'the port belongs to the address: address = "me@studio.example:2222"',
    "user": 'address = "me@studio.example"',
}


def hosts_file() -> Path:
    from platformdirs import user_config_path  # 15 ms that --help need not pay

    return user_config_path("montage-recipe") / "hosts.toml"


def unknown_host(name: str, known: Mapping[str, HostSpec]) -> Diagnostic:
    """The fault of a host that this user has not named."""
    return Diagnostic(
        code="unknown-host",
        message=f"no GPU host is called `{name}` here",
        hint=did_you_mean(name, known)
        or f"name it in {hosts_file()}, or in {ENVIRONMENT}: see `montage-recipe gpu hosts`",
    )


def parts_of(address: str) -> re.Match[str]:
    """An SSH address's `user`, `host` and `port`; user and port may be None. Raises ValueError, with a sentence."""
    match = _ADDRESS.fullmatch(address.strip())
    if not match and re.match(r"[^@]*:[^@/]*@", address.removeprefix("ssh://")):
        raise ValueError("it holds a password, and keys are what is used")
    if not match:
        raise ValueError(f"{address!r} is no address")
    if match["port"] and int(match["port"]) not in PORTS:
        raise ValueError(f"{match['port']} is no port")
    return match


def read_hosts(*, environment: Mapping[str, str] = os.environ, file: Path | None = None) -> dict[str, HostSpec]:
    """All hosts by name, those of the variable first. Raises SettingsError with every fault at once."""
    faults: list[Diagnostic] = []
    where = hosts_file() if file is None else file
    short = _from_environment(environment.get(ENVIRONMENT, ""), faults)
    hosts = {**short, **{name: spec for name, spec in _from_file(where, faults).items() if name not in short}}
    if faults:
        raise SettingsError(faults)
    return hosts


def _from_file(file: Path, faults: list[Diagnostic]) -> dict[str, HostSpec]:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # tomllib's and the decoder's faults are ValueErrors
        faults.append(
            _fault(f"cannot read {file}: {without_numbers(str(error))}", "it is a TOML file with a table for each host")
        )
        return {}
    found = {}
    for name, table in data.items():
        if not isinstance(table, dict):
            faults.append(_fault(f"{file}: {name!r} stands in no host's table", "begin with its name, as in [studio]"))
        elif spec := _checked(name, table, str(file), faults):
            found[name] = spec
    return found


def _from_environment(text: str, faults: list[Diagnostic]) -> dict[str, HostSpec]:
    found = {}
    for entry in text.split():
        name, equals, what = entry.partition("=")
        told, _, options = what.partition("?")
        kind, colon, rest = told.partition(":")
        given = dict(option.partition("=")[::2] for option in options.split("&") if option)
        if not equals or not (colon or kind == HostKind.CGPU):
            faults.append(
                _fault(
                    f"{ENVIRONMENT}: {entry!r} is no host",
                    "write NAME=ssh:ADDRESS, NAME=cgpu or NAME=local:FOLDER, with spaces between them; a folder whose name has "
                    f"spaces goes into {hosts_file()}",
                )
            )
            continue
        if rest.startswith("//"):
            rest = f"{kind}:{rest}"
        if name in found:
            faults.append(_fault(f"{ENVIRONMENT}: {name} is named twice", "give each host a name of its own"))
        if rest:
            given["address" if kind == HostKind.SSH else "folder"] = rest
        if spec := _checked(name, {"kind": kind, **given}, ENVIRONMENT, faults):
            found[name] = spec
    return found


def _checked(name: str, given: Mapping[str, Any], origin: str, faults: list[Diagnostic]) -> HostSpec | None:
    problems = list(_problems(name, given, origin))
    faults += problems
    if problems:
        return None
    typed: dict[str, Any] = {
        word: _CHOICES[word](value) if word in _CHOICES else value for word, value in given.items()
    }
    if typed["kind"] is HostKind.LOCAL:
        typed.setdefault("python", sys.executable)
    return HostSpec(name=name, origin=origin, **typed)


def _problems(name: str, given: Mapping[str, Any], origin: str) -> list[Diagnostic]:
    if not _NAME.fullmatch(name):
        return [_fault(f"{origin}: {name!r} is no name for a host", "use letters, digits, - and _")]
    found = []
    for word, value in given.items():
        if word not in _WORDS:
            hint = did_you_mean(word, _WORDS) or _INSTEAD.get(word) or f"the keys are {', '.join(_WORDS)}"
            found.append(_fault(f"{origin}: {name} has an unknown key {word!r}", hint))
        elif not isinstance(value, str) or not value.strip():
            found.append(_fault(f"{origin}: {word} of {name} is no text", f'write {word} = "…"'))
        elif word in _CHOICES and value not in set(_CHOICES[word]):
            hint = did_you_mean(value, list(_CHOICES[word])) or f"write one of {', '.join(_CHOICES[word])}"
            found.append(_fault(f"{origin}: {value!r} is no {word}, which {name} has", hint))
        elif word in _OF_ONE_KIND and given.get("kind") in set(HostKind) - {_OF_ONE_KIND[word]}:
            found.append(
                _fault(f"{origin}: {name} has {word!r}, which is of kind {_OF_ONE_KIND[word]} only", "leave it out")
            )
        elif word == "address":
            try:
                parts_of(value)
            except ValueError as error:
                hint = f"write user@host or user@host:port, with a port from {PORTS[0]} to {PORTS[-1]}"
                if origin == ENVIRONMENT:
                    hint += "; spaces separate hosts"
                found.append(_fault(f"{origin}: the address of {name} cannot be right: {error}", hint))
    if "kind" not in given:
        found.append(_fault(f"{origin}: {name} has no kind", f'write kind = "{HostKind.SSH}"'))
    elif given["kind"] == HostKind.SSH and not given.get("address"):
        found.append(_fault(f"{origin}: {name} has no address", 'write address = "user@host"'))
    return found


def _fault(message: str, hint: str) -> Diagnostic:
    return Diagnostic(code="bad-host", message=message, hint=hint)
