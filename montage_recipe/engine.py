"""What the ffmpeg in use is. Found by `render.engine`; an argument to everything that plans."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    path: str  # the program, absolute
    origin: str  # for people: "imageio-ffmpeg 0.8.1", "MONTAGE_FFMPEG", "settings"
    version: tuple[int, int]  # (5, 1), (9, 0); (0, 0) for a build that does not say
    version_text: str  # "n9.0.2-17-g2a571b6068-20260930"
    build_id: str  # sha256 of what `-version` prints and of its shared libraries; part of every job's key
    filters: frozenset[str]
    encoders: frozenset[str]
    decoders: frozenset[str]
    transitions: frozenset[str]  # values the xfade filter's `transition` option takes
