"""The kinds of file that are read, and what is known about seeking in each."""

from __future__ import annotations

from collections.abc import Mapping

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"  # the demuxer of all its relatives
# ffmpeg's demuxers that may open a file, and whether `-ss` before `-i` reliably gives a picture at or before the
# asked time (tests/media/test_seeking.py): in AVI and FLV it comes up to a frame late. None of the demuxers opens
# another file, an address or a device: playlists (hls, dash, concat) and name patterns (image2) are left out on purpose.
SEEKABLE: Mapping[str, bool] = {
    # video
    MP4: True,
    "matroska,webm": True,
    "avi": False,
    "flv": False,
    "asf": False,
    "mxf": False,
    "nut": False,
    "ogg": False,
    "mpegts": False,
    "mpeg": False,
    "dv": False,
    "h264": False,
    "hevc": False,
    "ivf": False,
    "mjpeg": False,
    "mpegvideo": False,
    "yuv4mpegpipe": False,
    # moving and still pictures
    "gif": False,
    "apng": False,
    "png_pipe": False,
    "jpeg_pipe": False,
    "webp_pipe": False,
    "bmp_pipe": False,
    "tiff_pipe": False,
    # sound
    "aac": False,
    "ac3": False,
    "eac3": False,
    "aiff": True,
    "amr": False,
    "ape": False,
    "caf": True,
    "flac": True,
    "mp3": False,
    "tta": False,
    "w64": True,
    "wav": True,
    "wv": False,
}
# Where `-start_at_zero` counts from the first of the streams in use, not of all (AVFMT_TS_DISCONT): a process that reads
# only one stream of such a file sees that stream begin at zero, whatever its `start` (test_probe_against_ffmpeg.py).
COUNTS_FROM_USED_STREAMS = frozenset({"mpegts", "mpeg", "ogg"})
ANIMATIONS = frozenset({"gif", "apng"})
# Demuxers whose "duration" is a statement of the file itself; the others' is guessed from the bit rate.
DURATION_IS_STATED = frozenset({MP4, "matroska,webm", "avi", "flv"})
# Still pictures in an MP4-like container: ffmpeg reads one tile of many, or nothing at all, depending on its version.
HEIF_BRANDS = frozenset({"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"})


def is_still(container: str) -> bool:
    """Demuxers named like png_pipe hold one picture."""
    return container.endswith("_pipe")
