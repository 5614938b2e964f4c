from __future__ import annotations

import pytest

from montage_recipe.media.capture import capture_time
from montage_recipe.media.exif import exif_times


def test_apples_own_tag_with_the_places_time_comes_first() -> None:
    tags = {"creation_time": "2012-05-09T18:46:38Z", "com.apple.quicktime.creationdate": "2012-05-09T14:46:38-0400"}
    assert capture_time(tags) == "2012-05-09T14:46:38-0400"


@pytest.mark.parametrize("unset", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0000:00:00 00:00:00", "soon", ""])
def test_a_clock_that_was_never_set_tells_nothing(unset: str) -> None:
    assert capture_time({"creation_time": unset}, {"DateTimeOriginal": unset}) is None


@pytest.mark.parametrize(
    "damage", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_a_damaged_exif_block_has_no_times(damage: bytes) -> None:
    assert exif_times(b"\xff\xd8\xff\xe1" + damage) == {}
