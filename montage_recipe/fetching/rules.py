"""Which addresses may be fetched from. Asked for the recipe's own address and for each that it leads on to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`only` are hosts as `name_of` calls them; None is any host."""

    only: frozenset[str] | None = None
    insecure_http: bool = False  # plain HTTP from other machines than this one
    most_bytes: int | None = None  # of one file


def why_not(url: str, rules: Rules) -> str:
    """Why `url` is refused, as what can follow the name of its host; empty where it is not."""
    try:
        scheme, name = urlsplit(url).scheme, name_of(url)
    except ValueError:
        return "is no address that can be read"
    if scheme not in _PORTS or not name:
        return f"is an address of the kind {scheme or 'none'}: only https and http are fetched"
    if rules.only is not None and name not in rules.only:
        return f"is not a host that you allowed: --allow-host {name}"
    if scheme == "http" and not rules.insecure_http and not is_this_machine(url):
        return (
            "is asked by plain HTTP, which anybody on the way can read: write https://, or allow it by --insecure-http"
        )
    return ""


def name_of(url: str) -> str:
    """The host in small letters, with its port where that is not the usual one. Raises ValueError.

    >>> name_of("https://Media.example.org:443/a"), name_of("http://[::1]:8000/a")
    ('media.example.org', '[::1]:8000')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def is_this_machine(url: str) -> bool:
    """Whether what is sent stays on this machine.

    >>> is_this_machine("http://127.0.0.1:8000/a"), is_this_machine("http://localhost/a"), is_this_machine("http://127.evil.org/")
    (True, True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
