"""Landlock and seccomp, called by their numbers: a process gives up rights for itself and all that it starts.

Landlock (linux/landlock.h) guards files, and TCP from ABI 4 on; sockets of every sort are refused by a seccomp filter.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_LOWEST_ABI = 3  # before, files could still be cut short by their names

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_BY_ABI = {3: (1 << 15) - 1, 5: (1 << 16) - 1}
_RULE_PATH_BENEATH = 1

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
# platform.machine() -> the number by which seccomp knows it, and of the calls socket and io_uring_setup (which makes
# sockets as well).
_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}

_LIBC = ctypes.CDLL(None, use_errno=True)  # found before any fork, where it may not be


@functools.cache
def abi() -> int:
    """The version that the kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def is_usable() -> bool:
    return abi() >= _LOWEST_ABI and platform.machine() in _MACHINES


def ruleset(*, readable: Iterable[Path], writable: Iterable[Path]) -> int:
    """A descriptor of rights: to read, run and list what is under `readable`, and to do anything under `writable`; nothing
    else. Raises OSError."""
    version = abi()
    everything = _ALL_BY_ABI[5 if version >= 5 else 3]
    # The size tells the kernel which fields there are: files, TCP (ABI 4), signals and abstract sockets (ABI 6).
    attributes = struct.pack("QQQ", everything, 3, 3)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    rules = _checked(_LIBC.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))
    try:
        for place in readable:
            _allow(rules, place, _EXECUTE | _READ_FILE | _READ_DIR)
        for place in writable:
            _allow(rules, place, everything)
    except OSError:
        os.close(rules)
        raise
    return rules


def _allow(rules: int, place: Path, rights: int) -> None:
    # /dev/null and the like have no path of their own to begin from; O_PATH opens nothing.
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        if not place.is_dir():
            rights &= ~_READ_DIR
        if place == Path("/dev/null"):
            rights |= _WRITE_FILE
        beneath = struct.pack("=Qi", rights, descriptor)
        _checked(_LIBC.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, beneath, ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)


def restrict(rules: int) -> None:
    """Holds this process to the rules, for good. Called between fork and exec: calls the kernel and nothing else. Raises
    OSError, so that the program is not started without."""
    _checked(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_LIBC.syscall(_RESTRICT_SELF, rules, ctypes.c_uint32(0)))
    _checked(_LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(_FILTER), 0, 0))


class _Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _no_sockets() -> _Program:
    """Answers EPERM to the calls that make sockets, and to any call of another architecture's numbering."""
    machine, socket, io_uring_setup = _MACHINES.get(platform.machine(), (0, 0, 0))
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, |JGE, BPF_RET
    allow, refuse = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM
    instructions = (
        (load, 0, 0, 4),  # the architecture
        (equal, 0, 5, machine),
        (load, 0, 0, 0),  # the call's number
        (at_least, 3, 0, 0x40000000),  # x32, which numbers them otherwise
        (equal, 2, 0, socket),
        (equal, 1, 0, io_uring_setup),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
    )
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    return _Program(len(instructions), code)


_FILTER = _no_sockets()


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
