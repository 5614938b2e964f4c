"""ffmpeg's names for the code points of ITU-T H.273, which containers and codecs store as numbers."""

from __future__ import annotations

from collections.abc import Mapping

_PRIMARIES = "- bt709 - - bt470m bt470bg smpte170m smpte240m film bt2020 smpte428 smpte431 smpte432"
_TRANSFERS = (
    "- bt709 - - gamma22 gamma28 smpte170m smpte240m linear log100 log316 iec61966-2-4 bt1361e iec61966-2-1 "
    "bt2020-10 bt2020-12 smpte2084 smpte428 arib-std-b67"
)
_MATRICES = (
    "gbr bt709 - - fcc bt470bg smpte170m smpte240m ycgco bt2020nc bt2020c smpte2085 chroma-derived-nc "
    "chroma-derived-c ictcp"
)


def _numbered(names: str) -> Mapping[int, str]:
    """Names by code point, from 0; a dash stands for one that says nothing."""
    return {point: name for point, name in enumerate(names.split()) if name != "-"}


PRIMARIES = {**_numbered(_PRIMARIES), 22: "ebu3213"}
TRANSFERS = _numbered(_TRANSFERS)
MATRICES = _numbered(_MATRICES)
FULL_RANGE = 2  # AVCOL_RANGE_JPEG
