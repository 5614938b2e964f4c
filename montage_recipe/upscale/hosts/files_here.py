"""Files of this machine on their way to a host or from one: what goes wrong with them is not the host's fault."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from montage_recipe.diagnostics import StoreError
from montage_recipe.disk import disk_fault, disk_faults
from montage_recipe.upscale.hosts.inventory import HostSpec
from montage_recipe.upscale.hosts.port import named_fault
from montage_recipe.upscale.hosts.transfer import BLOCK_BYTES, resume_at, unfinished

_OF_THIS_MACHINE = ("disk-full", "too-many-files")


@contextmanager
def faults_here(spec: HostSpec, doing: str, *, otherwise: str) -> Iterator[None]:
    """For OSErrors raises StoreError where this machine is short of something, and else HostError with the cause
    `otherwise`."""
    try:
        yield
    except OSError as error:
        fault = disk_fault(error, f"{doing} {spec.name}")
        if fault.code in _OF_THIS_MACHINE:
            raise StoreError([fault]) from error
        raise named_fault(spec, doing, otherwise, str(error)) from error


def read_here(
    spec: HostSpec, doing: str, file: Path, start: int = 0, *, otherwise: str = "input-missing"
) -> Iterator[bytes]:
    """The file's content from `start` on, in blocks. Raises HostError, or StoreError."""
    with faults_here(spec, doing, otherwise=otherwise), file.open("rb") as stream:
        stream.seek(start)
        while block := stream.read(BLOCK_BYTES):
            yield block


def sha256_of(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def receive(
    spec: HostSpec,
    doing: str,
    file: Path,
    *,
    sha256: str,
    blocks_from: Callable[[int], Iterator[bytes]],
) -> None:
    """Writes a file that arrives, and goes on with what there is of it; `blocks_from` yields its content from a place on.
    Raises StoreError where it cannot be written, HostError where it arrives damaged.

    `blocks_from` raises HostError, never OSError, which would be taken for a fault of this machine's disk.
    """
    with disk_faults(f"{doing} {spec.name}"):
        part = file.with_name(unfinished(file.name, sha256))
        there = part.stat().st_size if part.exists() else 0
        start = resume_at(there, there)
        blocks = blocks_from(start)
        first = next(blocks, b"")  # before anything is made here: there may be nothing to fetch
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with part.open("r+b" if start else "wb") as sink:
            left = start
            while left and (block := sink.read(min(BLOCK_BYTES, left))):
                digest.update(block)
                left -= len(block)
            for block in chain((first,), blocks):
                sink.write(block)
                digest.update(block)
        whole = digest.hexdigest() == sha256
        if whole:
            part.replace(file)
        else:
            part.unlink()
    if not whole:
        raise named_fault(spec, doing, "output-verify-failed", f"{file.name} arrived damaged")
