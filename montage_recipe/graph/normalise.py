"""Any source's picture becomes the canvas's: its size, square pixels, 8-bit 4:2:0, BT.709 in limited range."""

from __future__ import annotations

from collections.abc import Mapping

from montage_recipe.diagnostics import RecipePath
from montage_recipe.effects.spec import FilterCall, call
from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.media.facts import MediaKind, VideoFacts
from montage_recipe.recipe.kinds import Size
from montage_recipe.recipe.model import Canvas
from montage_recipe.timeline.model import TimelineClip

# Results that do not depend on the processor: swscale's vector code rounds differently without these.
SCALER = "bicubic+accurate_rnd+full_chroma_int+bitexact"

_HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
# Primaries beyond those of BT.709: of UHD television, of cinemas, and of Apple's displays (Display P3).
_WIDE_PRIMARIES = ("bt2020", "smpte431", "smpte432")
# ffmpeg's names for a stream's matrix -> vf_scale's names.
_MATRICES = {"bt709": "bt709", "smpte170m": "bt601", "bt470bg": "bt601", "bt2020nc": "bt2020", "bt2020c": "bt2020"}


def normalise(
    builder: GraphBuilder, stream: str, clip: TimelineClip, canvas: Canvas, *, frames: int, whole: bool
) -> str:
    """A clip's stream of `frames` frames as it fills the canvas; `whole` where it has the source's own size."""
    video, at = clip.media.video, clip.at
    assert video is not None
    if video.sar != 1:
        stream = builder.chain(
            stream, (call("scale", w="trunc(iw*sar/2)*2", h="ih", flags=SCALER), call("setsar", sar=1)), at=at
        )
    if whole and fits_already(video, canvas.size):
        return builder.chain(stream, (*CANVAS_FORMAT,), at=at)
    match clip.fit:
        case "contain":
            stream = builder.chain(stream, (*_scaled(video, canvas.size, "inside"), *CANVAS_FORMAT), at=at)
            return _on_background(builder, stream, clip, canvas, frames=frames)
        case "cover":
            calls = (*_scaled(video, canvas.size, "over"), call("crop", w=canvas.size.width, h=canvas.size.height))
        case "fill":
            calls = _scaled(video, canvas.size, "exactly")
        case "none":
            unscaled = _converted(video, {"w": "max(2,iw)", "h": "max(2,ih)"})
            stream = builder.chain(stream, (*unscaled, *_cropped_to(canvas.size), *CANVAS_FORMAT), at=at)
            return _on_background(builder, stream, clip, canvas, frames=frames)
        case "blur":
            stream = _over_its_own_blur(builder, stream, video, canvas, at)
            return builder.chain(stream, CANVAS_FORMAT, at=at)
        case _:
            raise ValueError(f"unknown fit {clip.fit!r}")
    return builder.chain(stream, (*calls, *CANVAS_FORMAT), at=at)


def fits_already(video: VideoFacts, size: Size) -> bool:
    """Whether not one sample of the picture has to change."""
    return (
        (video.width, video.height) == (size.width, size.height)
        and video.upright
        and video.sar == 1
        and video.pixel_format == "yuv420p"
        and not video.full_range
        and not video.alpha
        and source_matrix(video) == "bt709"
        and not is_hdr(video)
        and not is_wide(video)
    )


def is_hdr(video: VideoFacts) -> bool:
    """Whether the picture is PQ or HLG and has to be tone-mapped."""
    return video.transfer in _HDR_TRANSFERS


def is_wide(video: VideoFacts) -> bool:
    """Whether the picture may hold colours that BT.709 has not, and its primaries have to be converted."""
    return video.primaries in _WIDE_PRIMARIES


def source_matrix(video: VideoFacts) -> str | None:
    """vf_scale's name of the source's colour matrix; None for RGB.

    A stream that does not say is taken as players take it: BT.709 from 720 lines on (in either direction, for phones
    held upright), else BT.601.
    """
    if video.pixel_format.startswith(("rgb", "bgr", "gbr", "pal", "argb", "abgr")) or video.alpha:
        return None
    if video.matrix in _MATRICES:
        return _MATRICES[video.matrix]
    return "bt709" if min(video.width, video.height) >= 720 or max(video.width, video.height) >= 1280 else "bt601"


_TAGS = call(
    "setparams", range="limited", color_primaries="bt709", color_trc="bt709", colorspace="bt709", field_mode="prog"
)
CANVAS_FORMAT: tuple[FilterCall, ...] = (call("setsar", sar=1), call("format", pix_fmts="yuv420p"), _TAGS)


def _scaled(video: VideoFacts, size: Size, how: str) -> tuple[FilterCall, ...]:
    """To even numbers of pixels: inside the size, over all of it, or exactly it. Matrix and range change in the same step.

    At least 2 pixels each way, which vf_scale's own `force_original_aspect_ratio` does not see to.
    """
    width, height = size.width, size.height
    match how:
        case "inside":
            w, h = f"min({width},iw*{height}/ih)", f"min({height},ih*{width}/iw)"
        case "over":
            w, h = f"max({width},iw*{height}/ih)", f"max({height},ih*{width}/iw)"
        case _:
            return _converted(video, {"w": width, "h": height})
    return _converted(video, {"w": f"max(2,2*round({w}/2))", "h": f"max(2,2*round({h}/2))"})


def _converted(video: VideoFacts, options: Mapping[str, str | int]) -> tuple[FilterCall, ...]:
    if is_hdr(video):
        return (call("scale", **options, flags=SCALER), *_tone_mapped(video))
    options = dict(options)
    if (matrix := source_matrix(video)) is not None:
        options |= {"in_color_matrix": matrix, "in_range": "full" if video.full_range else "limited"}
    # zscale gets a BT.2020 picture in its own matrix, the others in BT.709's.
    between = "bt2020" if video.primaries == "bt2020" else "bt709"
    options |= {"out_color_matrix": between, "out_range": "limited", "flags": SCALER}
    scaled = (call("scale", **options), call("format", pix_fmts="yuv420p"))
    if not is_wide(video):
        return scaled
    come_in = {"tin": "bt709", "pin": str(video.primaries), "min": {"bt2020": "bt2020nc"}.get(between, between)}
    narrowed = call("zscale", **come_in, rin="limited", t="bt709", m="bt709", p="bt709", r="limited")
    return (*scaled, narrowed, call("format", pix_fmts="yuv420p"))


def _tone_mapped(video: VideoFacts) -> tuple[FilterCall, ...]:
    """HDR to SDR; 203 cd/m2 is the level of diffuse white (ITU-R BT.2408)."""
    return (
        call("zscale", **_hdr_input(video), t="linear", npl=203),
        call("format", pix_fmts="gbrpf32le"),
        call("zscale", p="bt709"),
        call("tonemap", tonemap="mobius", desat=0),
        call("zscale", t="bt709", m="bt709", r="limited"),
        call("format", pix_fmts="yuv420p"),
    )


def _hdr_input(video: VideoFacts) -> dict[str, str]:
    """zscale is told what comes in, because a stream may carry only some of its tags."""
    return {
        "tin": video.transfer or "",
        "pin": video.primaries or "bt2020",
        "min": "bt2020nc" if video.primaries == "bt2020" or video.matrix is None else video.matrix,
        "rin": "full" if video.full_range else "limited",
    }


def background(builder: GraphBuilder, canvas: Canvas, *, frames: int, at: RecipePath) -> str:
    """Frames of the background's colour. Made as RGB and converted here, because ffmpeg 5.1 takes the colours of its
    own sources and of `pad` for BT.601, and a red background comes out as another red."""
    ground = builder.source("color", f"c={canvas.background.ffmpeg()}:s={canvas.size}:r={canvas.fps}")
    converted = call("scale", out_color_matrix="bt709", out_range="limited", flags=SCALER)
    calls = (call("trim", end_frame=frames), call("format", pix_fmts="gbrp"), converted, *CANVAS_FORMAT)
    return builder.chain(ground, calls, at=at)


def _on_background(builder: GraphBuilder, stream: str, clip: TimelineClip, canvas: Canvas, *, frames: int) -> str:
    """The stream in the middle of the canvas, over the background."""
    color, size = canvas.background, canvas.size
    if color.red == color.green == color.blue:  # grey is the same in every matrix
        pad = call("pad", w=size.width, h=size.height, x="(ow-iw)/2", y="(oh-ih)/2", color=color.ffmpeg())
        return builder.chain(stream, (pad, *CANVAS_FORMAT), at=clip.at)
    length = 1 if clip.media.kind is MediaKind.IMAGE else frames
    ground = background(builder, canvas, frames=length, at=clip.at)
    over = call("overlay", x="(W-w)/2", y="(H-h)/2", format="yuv420")
    return builder.chain(builder.join((ground, stream), over, at=clip.at), CANVAS_FORMAT, at=clip.at)


def _cropped_to(size: Size) -> tuple[FilterCall, ...]:
    # Even numbers, because 4:2:0 pictures of odd sizes cannot be padded exactly.
    return (call("crop", w=f"2*trunc(min(iw,{size.width})/2)", h=f"2*trunc(min(ih,{size.height})/2)"),)


def _over_its_own_blur(builder: GraphBuilder, stream: str, video: VideoFacts, canvas: Canvas, at: RecipePath) -> str:
    """Contained, over a blurred copy of itself that covers the canvas; blurred at a quarter of the size, for speed."""
    size = canvas.size
    small = Size(max(2, size.width // 8 * 2), max(2, size.height // 8 * 2))
    sharp = builder.chain(stream, (*_scaled(video, size, "inside"), *CANVAS_FORMAT), at=at)
    blurred = builder.chain(
        stream,
        (
            *_scaled(video, small, "over"),
            call("crop", w=small.width, h=small.height),
            call("gblur", sigma=max(2, small.height // 24)),
            call("scale", w=size.width, h=size.height, flags=SCALER),
            *CANVAS_FORMAT,
        ),
        at=at,
    )
    over = call("overlay", x="(W-w)/2", y="(H-h)/2", format="yuv420")
    return builder.join((blurred, sharp), over, at=at)


def flatten(builder: GraphBuilder, stream: str, clip: TimelineClip, canvas: Canvas, *, frames: int) -> str:
    """A picture with transparency, in the source's own size, over the canvas's background colour; others as they are."""
    video, at = clip.media.video, clip.at
    assert video is not None
    if not video.alpha:
        return stream
    turned = video.rotation in (90, 270)
    width, height = (video.height, video.width) if turned else (video.width, video.height)
    sar = 1 / video.sar if turned else video.sar
    ground = builder.source("color", f"c={canvas.background.ffmpeg()}:s={width}x{height}:r={canvas.fps}")
    # Exactly as many frames as the picture: with `shortest` instead, the last one would be lost.
    length = 1 if clip.media.kind is MediaKind.IMAGE else frames
    calls = (call("format", pix_fmts="gbrp"), call("setsar", sar=str(sar)), call("trim", end_frame=length))
    ground = builder.chain(ground, calls, at=at)
    stream = builder.chain(stream, (call("format", pix_fmts="gbrap"),), at=at)
    return builder.join((ground, stream), call("overlay", format="gbrp"), at=at)
