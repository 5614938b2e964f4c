"""Whether a file on the disk has the content that a revision knows by its hash: git's own hash, or that of Git LFS."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from montage_recipe.diagnostics import RecipeError
from montage_recipe.media.fingerprint import fingerprint
from montage_recipe.media.source import is_lfs_pointer, open_regular
from montage_recipe.memo import Memo
from montage_recipe.revisions.git import Entry
from montage_recipe.stopping import Stop, heed
from montage_recipe.untrusted import Confinement

LARGEST_POINTER_BYTES = 1024  # https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_BLOCK_BYTES = 1 << 20
_SHA1_LETTERS = 40  # of a hash in hex; a repository of the other kind has SHA-256


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a text of Git LFS says of the file that it stands for."""

    sha256: str  # in hex
    size_bytes: int

    @property
    def place(self) -> Path:
        """Of the file, below git's `lfs/objects`."""
        return Path(self.sha256[:2], self.sha256[2:4], self.sha256)


def pointer_in(content: bytes) -> Pointer | None:
    """None where the content is no pointer of Git LFS."""
    if len(content) > LARGEST_POINTER_BYTES or not is_lfs_pointer(content):
        return None
    sha256 = re.search(rb"^oid sha256:([0-9a-f]{64})$", content, re.MULTILINE)
    size = re.search(rb"^size (\d{1,18})$", content, re.MULTILINE)
    return Pointer(sha256[1].decode(), int(size[1])) if sha256 and size else None


def has_content(file: Path, pointer: Pointer, *, memo: Memo, within: Confinement | None, stop: Stop) -> bool:
    """Whether the file is the one that a pointer stands for; False too where it may not be read. Raises Interrupted."""
    try:
        return file.stat().st_size == pointer.size_bytes and (
            fingerprint(file, memo=memo, within=within, stop=stop) == pointer.sha256
        )
    except (RecipeError, OSError):
        return False


def is_blob(file: Path, entry: Entry, within: Confinement | None, stop: Stop) -> bool:
    """Whether the file has the content of an entry, byte by byte; False too where it may not be read. Raises Interrupted.

    Git's hash of a file is that of "blob", its size and its content (git-hash-object).
    """
    try:
        with open_regular(file, within) as stream:
            size = os.fstat(stream.fileno()).st_size
            if entry.size_bytes not in (None, size):
                return False
            named = hashlib.sha1(usedforsecurity=False) if len(entry.oid) == _SHA1_LETTERS else hashlib.sha256()
            named.update(b"blob %d\0" % size)
            while block := stream.read(_BLOCK_BYTES):
                named.update(block)
                heed(stop)
            return named.hexdigest() == entry.oid
    except (RecipeError, OSError):
        return False
