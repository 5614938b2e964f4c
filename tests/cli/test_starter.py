"""The recipe that `init` writes, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from montage_recipe.cli.starter import Found, Skipped, natural_key, starter_recipe
from montage_recipe.media.facts import AudioFacts, MediaFacts, MediaKind, VideoFacts
from montage_recipe.recipe.source import read_source
from montage_recipe.recipe.validate import validate

TRIP = Path("/trip")


PICTURE = VideoFacts(
    index=0,
    codec="h264",
    decoder=None,
    width=1920,
    height=1080,
    rotation=0,
    upright=True,
    sar=Fraction(1),
    rate=Fraction(30),
    constant_rate=True,
    pixel_format="yuv420p",
    bit_depth=8,
    alpha=False,
    interlaced=False,
    full_range=False,
    primaries=None,
    transfer=None,
    matrix=None,
    start=Fraction(0),
    duration=Fraction(60),
    frames=1800,
    keyframes=(),
    extradata="",
)
CLIP = MediaFacts(
    file="/trip/clip.mp4",
    fingerprint="0" * 64,
    size_bytes=1,
    container="mov",
    kind=MediaKind.VIDEO,
    duration=Fraction(60),
    seekable=True,
    animated=False,
    video=PICTURE,
    audio=None,
)


def picture(**changes: Any) -> VideoFacts:
    return replace(PICTURE, **changes)


def medium(name: str, **changes: Any) -> MediaFacts:
    """With a picture that lasts as long as the whole, unless told otherwise."""
    if (duration := changes.get("duration")) and "video" not in changes:
        changes["video"] = picture(duration=duration)
    return replace(CLIP, file=str(TRIP / name), **changes)


def photo(name: str, **changes: Any) -> MediaFacts:
    return medium(name, kind=MediaKind.IMAGE, duration=None, video=picture(rate=None, frames=1), **changes)


def song(name: str, seconds: int = 180) -> MediaFacts:
    heard = AudioFacts(
        index=0,
        codec="mp3",
        sample_rate=44100,
        channels=2,
        layout="stereo",
        start=Fraction(0),
        duration=Fraction(seconds),
    )
    return medium(name, kind=MediaKind.AUDIO, video=None, audio=heard, duration=Fraction(seconds))


def written(*media: MediaFacts, skipped: tuple[Skipped, ...] = (), title: str = "Trip") -> str:
    """The recipe, which is valid."""
    found = Found(title=title, media=media, skipped=skipped)
    text = starter_recipe(found, folder=TRIP, schema=Path("recipe.schema.json"), output="dist/trip.mp4")
    validate(read_source(text, TRIP / "recipe.yaml"), check_files=False)
    return text


def clips(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.startswith("  - {id: ")]


def test_numbers_in_names_count_as_numbers() -> None:
    assert sorted(["b2", "a10", "a9"], key=natural_key) == ["a9", "a10", "b2"]


def test_clips_come_in_the_order_they_were_captured() -> None:
    text = written(
        medium("z.mp4", captured="2024-01-01T10:00:00Z"),
        medium("a.mp4", captured="2024-01-01T11:00:00Z"),
        photo("m.jpg", captured="2024-01-01T10:30:00"),
    )
    assert [clip.split("src: ")[1][0] for clip in clips(text)] == ["z", "m", "a"]
    assert "in the order they were captured" in text


def test_clips_without_a_time_come_by_name_and_the_recipe_says_so() -> None:
    text = written(medium("clip10.mp4"), medium("clip9.mp4"))
    assert clips(text)[0].startswith("- {id: clip9")
    assert "by name, as none tells when it was captured" in text


def test_a_long_clip_gets_five_seconds_from_its_first_half() -> None:
    (clip,) = clips(written(medium("long.mp4", duration=Fraction(65))))
    assert "in: 20s, out: 25s" in clip


def test_a_short_clip_is_taken_whole() -> None:
    (clip,) = clips(written(medium("short.mp4", duration=Fraction(6))))
    assert "in:" not in clip and "out:" not in clip


def test_a_photo_lasts_three_seconds() -> None:
    assert "duration: 3s" in clips(written(photo("beach.jpg")))[0]


def test_a_clip_too_short_for_crossfades_is_cut_to_on_both_sides() -> None:
    text = written(medium("1.mp4"), medium("2.mp4", duration=Fraction(1)), medium("3.mp4"), medium("4.mp4"))
    assert ["transition: none" in clip for clip in clips(text)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("turns", "size"),
    [((90, 90, 0), "1080x1920"), ((90, 0, 0), "1920x1080"), ((270, 0), "1920x1080"), ((180,), "1920x1080")],
)
def test_the_canvas_is_upright_where_most_of_the_footage_is(turns: tuple[int, ...], size: str) -> None:
    media = (medium(f"{number}.mp4", video=picture(rotation=turn)) for number, turn in enumerate(turns))
    assert f"size: {size}" in written(*media)


@pytest.mark.parametrize(
    ("rates", "fps"),
    [(("25", "25", "30"), "25"), (("1000/33", "29.9"), "30"), (("30000/1001",), "30000/1001"), (("24", "30"), "30")],
)
def test_the_rate_is_that_of_most_of_the_footage(rates: tuple[str, ...], fps: str) -> None:
    media = (medium(f"{number}.mp4", video=picture(rate=Fraction(rate))) for number, rate in enumerate(rates))
    assert f"fps: {fps}}}" in written(*media)


def test_the_longest_music_is_played_under_the_clips_and_the_rest_is_offered() -> None:
    sounding = medium("clip.mp4", audio=song("x.mp3").audio)
    text = written(sounding, song("jingle.mp3", 5), song("theme.mp3", 200))
    assert "  - {src: theme, loop: true, volume: -12dB, fade_out: 2s}" in text
    assert "  # - {src: jingle, " in text


def test_music_over_silent_clips_keeps_its_volume() -> None:
    assert "volume" not in written(medium("clip.mp4"), song("theme.mp3"))


def test_files_that_were_left_out_are_named_with_the_reason() -> None:
    text = written(medium("clip.mp4"), skipped=(Skipped(file=TRIP / "b.heic", why="save it as JPEG"),))
    assert '# left out: "b.heic": save it as JPEG' in text


@pytest.mark.parametrize(
    "name",
    ["${place}.mp4", 'a "quoted": name.mp4', "# hash.mp4", "2024-05-01 10.00.mp4", "夏.mp4", "-dash-.mp4", "it's.mp4"],
)
def test_any_name_and_title_can_be_written(name: str) -> None:
    assert clips(written(medium(name), medium(f"other/{name}"), title=name))


def test_a_montage_without_room_for_a_title_has_none() -> None:
    assert "titles:" not in written(medium("blink.mp4", duration=Fraction(1)))


def test_sound_that_goes_on_after_the_picture_does_not_count() -> None:
    sound = AudioFacts(
        index=1, codec="aac", sample_rate=48000, channels=2, layout="stereo", start=Fraction(0), duration=Fraction(30)
    )
    short = replace(CLIP, duration=Fraction(30), video=picture(duration=Fraction(1)), audio=sound)
    lines = starter_recipe(
        Found(title="Trip", media=(short, replace(short, file="/trip/b.mp4"))),
        folder=TRIP,
        schema=Path("s.json"),
        output="dist/trip.mp4",
    )
    assert "in:" not in lines and "transition: none" in lines
