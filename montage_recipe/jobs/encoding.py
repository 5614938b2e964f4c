"""ffmpeg's options for what a job writes."""

from __future__ import annotations

from fractions import Fraction

from montage_recipe.profiles import LOOKAHEAD, PROFILES
from montage_recipe.recipe.model import Output
from montage_recipe.timecode import nearest

# Sound between jobs: 32-bit float samples. Nothing is clipped before the gain is known, nothing is padded.
PCM_OPTIONS = ("-c:a", "pcm_f32le", "-rf64", "auto", "-fflags", "+bitexact", "-flags:a", "+bitexact")
_TAGS = (
    *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
    # ffmpeg 5.1 carries a JPEG's over into the parameter sets, which must be the same in all segments.
    *("-chroma_sample_location", "left"),
)
_GOP_SECONDS = 2


def timescale(rate: Fraction) -> int:
    """Ticks a second in which every frame of `rate` lasts a whole number of ticks.

    Without it MP4 rounds each segment's times for itself, and the joined file drifts by up to a millisecond a seam.

    >>> timescale(Fraction(30)), timescale(Fraction(30000, 1001))
    (30000, 30000)
    """
    return rate.numerator * (1000 if rate.numerator < 1000 else 1)


def mp4_clock(rate: Fraction) -> tuple[str, ...]:
    ticks = str(timescale(rate))
    return ("-video_track_timescale", ticks, "-movie_timescale", ticks)


def video_options(output: Output, rate: Fraction) -> tuple[str, ...]:
    """For a segment of the picture. One thread: x264 gives other bytes for other numbers of threads, and one process
    a core does more work than one process on all of them."""
    profile = PROFILES[output.profile]
    crf = profile.crf if output.crf is None else output.crf
    preset = output.preset or profile.preset
    return (
        *("-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-threads", "1"),
        *("-rc-lookahead", str(LOOKAHEAD[preset])),
        *("-g", str(nearest(_GOP_SECONDS * rate)), "-flags:v", "+cgop+bitexact", "-pix_fmt", "yuv420p"),
        *_TAGS,
        *("-fps_mode", "passthrough", "-fflags", "+bitexact", "-map_metadata", "-1"),
        *mp4_clock(rate),
        *("-f", "mp4"),
    )


def generated_video_options(rate: Fraction) -> tuple[str, ...]:
    """For generated footage: as good as unharmed, quick to write and to seek in."""
    return (
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "10", "-threads", "1"),
        *("-g", str(nearest(rate)), "-flags:v", "+cgop+bitexact", "-pix_fmt", "yuv420p"),
        *_TAGS,
        *("-fps_mode", "passthrough", "-fflags", "+bitexact"),
        *mp4_clock(rate),
        *("-f", "mp4"),
    )


def aac_options(output: Output) -> tuple[str, ...]:
    bitrate = PROFILES[output.profile].audio_bitrate
    return ("-c:a", "aac", "-b:a", bitrate, "-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "mp4")
