"""What paramiko and sockets raise becomes a HostError with a cause: nothing of theirs gets further."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import paramiko
import pytest
from paramiko.ssh_exception import IncompatiblePeer, NoValidConnectionsError

from montage_recipe.diagnostics import HostError
from montage_recipe.upscale.causes import CAUSES
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.ssh_faults import SSH_ERRORS, fault_of, greeting_fault

SPEC = HostSpec(name="studio", kind=HostKind.SSH, address="me@studio.example")
KEY = paramiko.RSAKey.generate(2048)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (paramiko.BadHostKeyException("studio", KEY, KEY), "host-key-changed"),
        (paramiko.PasswordRequiredException("Private key file is encrypted"), "key-passphrase"),
        (paramiko.AuthenticationException("Authentication failed."), "auth-denied"),
        (paramiko.BadAuthenticationType("Bad authentication type", ["password"]), "auth-denied"),
        (IncompatiblePeer("no acceptable ciphers"), "kex-mismatch"),
        (paramiko.ChannelException(2, "Connect failed"), "connection-refused"),
        (paramiko.SSHException("Timeout opening channel."), "connection-timeout"),
        (paramiko.SSHException("Key-exchange timed out waiting for key negotiation"), "connection-timeout"),
        (paramiko.SSHException("SSH session not active"), "connection-lost"),
        (paramiko.SSHException("Server connection dropped: "), "connection-lost"),
        (paramiko.SSHException("Channel closed."), "connection-lost"),
        (paramiko.SSHException("No existing session"), "connection-lost"),
        (paramiko.SSHException("something new"), "connection-lost"),
        (NoValidConnectionsError({("::1", 22): OSError("x")}), "connection-refused"),
        (EOFError(), "connection-lost"),
        (TimeoutError(), "connection-timeout"),
        (socket.gaierror(-2, "Name or service not known"), "dns-failure"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "network-unreachable"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "connection-refused"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "connection-reset"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "connection-lost"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no-route"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network-unreachable"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "connection-timeout"),
        (OSError("Socket is closed"), "connection-lost"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__} {value}"[:50],
)
def test_each_error_has_its_cause(error: Exception, cause: str) -> None:
    assert isinstance(error, SSH_ERRORS)
    fault = fault_of(SPEC, "reach", error)
    assert fault.cause == cause
    assert str(fault).startswith("cannot reach studio (me@studio.example): ")
    assert CAUSES[cause].remedy in str(fault)
    assert "Errno" not in str(fault)


def raised_in(context: BaseException | None, text: str) -> paramiko.SSHException:
    """As paramiko raises it, whose text is the same for all."""
    error = paramiko.SSHException(text)
    error.__context__ = context
    return error


@pytest.mark.parametrize(
    ("context", "heard", "late", "cause"),
    [
        (TimeoutError(), b"", False, "connection-timeout"),
        (EOFError(), b"", False, "connection-closed"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), b"", False, "connection-reset"),
        (EOFError(), b"HTTP/1.1 400 Bad Request\r\n", False, "not-ssh-server"),
        (EOFError(), b"SSH-2.0-OpenSSH_9.2\r\n", True, "connection-timeout"),
        (EOFError(), b"SSH-2.0-OpenSSH_9.2\r\n", False, "connection-closed"),
    ],
)
def test_a_greeting_that_fails_is_told_apart(context: BaseException, heard: bytes, late: bool, cause: str) -> None:
    error = raised_in(context, "Error reading SSH protocol banner")
    assert greeting_fault(SPEC, "reach", error, heard=heard, late=late).cause == cause


def test_every_fault_is_a_host_error(tmp_path: Path) -> None:
    assert isinstance(fault_of(SPEC, "use", OSError()), HostError)
