"""An open connection to an SSH host, behind those to the hosts that are jumped over."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import paramiko

from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.proxy_command import ProxyCommand
from montage_recipe.upscale.hosts.ssh_faults import SSH_ERRORS, fault_of, greeting_fault
from montage_recipe.upscale.hosts.ssh_keys import check_host_key, known_types, log_in
from montage_recipe.upscale.hosts.ssh_way import Way
from montage_recipe.upscale.hosts.watch import Beat

_KEEPALIVE_S = 15
_UNHEARD_MS = 30_000  # sent data that nobody acknowledges for so long means that the connection is gone
_BEGINNING_BYTES = 200
# After half a gigabyte paramiko wants new keys, and waits for itself for ever where a channel is closed meanwhile, which at
# the end of a file is no rare thing. OpenSSH wants them after 64 GB.
_REKEY_BYTES = 1 << 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a host may take, in seconds."""

    connect_s: float = 10.0  # to take a connection, or to open a channel
    banner_s: float = 15.0  # to greet, and then to agree on keys
    login_s: float = 20.0  # for each key
    reply_s: float = 30.0  # to answer anything else, or to send or take the next piece

    @property
    def silence_s(self) -> float:
        """Longer than any of them: what takes longer is stuck where none of them is looked at."""
        return max(self.connect_s, 2 * self.banner_s, self.login_s, self.reply_s) + 5


PATIENCE = Patience()


class Wire:
    """A socket, or a channel through a jump host, as what a connection goes over.

    It remembers how the other side begins, which paramiko does not tell where that is no SSH. And to close it never fails:
    paramiko does so in a thread of its own, whose errors Python prints.
    """

    def __init__(self, inner: socket.socket | paramiko.Channel) -> None:
        self.beginning = b""
        self._inner = inner
        self.settimeout, self.send = inner.settimeout, inner.send

    def recv(self, size: int) -> bytes:
        data = self._inner.recv(size)
        if len(self.beginning) < _BEGINNING_BYTES:
            self.beginning += data
        return data

    def close(self) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            self._inner.close()

    @property
    def _closed(self) -> bool:
        return self._inner._closed  # type: ignore[union-attr, no-any-return] # what paramiko asks of any socket


class Line:
    """May be closed at any time and from any thread; what is under way on it then ends with an error."""

    def __init__(self, spec: HostSpec, patience: Patience = PATIENCE) -> None:
        self.spec, self.patience = spec, patience
        self._transport: paramiko.Transport | None = None
        self._hops: list[_Hop] = []
        self._closed = False
        log = logging.getLogger("paramiko")
        if not log.handlers:  # without one, Python prints what paramiko logs of every fault, tracebacks too
            log.addHandler(logging.NullHandler())

    @property
    def transport(self) -> paramiko.Transport:
        if self._transport is None or not self._transport.is_active():
            raise EOFError("the connection is closed")
        return self._transport

    def connect(self, ways: Sequence[Way], beat: Beat) -> None:
        """Raises HostError."""
        before: paramiko.Transport | None = None
        for number, way in enumerate(ways, start=1):
            doing = "reach" if number == len(ways) else f"reach the jump host {way.host} of"
            hop = _Hop(self.spec, way, doing, self.patience)
            self._hops.append(hop)
            if self._closed:  # looked at only now, as `close` may have missed this one
                raise EOFError("the connection was given up")
            before = hop.connect(before, beat)
        self._transport = before

    def close(self) -> None:
        """Never raises. The first connection is closed first: to end the others in peace might take long."""
        self._closed = True
        for hop in self._hops:
            hop.close()


class _Hop:
    def __init__(self, spec: HostSpec, way: Way, doing: str, patience: Patience) -> None:
        self._spec, self._way, self._doing, self._patience = spec, way, doing, patience
        self._closers: list[Callable[[], object]] = []
        self._closed = False
        self._proxy: ProxyCommand | None = None

    def connect(self, before: paramiko.Transport | None, beat: Beat) -> paramiko.Transport:
        """`before`: of the hop that leads here. Raises HostError."""
        try:
            wire = Wire(self._socket(before))
            self._keep(wire.close)
            beat()
            transport = self._transport_over(wire)
        except SSH_ERRORS as error:
            raise fault_of(self._spec, self._doing, error) from error
        try:
            transport.start_client()
        except Exception as error:  # what a broken peer provokes in paramiko's thread is raised here as it is
            late = transport.packetizer.handshake_timed_out()
            told, ended = (self._proxy.said(), self._proxy.ended()) if self._proxy else ("", None)
            raise greeting_fault(
                self._spec, self._doing, error, heard=wire.beginning, late=late, told=told, ended=ended
            ) from error
        beat()
        check_host_key(transport, self._way, self._spec)
        log_in(transport, self._way, self._spec, beat)
        transport.set_keepalive(_KEEPALIVE_S)
        return transport

    def close(self) -> None:
        self._closed = True
        for close in reversed(self._closers):
            with suppress(Exception):  # whatever a broken connection provokes: it is given up anyway
                close()

    def _keep(self, close: Callable[[], object]) -> None:
        self._closers.append(close)
        if self._closed:
            self.close()
            raise EOFError("the connection was given up")

    def _socket(self, before: paramiko.Transport | None) -> socket.socket | paramiko.Channel:
        way, wait_s = self._way, self._patience.connect_s
        if before:
            return before.open_channel("direct-tcpip", (way.host, way.port), ("127.0.0.1", 0), timeout=wait_s)
        if way.proxy_command:
            self._proxy = ProxyCommand(way.proxy_command)
            self._keep(self._proxy.close)
            return self._proxy.socket
        sock = socket.create_connection((way.host, way.port), timeout=wait_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)
        return sock

    def _transport_over(self, wire: Wire) -> paramiko.Transport:
        transport = paramiko.Transport(wire)  # type: ignore[arg-type] # it has all that paramiko asks of a socket
        self._keep(lambda: _close(transport))
        transport.banner_timeout = transport.handshake_timeout = self._patience.banner_s
        transport.auth_timeout = self._patience.login_s
        transport.channel_timeout = self._patience.connect_s
        transport.packetizer.REKEY_BYTES = _REKEY_BYTES
        options = transport.get_security_options()
        # Encrypts and signs in one call, which for paramiko makes a transfer faster by half.
        options.ciphers = sorted(options.ciphers, key=lambda name: "gcm" not in name)
        known = known_types(self._way, self._spec)
        options.key_types = sorted(options.key_types, key=lambda name: name not in known)
        return transport


def _close(transport: paramiko.Transport) -> None:
    transport.packetizer.complete_handshake()  # ends a timer that a program could not end before
    transport.close()
