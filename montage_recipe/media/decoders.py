"""What may be decoded: the codecs of cameras, editors and the web, by the names of ffmpeg's decoders.

ffmpeg has some 500 decoders, and holes are found in the ones that nobody uses (CVE-2026-8461 is in MagicYUV's).
"""

from __future__ import annotations

MOST_PIXELS = 1 << 28  # of one picture; above it is no camera's picture but a decompression bomb
MOST_ALLOCATED_BYTES = 1 << 30  # at once, by ffmpeg: MOST_PIXELS in RGBA

_VIDEO = (
    *("h264", "hevc", "av1", "libdav1d", "libaom-av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "theora"),
    *("mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "msmpeg4", "msmpeg4v2", "h263", "flv", "vc1"),
    *("wmv1", "wmv2", "wmv3", "prores", "dnxhd", "cfhd", "dvvideo", "mjpeg", "ffv1", "huffyuv", "ffvhuff", "utvideo"),
    *("qtrle", "rawvideo", "v210"),
    *("png", "apng", "gif", "webp", "bmp", "tiff"),
)
_SOUND = (
    *("aac", "ac3", "eac3", "dca", "mp3float", "mp3", "mp2float", "mp2", "flac", "alac", "ape", "tta", "wavpack"),
    *("vorbis", "libvorbis", "opus", "libopus", "amrnb", "amrwb", "wmav1", "wmav2", "wmapro", "wmalossless"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav"),
)
DECODERS = (*_VIDEO, *_SOUND)
