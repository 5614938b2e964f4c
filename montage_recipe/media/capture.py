"""When a picture was taken, from the tags that cameras write."""

from __future__ import annotations

import re
from collections.abc import Mapping

# The first that is there counts: Apple's has the place's own time, EXIF too; creation_time is UTC by its definition.
_TAGS = ("com.apple.quicktime.creationdate", "DateTimeOriginal", "creation_time", "DateTime")
_TIME = re.compile(
    r"(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?",
)
_EARLIEST_YEAR = 1980  # clocks that were never set count from 1904, 1970 or 1980


def capture_time(*tags: Mapping[str, str]) -> str | None:
    """ISO 8601, without a zone where the camera gave none.

    >>> capture_time({"creation_time": "2023-03-16T15:26:24.000000Z"})
    '2023-03-16T15:26:24Z'
    >>> capture_time({"DateTimeOriginal": "2008:05:04 12:00:01"})
    '2008-05-04T12:00:01'
    """
    for tag in _TAGS:
        for group in tags:
            match = _TIME.match(group.get(tag, ""))
            if match and int(match[1]) > _EARLIEST_YEAR:
                year, month, day, hour, minute, second, zone = match.groups()
                return f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone or ''}"
    return None
