"""The keys that are offered to an SSH host, and the one that it shows."""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import paramiko

from montage_recipe.diagnostics import HostError
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import named_fault
from montage_recipe.upscale.hosts.ssh_way import Way
from montage_recipe.upscale.hosts.watch import Beat

_USUAL = ("id_ed25519", "id_ecdsa", "id_rsa")
_FEWEST_ATTEMPTS = 3  # no server that hangs up after less does so because of the number of keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    usable: tuple[paramiko.PKey, ...]  # in the order in which they are offered
    missing: tuple[Path, ...]
    exposed: tuple[Path, ...]  # to others, who can read them
    locked: tuple[Path, ...]  # behind a passphrase, and not in the agent
    invalid: tuple[Path, ...]


def check_host_key(transport: paramiko.Transport, way: Way, spec: HostSpec) -> None:
    """Raises HostError unless known_hosts holds the key that the host has shown, and does not revoke it."""
    shown = transport.get_remote_server_key()
    known = known_keys(way, spec)
    told = f"{way.known_as} shows the key {shown.get_name()} {shown.fingerprint}"
    for one in known:
        if one.revoked and one.key == shown and one.is_of(way):
            remedy = "ask its owner for another key; this one must not be trusted"
            raise named_fault(
                spec, "trust", "host-key-changed", f"{told}, which {one.file}:{one.line} revokes", remedy=remedy
            )
    if any(not one.revoked and one.keys.check(way.known_as, shown) for one in known):
        return
    for one in known:
        if not one.revoked and one.keys.lookup(way.known_as):
            remove = shlex.join(("ssh-keygen", "-R", way.known_as, "-f", str(one.file)))
            remedy = f"ask its owner whether it has a new one; only then remove the old one with `{remove}`"
            raise named_fault(
                spec, "trust", "host-key-changed", f"{told}, and {one.file}:{one.line} holds another one", remedy=remedy
            )
    files = ", ".join(str(file) for file in way.known_hosts)
    line = f"`ssh-keyscan -p {way.port} {way.host}` prints the line that is missing in one of {files}"
    if way.key_alias:
        line += f", where it has to begin with {way.key_alias}"
    raise named_fault(spec, "trust", "host-key-unknown", f"{told}; {line}")


@dataclass(frozen=True, slots=True)
class Known:
    """One line of known_hosts. Of two keys of one type for one host, paramiko would compare only the first in a file."""

    keys: paramiko.HostKeys
    key: paramiko.PKey
    names: tuple[str, ...]  # of hosts, patterns among them, of which paramiko takes no notice
    revoked: bool
    file: Path
    line: int  # from 1

    def is_of(self, way: Way) -> bool:
        """Whether a name or a pattern in it fits the host, at any port; one name that is excepted by a `!` fits too."""
        patterns = [name.lower().lstrip("!").replace("[", "[[]") for name in self.names]
        host = way.key_alias or way.host.lower()
        fits = any(fnmatchcase(name, pattern) for name in (way.known_as, host) for pattern in patterns)
        return fits or self.keys.lookup(way.known_as) is not None


def known_keys(way: Way, spec: HostSpec) -> list[Known]:
    """Lines that make no sense are left out, as ssh leaves them out; and so are those of certificate authorities."""
    found = []
    try:
        texts = {file: file.read_text(encoding="utf-8", errors="replace") for file in way.known_hosts if file.exists()}
    except OSError as error:
        raise named_fault(spec, "trust", "host-key-unknown", str(error)) from error
    for file, number, line in (
        (file, number, line) for file, text in texts.items() for number, line in enumerate(text.splitlines(), start=1)
    ):
        marker, rest = line.split(maxsplit=1) if line.startswith("@") and " " in line else ("", line)
        if marker in ("", "@revoked") and (entry := _entry(rest)):
            keys = paramiko.HostKeys()
            for name in entry.hostnames:
                keys.add(name, entry.key.get_name(), entry.key)
            found.append(Known(keys, entry.key, tuple(entry.hostnames), marker == "@revoked", file, number))
    return found


def _entry(line: str) -> paramiko.hostkeys.HostKeyEntry | None:
    try:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(line)
    except (paramiko.SSHException, paramiko.hostkeys.InvalidHostKey):
        return None
    return entry if entry and entry.key else None


def known_types(way: Way, spec: HostSpec) -> set[str]:
    """Of the keys that known_hosts holds for the host, as key types are called when they are agreed on."""
    known = [one.keys for one in known_keys(way, spec) if not one.revoked]
    names = {name for keys in known for name in keys.lookup(way.known_as) or ()}
    return names | {"rsa-sha2-512", "rsa-sha2-256"} if "ssh-rsa" in names else names


def log_in(transport: paramiko.Transport, way: Way, spec: HostSpec, beat: Beat) -> None:
    """Offers one key after the other. Raises HostError where none is accepted."""
    with closing(paramiko.Agent()) as agent:
        keys = keys_for(way, agent.get_keys())
        offered, last = 0, paramiko.SSHException("there is no key to offer")
        for key in keys.usable:
            offered += 1
            try:
                more = transport.auth_publickey(way.user, key)
            except paramiko.SSHException as error:
                last = error
                if not transport.is_active():
                    break
            else:
                if not more:
                    return
                last = paramiko.SSHException(f"it accepts a key, but wants {' or '.join(more)} too")
            beat()
    if not transport.is_active():
        cause = "too-many-auth-failures" if offered >= _FEWEST_ATTEMPTS else "connection-closed"
        raise named_fault(spec, f"log in as {way.user} to", cause, f"{last} (at key {offered})") from last
    raise _refused(spec, way, keys, last) from last


def _refused(spec: HostSpec, way: Way, keys: Keys, last: paramiko.SSHException) -> HostError:
    doing = f"log in as {way.user} to"
    if "timeout" in str(last):
        return named_fault(spec, doing, "connection-timeout", str(last))
    for cause, files in (
        ("key-missing", keys.missing),
        ("key-permissions", keys.exposed),
        ("key-passphrase", keys.locked),
        ("key-invalid", keys.invalid),
    ):
        if files:
            return named_fault(spec, doing, cause, ", ".join(str(file) for file in files))
    offered = ", ".join(f"{key.get_name()} {key.fingerprint}" for key in keys.usable)
    return named_fault(spec, doing, "auth-denied", f"{last}; offered: {offered}" if offered else str(last))


def keys_for(way: Way, held: Sequence[paramiko.PKey]) -> Keys:
    """`held` are those of the agent."""
    left = {key.asbytes(): key for key in held}
    usable: list[paramiko.PKey] = []
    missing, exposed, locked, invalid = [], [], [], []
    for file in way.keys or tuple(file for name in _USUAL if (file := Path.home() / ".ssh" / name).exists()):
        in_agent = left.pop(_public_part(file), None)
        try:
            if in_agent is None and _is_exposed(file):
                exposed.append(file)
                continue
            usable.append(in_agent or paramiko.PKey.from_path(file))
        except FileNotFoundError:
            missing.append(file)
        except (TypeError, paramiko.PasswordRequiredException):  # TypeError is what cryptography makes of it
            locked.append(file)
        except Exception:  # of several libraries, each with its own; whatever it is, this file holds no key
            invalid.append(file)
    others = () if way.only_these_keys else tuple(left.values())
    return Keys(
        usable=(*usable, *others),
        missing=tuple(missing),
        exposed=tuple(exposed),
        locked=tuple(locked),
        invalid=tuple(invalid),
    )


def _is_exposed(file: Path) -> bool:
    """Whether ssh would leave it alone, as its owner lets others at it."""
    found = file.stat()
    return file.suffix != ".pub" and found.st_uid == os.getuid() and bool(found.st_mode & 0o077)


def _public_part(file: Path) -> bytes:
    """b"" where it is not known."""
    public = file if file.suffix == ".pub" else file.with_name(f"{file.name}.pub")
    try:
        return base64.b64decode(public.read_text(encoding="utf-8").split()[1])
    except (OSError, ValueError, IndexError):
        return b""
