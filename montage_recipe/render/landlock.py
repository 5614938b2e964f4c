"""Landlock and seccomp, called by their numbers: a process gives up rights for itself and all that it starts.

Landlock (linux/landlock.h) guards files, and TCP from ABI 4 on. A seccomp filter refuses sockets of every sort, and that there
be any other process: one that took a session of its own would outlive its parent, and us.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_LOWEST_ABI = 3  # before, files could still be cut short by their names

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_BY_ABI = {3: (1 << 15) - 1, 5: (1 << 16) - 1}
_RULE_PATH_BENEATH = 1

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_CLONE_THREAD = 0x10000
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """By which numbers seccomp knows a machine and its calls (linux/audit.h, asm/unistd.h)."""

    audit: int
    refused: tuple[int, ...]  # socket; io_uring_setup, which makes sockets as well; fork and vfork where there are such
    clone: int
    prctl: int
    clone3: int = 435


_MACHINES = {
    "x86_64": _Machine(audit=0xC000003E, refused=(41, 425, 57, 58), clone=56, prctl=157),
    "aarch64": _Machine(audit=0xC00000B7, refused=(198, 425), clone=220, prctl=167),
}

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


def _filter() -> _Program:
    """Answers EPERM to the calls that make sockets or processes, to the one by which a process outlives its parent's death, and
    to any call of another architecture's numbering.

    Threads are made by `clone`. What `clone3` makes stands in memory, where no filter looks: it is said not to exist, and the C
    libraries fall back on the other.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return _Program(0, b"")
    load, equal, at_least, any_bit, answer = (
        0x20,
        0x15,
        0x35,
        0x45,
        0x06,
    )  # BPF_LD|W|ABS, BPF_JMP|JEQ, |JGE, |JSET, BPF_RET
    errno_of = 0x00050000  # SECCOMP_RET_ERRNO
    number, architecture, argument = 0, 4, 16  # in struct seccomp_data; of the first argument the lower half
    # What is done, with which number, and where it goes on if that is so and if not: a name, or "" for the next line.
    lines = (
        ("", load, architecture, "", ""),
        ("", equal, machine.audit, "", "refuse"),
        ("", load, number, "", ""),
        ("", at_least, 0x40000000, "refuse", ""),  # x32, which numbers calls otherwise
        *(("", equal, call, "refuse", "") for call in machine.refused),
        ("", equal, machine.clone3, "missing", ""),
        ("", equal, machine.clone, "clone", ""),
        ("", equal, machine.prctl, "", "allow"),
        ("", load, argument, "", ""),
        ("", equal, _PR_SET_PDEATHSIG, "refuse", "allow"),
        ("clone", load, argument, "", ""),
        ("", any_bit, _CLONE_THREAD, "allow", "refuse"),
        ("allow", answer, 0x7FFF0000, "", ""),
        ("refuse", answer, errno_of | errno.EPERM, "", ""),
        ("missing", answer, errno_of | errno.ENOSYS, "", ""),
    )
    places = {name: place for place, (name, *_) in enumerate(lines) if name}

    def steps(here: int, name: str) -> int:
        return places[name] - here - 1 if name else 0

    code = b"".join(
        struct.pack("=HBBI", what, steps(here, if_so), steps(here, if_not), value)
        for here, (_, what, value, if_so, if_not) in enumerate(lines)
    )
    return _Program(len(lines), code)


_FILTER = _filter()


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
