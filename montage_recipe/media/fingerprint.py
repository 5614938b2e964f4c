"""A file's identity: the hash of its content, so that a renamed or touched file costs no new render."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from montage_recipe.media.source import open_regular, refusal
from montage_recipe.memo import Memo
from montage_recipe.stopping import Stop, heed, never
from montage_recipe.untrusted import Confinement

_BLOCK_BYTES = 4 << 20
# A change within the clock tick of the last one leaves size and times as they were, so a file that young is hashed
# again next time ("racily clean", as git calls it). Two seconds is the coarsest clock of a file system (FAT).
_RACY_NS = 2_000_000_000


def fingerprint(
    file: Path,
    *,
    memo: Memo | None = None,
    stop: Stop = never,
    within: Confinement | None = None,
    now_ns: Callable[[], int] = time.time_ns,
) -> str:
    """The sha256 of the content, in hex. Raises RecipeError for what is no regular file with content, or Interrupted."""
    with open_regular(file, within) as stream:
        before = os.fstat(stream.fileno())
        key = _key(file, before)
        if memo is not None and (known := memo.get(key)):
            return known
        digest = hashlib.sha256()
        block = memoryview(bytearray(_BLOCK_BYTES))
        try:
            while read := stream.readinto(block):  # type: ignore[attr-defined] # typeshed's BinaryIO lacks readinto
                digest.update(block[:read])
                heed(stop)
        except OSError as error:
            raise refusal(
                "media-unreadable", f"{file} cannot be read: {error.strerror}", "copy the file to another disk"
            ) from None
        after = os.fstat(stream.fileno())
    if _key(file, after) != key:
        raise refusal("media-changed", f"{file} changed while it was read", "wait until it is written completely")
    if memo is not None and now_ns() - max(after.st_mtime_ns, after.st_ctime_ns) > _RACY_NS:
        memo.put(key, digest.hexdigest())
    return digest.hexdigest()


def _key(file: Path, status: os.stat_result) -> str:
    times = f"{status.st_mtime_ns}:{status.st_ctime_ns}"
    # A file's name is bytes, and may be no text that can be stored.
    name = os.fsencode(file.absolute()).hex()
    return f"fingerprint:{name}:{status.st_size}:{times}:{status.st_ino}:{status.st_dev}"
