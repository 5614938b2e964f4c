"""Where the folders that lie beside the package in a checkout are: inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_dir(name: str) -> Path:
    """The folder `schemas`, `templates` or `recipes`; the packaged one if there is one, else the package's sibling."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
