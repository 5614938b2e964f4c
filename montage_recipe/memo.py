"""What may be remembered between runs, so that a second build asks neither ffmpeg nor the media again."""

from __future__ import annotations

from typing import Protocol


class Memo(Protocol):
    """Texts by key; may forget anything at any time. Must be safe to call from several threads."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...
