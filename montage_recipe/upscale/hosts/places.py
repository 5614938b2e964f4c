"""Names of places on a host."""

from __future__ import annotations


def below(place: str) -> str:
    """`place` as it is. Raises ValueError where it does not lie below the host's folder: nothing else is ever touched.

    >>> below("jobs/a1/result.mp4")
    'jobs/a1/result.mp4'
    >>> below("../.ssh/authorized_keys")
    Traceback (most recent call last):
    ValueError: '../.ssh/authorized_keys' is no place below a host's folder
    """
    if "\0" in place or any(part in ("", ".", "..") for part in place.split("/")):
        raise ValueError(f"{place!r} is no place below a host's folder")
    return place
