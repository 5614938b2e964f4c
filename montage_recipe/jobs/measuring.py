"""The ffmpeg passes that measure a finished film: what each decodes, and what it writes down.

A pass is one process in a folder of its own, as a job is, but what it writes are numbers, which are read and thrown away. The
picture is decoded once, in stretches that begin at keyframes and run side by side, each on one thread: two such processes keep
two cores busier than one decoder with two threads does. All statistics are of 320 pixels' width, where they take a seventh.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from montage_recipe.checks.golden_render import TILE_HEIGHT, TILE_WIDTH
from montage_recipe.checks.measured import BLACK_LEVEL, STEP_S, PictureStream
from montage_recipe.diagnostics import RecipePath
from montage_recipe.engine import Engine
from montage_recipe.jobs.lettering import Lettering
from montage_recipe.jobs.model import TextFile
from montage_recipe.recipe.kinds import Color
from montage_recipe.timecode import SAMPLE_RATE, seconds_text
from montage_recipe.timeline.model import Timeline
from montage_recipe.titles.document import PlacedTitle, ass_document
from montage_recipe.titles.lower import DOCUMENT_NAME, FONTCONFIG_NAME, NO_SYSTEM_FONTS, font_files

PICTURE_FILE, SOUND_FILE, LETTERS_FILE = "picture.txt", "sound.txt", "letters.txt"  # what filters print of each frame
TILES_FILE, FRAME_FILE = "tiles.rgb", "frame.png"
SSIM_FILE, VMAF_FILE = "ssim.txt", "vmaf.json"

STATISTICS_WIDTH = 320
_WHITE = Color(255, 255, 255)
GOLDEN_WIDTH = 640  # of a frame's golden
_STRETCH_S = 20  # about; short enough for all cores to end at one time, long enough for a process to be worth its start
# What counts as black: 98 % of the pixels below a tenth of the range (blackdetect's pic_th and pix_th).
_BLACK = f"blackframe=amount=98:threshold={BLACK_LEVEL}"
_BARS = "cropdetect=limit=17:round=2:reset=1:skip=0"
_TO_RGB = "in_color_matrix=bt709:in_range=tv:out_range=pc"
_PROTOCOLS = ("-protocol_whitelist", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """`argv` begins after the program's name. `links` are the files that it reads, by the names it has for them."""

    name: str
    argv: tuple[str, ...]
    links: Mapping[str, str]
    files: tuple[TextFile, ...] = ()
    frames: tuple[int, int] | None = None  # of a stretch: which they are
    titles: tuple[RecipePath, ...] = ()  # which its frames show, one each
    at: RecipePath = ()  # the check that it is for, where it is for one
    may_fail: bool = False  # where it fails, that is a fault of what it reads, and no end of the others


def stretches_of(picture: PictureStream, keyframes: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The frames of each stretch; one stretch where nothing is known of where decoding may begin."""
    wanted = _STRETCH_S * picture.rate
    starts = [0]
    for keyframe in keyframes:
        if keyframe - starts[-1] >= wanted and picture.frames - keyframe >= wanted / 2:
            starts.append(keyframe)
    return tuple(pairwise((*starts, picture.frames)))


def statistics_size(picture: PictureStream) -> tuple[int, int]:
    """Width and height of what the statistics are of, as `scale` makes it."""
    width, height = Fraction(picture.width), Fraction(picture.height)
    if picture.rotation % 180:  # ffmpeg turns it upright first
        width, height = height, width
    return STATISTICS_WIDTH, max(2, 2 * round(STATISTICS_WIDTH * height / width / 2))


def picture_passes(film: str, picture: PictureStream, keyframes: Sequence[int], *, tiles: bool) -> Iterator[Pass]:
    """Of every frame: how much it differs from the one before, whether it is black, what bars it has; and its tile."""
    parts = stretches_of(picture, keyframes)
    for number, (start, end) in enumerate(parts):
        seek: tuple[str, ...] = ()
        until = ""
        if len(parts) > 1:
            # Without -accurate_seek, what a keyframe is the nearest one to is decoded from there on, to the frame.
            at = Fraction(ceil(start / picture.rate * 1_000_000), 1_000_000)
            seek = ("-noaccurate_seek", "-ss", seconds_text(at)) if start else ()
            # In formats whose index is by decoding times, ffmpeg seeks a little too early: `start` cuts that off.
            half = Fraction(1, 2)
            bounds = (max(Fraction(0), start - half) / picture.rate, (end - half) / picture.rate)
            until = f"trim=start={seconds_text(bounds[0])}:end={seconds_text(bounds[1])},"
        statistics = f"signalstats,{_BLACK},{_BARS},metadata=mode=print:file={PICTURE_FILE}"
        small = f"{until}scale={STATISTICS_WIDTH}:-2:flags=fast_bilinear"
        one = f"[0:v:0]{small},{statistics}[statistics]"
        outputs: tuple[str, ...] = ("-map", "[statistics]", "-f", "null", "-")
        if tiles:
            tile = f"scale={TILE_WIDTH}:{TILE_HEIGHT}:flags=area+accurate_rnd:{_TO_RGB},format=rgb24"
            one = f"[0:v:0]{small},split[a][b];[a]{statistics}[statistics];[b]{tile}[tiles]"
            outputs += ("-map", "[tiles]", "-fps_mode", "passthrough", "-f", "rawvideo", f"file:{TILES_FILE}")
        yield Pass(
            may_fail=True,
            name=f"picture-{number}",
            argv=(
                *("-nostdin", "-loglevel", "level+error"),  # blackframe and cropdetect tell of every frame
                *("-threads", "1", *_PROTOCOLS, "-copyts", *seek, "-i", "file:film"),
                *("-filter_complex_threads", "1", "-filter_complex", one, "-fps_mode", "passthrough", *outputs),
            ),
            links={"film": film},
            frames=(start, end),
        )


def sound_pass(film: str) -> Pass:
    """Of every hundredth of a second its level and its peak, of the whole its loudness."""
    step = int(STEP_S * SAMPLE_RATE)
    filters = (
        f"aresample={SAMPLE_RATE}:async=1:first_pts=0",
        "ebur128=peak=true:framelog=verbose",  # `quiet` would have 5.1 tell 0.0 in the end
        "aformat=sample_fmts=s16:channel_layouts=stereo",  # which cuts off what is over full scale, as players do
        f"asetnsamples=n={step}:p=0",
        "astats=metadata=1:reset=1:measure_perchannel=Peak_level+RMS_level+Flat_factor:measure_overall=none",
        f"ametadata=mode=print:file={SOUND_FILE}",
    )
    return Pass(
        may_fail=True,
        name="sound",
        argv=(
            *("-nostdin", "-threads", "1", *_PROTOCOLS, "-copyts", "-i", "file:film"),
            *("-map", "0:a:0", "-af", ",".join(filters), "-f", "null", "-"),
        ),
        links={"film": film},
    )


def letters_pass(timeline: Timeline, lettering: Lettering) -> Pass | None:
    """Where each title's letters are: each drawn alone, in white, on a black frame of its own. None without titles."""
    if not timeline.titles:
        return None
    placed = [
        PlacedTitle(
            text=title.text,
            start_frame=number + 1,
            end_frame=number + 2,
            fade_frames=0,
            position=title.position,
            size=title.size,
            color=_WHITE,
            style=title.style,
            fonts=lettering.fonts[title.at],
        )
        for number, title in enumerate(timeline.titles)
    ]
    size = timeline.canvas.size
    black = f"color=c=black:s={size}:r=25:d={seconds_text(Fraction(len(placed) + 2, 25))}"
    filters = f"format=yuv420p,subtitles=filename={DOCUMENT_NAME}:fontsdir=fonts,bbox=min_val=60"
    return Pass(
        name="letters",
        argv=(
            *("-nostdin", "-f", "lavfi", "-i", black),
            *("-vf", f"{filters},metadata=mode=print:file={LETTERS_FILE}"),
            *("-frames:v", str(len(placed) + 1), "-f", "null", "-"),
        ),
        links={name: str(font.file) for name, font in font_files(placed)},
        files=(
            TextFile(name=DOCUMENT_NAME, text=ass_document(placed, size, matrix=lettering.matrix)),
            TextFile(name=FONTCONFIG_NAME, text=NO_SYSTEM_FONTS),
        ),
        titles=tuple(title.at for title in timeline.titles),
    )


def frame_pass(film: str, frame: int, rate: Fraction, at: RecipePath, *, width: int = GOLDEN_WIDTH) -> Pass:
    """One frame as a PNG, `width` pixels wide where it has more."""
    # Half a frame before its own moment: the seek gives the first frame that is not before it.
    moment = max(Fraction(0), (frame - Fraction(1, 2)) / rate)
    scale = f"scale='min({width},iw)':-2:flags=area+accurate_rnd:{_TO_RGB}"
    return Pass(
        may_fail=True,
        name=f"frame-{'-'.join(map(str, at))}",
        argv=(
            *("-nostdin", *_PROTOCOLS, "-ss", seconds_text(moment), "-i", "file:film", "-map", "0:v:0"),
            *("-vf", f"{scale},format=rgb24", "-frames:v", "1", "-c:v", "png", "-fflags", "+bitexact"),
            *("-update", "1", "-f", "image2", f"file:{FRAME_FILE}"),
        ),
        links={"film": film},
        at=at,
    )


def likeness_pass(found: str, golden: str, size: tuple[int, int], at: RecipePath) -> Pass:
    """Two pictures by SSIM, both in `size`, the golden's."""
    scale = f"scale={size[0]}:{size[1]}:flags=area,format=gbrp"
    graph = f"[0:v]{scale}[a];[1:v]{scale}[b];[a][b]ssim=stats_file={SSIM_FILE}"
    return Pass(
        may_fail=True,
        name=f"likeness-{'-'.join(map(str, at))}",
        argv=("-nostdin", *_picture("found"), *_picture("golden"), "-filter_complex", graph, "-f", "null", "-"),
        links={"found.png": found, "golden.png": golden},
        at=at,
    )


def _picture(name: str) -> tuple[str, ...]:
    return (*_PROTOCOLS, "-f", "png_pipe", "-i", f"file:{name}.png")


def reference_pass(film: str, reference: str, at: RecipePath, *, vmaf: bool) -> Pass:
    """Every frame beside that of another film, at full size."""
    measure = f"libvmaf=log_fmt=json:log_path={VMAF_FILE}" if vmaf else f"ssim=stats_file={SSIM_FILE}"
    # By number: the two files' clocks may differ.
    numbered = "settb=1/1000,setpts=N,format=yuv420p"
    graph = f"[0:v:0]{numbered}[a];[1:v:0]{numbered}[b];[a][b]{measure}"
    return Pass(
        may_fail=True,
        name=f"reference-{'-'.join(map(str, at))}",
        argv=(
            *("-nostdin", *_PROTOCOLS, "-i", "file:film", *_PROTOCOLS, "-i", "file:reference"),
            *("-filter_complex", graph, "-an", "-f", "null", "-"),
        ),
        links={"film": film, "reference": reference},
        at=at,
    )


def has_vmaf(engine: Engine) -> bool:
    return "libvmaf" in engine.filters
