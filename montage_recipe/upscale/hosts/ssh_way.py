"""The way to an SSH host, as its address and `~/.ssh/config` say it."""

from __future__ import annotations

import getpass
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

import paramiko

from montage_recipe.diagnostics import Diagnostic, HostError
from montage_recipe.upscale.hosts.inventory import PORTS, HostSpec, parts_of
from montage_recipe.wording import without_numbers

_BLOCK = re.compile(r"(?i)\s*(?:host|match)[\s=]")
_INCLUDE = re.compile(r"(?i)\s*include[\s=]+(?P<patterns>.+)")
_DEEPEST = 16  # files that include files, and hosts behind hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    host: str
    port: int
    user: str
    keys: tuple[Path, ...]  # that the configuration names; () means the usual ones
    only_these_keys: bool
    known_hosts: tuple[Path, ...]
    proxy_command: str  # "" for none
    key_alias: str = ""  # HostKeyAlias, in small letters

    @property
    def known_as(self) -> str:
        """In known_hosts. An alias stands for name and port, as it does for ssh."""
        if self.key_alias:
            return self.key_alias
        return self.host.lower() if self.port == 22 else f"[{self.host.lower()}]:{self.port}"


def ways_to(spec: HostSpec, config: Path | None = None) -> tuple[Way, ...]:
    """The hosts that are jumped over, in this order, and at the end the host itself. Raises HostError.

    Without `config`, the user's configuration counts, and after it the system's.
    """
    files = (config,) if config else (Path.home() / ".ssh" / "config", Path("/etc/ssh/ssh_config"))
    try:
        text = "".join(f"{line}\n" for file in files if file.exists() for line in ("Host *", *_lines(file)))
        return _ways(spec.address, text)
    # KeyError is getpass's, for a user without a name; ImportError paramiko's, for `Match exec` without invoke.
    except (OSError, ValueError, KeyError, ImportError, paramiko.SSHException) as error:
        message = f"cannot find the way to {spec.name} ({spec.address}): {without_numbers(str(error))}"
        hint = "correct the address, or the SSH configuration: `ssh -G ADDRESS` shows how ssh reads it"
        raise HostError([Diagnostic(code="dns-failure", message=message, hint=hint)]) from error


def _lines(file: Path, depth: int = 0) -> Iterator[str]:
    """Those of a configuration and of the files that it includes, of which paramiko takes no notice."""
    if depth > _DEEPEST:
        raise ValueError(f"{file} includes itself")
    block = "Host *"
    for line in file.read_text(encoding="utf-8").splitlines():
        if include := _INCLUDE.fullmatch(line):
            for pattern in shlex.split(include["patterns"], comments=True):
                where = str(file.parent / Path(pattern).expanduser())
                for found in sorted(glob(where)):  # noqa: PTH207 - Path.glob takes no absolute pattern
                    yield from _lines(Path(found), depth + 1)
            yield block  # what follows belongs to it again
        else:
            block = line if _BLOCK.match(line) else block
            yield line


def _ways(address: str, text: str, depth: int = 0) -> tuple[Way, ...]:
    if depth > _DEEPEST:
        raise ValueError("its jump hosts lead in a circle")
    way, jumps = _looked_up(address, text)
    if not jumps:
        return (way,)
    first, *others = jumps
    behind = (*(_looked_up(other, text)[0] for other in others), way)
    return (*_ways(first, text, depth + 1), *(replace(one, proxy_command="") for one in behind))


def _looked_up(address: str, text: str) -> tuple[Way, tuple[str, ...]]:
    """A host's own way, and the addresses of the hosts before it."""
    match = parts_of(address)
    # The first value counts: what the address says goes before the configuration, and so into its %p and %r as well.
    given = "".join(f"{key} {match[key]}\n" for key in ("user", "port") if match[key])
    alias = match["host"].strip("[]")
    said: Mapping[str, Any] = paramiko.SSHConfig.from_text(given + text).lookup(alias)
    own_known_hosts = said.get("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2").split()
    port = int(said.get("port", 22))
    if port not in PORTS:
        raise ValueError(f"{port} is no port")
    way = Way(
        host=said.get("hostname", alias),
        port=port,
        user=said.get("user") or getpass.getuser(),
        keys=tuple(Path(key).expanduser() for key in said.get("identityfile", ()) if key.lower() != "none"),
        only_these_keys=said.get("identitiesonly", "no").lower() == "yes",
        known_hosts=(Path("/etc/ssh/ssh_known_hosts"), *(Path(name).expanduser() for name in own_known_hosts)),
        proxy_command=_proxy(said, "proxycommand").replace("%n", alias).replace("%%", "%"),
        key_alias=said.get("hostkeyalias", "").lower(),
    )
    return way, tuple(jump.strip() for jump in _proxy(said, "proxyjump").split(",") if jump.strip())


def _proxy(said: Mapping[str, Any], key: str) -> str:
    """Of ProxyJump and ProxyCommand the one that is named first counts, even if it says none."""
    first = next((word for word in said if word in ("proxyjump", "proxycommand")), "")
    value = said[first] if first == key else None  # paramiko makes None of `ProxyCommand none`
    return "" if value is None or value.lower() == "none" else str(value)
