"""Named sets of encoder settings for an output file; `outputs: [{profile: h264-1080p}]`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    name: str
    doc: str
    width: int  # the canvas where the recipe gives no size
    height: int
    preset: str  # x264's preset
    crf: int  # x264's constant rate factor: 0 lossless, 18 to 23 usual, 51 worst
    audio_bitrate: str


# How many pictures x264 looks ahead, by preset. From `fast` on x264's own choice would be 30 to 60: at 1080p that is 7 MB
# a picture, more than all else in the process, and a segment holds few more pictures than that anyway.
LOOKAHEAD = {
    "ultrafast": 0,
    "superfast": 0,
    "veryfast": 10,
    "faster": 20,
    "fast": 20,
    "medium": 20,
    "slow": 20,
    "slower": 20,
    "veryslow": 20,
}
PRESETS = tuple(LOOKAHEAD)


def _h264(name: str, width: int, height: int, doc: str, *, preset: str = "medium", crf: int = 20) -> Profile:
    return Profile(name=name, doc=doc, width=width, height=height, preset=preset, crf=crf, audio_bitrate="192k")


ALL_PROFILES: tuple[Profile, ...] = (
    _h264("h264-720p", 1280, 720, "H.264 and AAC in MP4, for mail and messengers."),
    _h264("h264-1080p", 1920, 1080, "H.264 and AAC in MP4; plays everywhere. The default."),
    _h264("h264-2160p", 3840, 2160, "H.264 and AAC in MP4 at 4K."),
    _h264(
        "h264-draft",
        640,
        360,
        "Small and quick, to judge a cut by; give that output a small `canvas` too.",
        preset="ultrafast",
        crf=28,
    ),
)
DEFAULT_PROFILE = "h264-1080p"
PROFILES = {profile.name: profile for profile in ALL_PROFILES}
