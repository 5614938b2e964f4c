"""What paramiko and sockets raise, as faults with a cause."""

from __future__ import annotations

import errno
import socket

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from montage_recipe.diagnostics import HostError
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import host_fault, named_fault

# What a call over SSH may raise. EOFError, which is none of the others, is what a killed session becomes.
SSH_ERRORS = (paramiko.SSHException, OSError, EOFError)

# The first that fits counts.
_BY_CLASS: tuple[tuple[type[BaseException], str], ...] = (
    (paramiko.BadHostKeyException, "host-key-changed"),
    (paramiko.PasswordRequiredException, "key-passphrase"),
    (paramiko.AuthenticationException, "auth-denied"),
    (IncompatiblePeer, "kex-mismatch"),
    (paramiko.ChannelException, "connection-refused"),  # of a jump host, that the next one cannot be reached from it
    (socket.gaierror, "dns-failure"),
    (TimeoutError, "connection-timeout"),
    (ConnectionRefusedError, "connection-refused"),
    (ConnectionResetError, "connection-reset"),
    (ConnectionError, "connection-lost"),
    (EOFError, "connection-lost"),
)
_BY_NUMBER = {
    errno.EHOSTUNREACH: "no-route",
    errno.EHOSTDOWN: "no-route",
    errno.ENETUNREACH: "network-unreachable",
    errno.ENETDOWN: "network-unreachable",
}
_NOT_FOUND = 127  # what shells end with
_BY_TEXT = (
    ("Timeout opening channel", "connection-timeout"),
    ("Key-exchange timed out", "connection-timeout"),
    ("No existing session", "connection-lost"),
    ("Channel closed", "connection-lost"),
    ("Channel is not open", "connection-lost"),
    ("Unable to open channel", "connection-lost"),
    ("Negotiation failed", "connection-closed"),
)


def fault_of(spec: HostSpec, doing: str, error: BaseException) -> HostError:
    """`doing` as in `named_fault`."""
    said = str(error)
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:  # nobody was there to ask for the name
        return named_fault(spec, doing, "network-unreachable", said)
    for kind, cause in _BY_CLASS:
        if isinstance(error, kind):
            return named_fault(spec, doing, cause, said)
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        return named_fault(spec, doing, _BY_NUMBER[error.errno], said)
    for text, cause in _BY_TEXT:
        if text in said:
            return named_fault(spec, doing, cause, said)
    kind = type(error)
    return host_fault(spec, doing, f"paramiko: {kind.__module__}.{kind.__name__}: {said}")


def greeting_fault(
    spec: HostSpec,
    doing: str,
    error: BaseException,
    *,
    heard: bytes,
    late: bool,
    told: str = "",
    ended: int | None = None,
) -> HostError:
    """Of what failed before the other side had shown its key: `heard` is how it began to speak, where that is known,
    `late` whether it was too slow, and of a ProxyCommand `told` is what it says, and `ended` its exit status."""
    if heard and not heard.startswith(b"SSH-"):
        first = heard.splitlines()[0][:80].decode("utf-8", "replace")
        return named_fault(spec, doing, "not-ssh-server", f"it says {first!r}")
    if ended is not None and not heard:
        last = told.splitlines()[-1] if told else "it said nothing"
        cause = "command-missing" if ended == _NOT_FOUND else "proxy-command-failed"
        return named_fault(spec, doing, cause, f"the ProxyCommand ended with status {ended}: {last}")
    # paramiko says "Error reading SSH protocol banner" of everything; what it was, Python remembers.
    inner = error.__context__ if isinstance(error.__context__, OSError | EOFError) else error
    if late or isinstance(inner, TimeoutError):
        return named_fault(spec, doing, "connection-timeout", told or "the connection was taken, and not answered")
    if isinstance(inner, EOFError) or (told and isinstance(inner, ConnectionError)):
        return named_fault(spec, doing, "connection-closed", told)
    return fault_of(spec, doing, inner)
