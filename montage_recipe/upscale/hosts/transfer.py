"""Files that travel in pieces and arrive whole: an unfinished one has another name, and is gone on with next time."""

from __future__ import annotations

BLOCK_BYTES = 1 << 18
# A transfer that broke off may have left half-written blocks at its end.
_DOUBTFUL_BYTES = 1 << 20


def unfinished(name: str, sha256: str) -> str:
    """What a file is called until it is complete; another content goes by another name."""
    return f"{name}.part-{sha256[:16]}"


def resume_at(there_bytes: int, all_bytes: int) -> int:
    """Where to go on when `there_bytes` have arrived.

    >>> resume_at(0, 10), resume_at(5_000_000, 9_000_000), resume_at(11, 10)
    (0, 3951424, 0)
    """
    return max(0, there_bytes - _DOUBTFUL_BYTES) if there_bytes <= all_bytes else 0
