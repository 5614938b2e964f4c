"""The ASS document of a segment's titles.

Its clock is not the montage's: one frame lasts CLOCK_MS, whatever the canvas rate. ASS knows only hundredths of a
second; on this clock half a frame is a whole number of them, so a title is seen on exactly the frames it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.recipe.kinds import Color, Size
from montage_recipe.timecode import nearest
from montage_recipe.titles.fonts import FontFacts
from montage_recipe.titles.text import ass_text

CLOCK_MS = 40  # milliseconds of the document's clock to a frame

SAFE_MARGIN = Fraction(5, 100)  # title-safe area of EBU R 95: 5 % on each side
LOWER_THIRD_MARGIN = Fraction(12, 100)  # from the bottom, of the canvas height
OUTLINE, SHADOW, PADDING = Fraction(4, 100), Fraction(3, 100), Fraction(22, 100)  # of the height of a line

# ASS numbers places as a numeric keypad does.
ALIGNMENTS = {
    "bottom-left": 1,
    "bottom": 2,
    "bottom-right": 3,
    "left": 4,
    "center": 5,
    "right": 6,
    "top-left": 7,
    "top": 8,
    "top-right": 9,
    "lower-third": 1,
}
_STYLE_KEYS = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, "
    "Encoding"
)
_AUTOMATIC_DIRECTION = -1  # Encoding: libass finds each paragraph's direction from its first letter
_OUTLINE_AND_SHADOW, _ONE_BOX = 1, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTitle:
    """A title, its frames counted on the document's clock: the first one is at least 1."""

    text: str
    start_frame: int
    end_frame: int  # exclusive
    fade_frames: int  # fading in, and again fading out
    position: str  # a key of ALIGNMENTS
    size: Fraction  # height of a line, as a part of the canvas height
    color: Color
    style: str  # plain or boxed
    fonts: tuple[FontFacts, ...]  # the author's or the built-in one, then those for characters it lacks


def ass_document(titles: Sequence[PlacedTitle], canvas: Size, *, matrix: str) -> str:
    """The document. `matrix` (bt601 or bt709) is the one by which the engine's libass filter turns RGB into YUV, see
    `titles.lower.text_matrix`."""
    styles = [_style(number, title, canvas, matrix) for number, title in enumerate(titles)]
    events = [_event(number, title, canvas) for number, title in enumerate(titles)]
    lines = [
        "[Script Info]",
        "ScriptType: v4.00+",
        f"PlayResX: {canvas.width}",
        f"PlayResY: {canvas.height}",
        "WrapStyle: 0",
        "ScaledBorderAndShadow: yes",
        "YCbCr Matrix: None",
        "",
        "[V4+ Styles]",
        f"Format: {_STYLE_KEYS}",
        *styles,
        "",
        "[Events]",
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
        *events,
    ]
    return "\n".join(lines) + "\n"


def margins_of(position: str) -> dict[str, Fraction]:
    """How far from which edges of the canvas text at `position` begins or ends, whatever its size, as a part of the width or
    the height. Edges that it reaches or not by its length are left out.

    >>> margins_of("bottom"), margins_of("center")
    ({'bottom': Fraction(1, 20)}, {})
    """
    row, column = divmod(ALIGNMENTS[position] - 1, 3)
    margins = {0: {"left": SAFE_MARGIN}, 1: {}, 2: {"right": SAFE_MARGIN}}[column]
    return margins | {0: {"bottom": _bottom_margin(position)}, 1: {}, 2: {"top": SAFE_MARGIN}}[row]


def _bottom_margin(position: str) -> Fraction:
    return LOWER_THIRD_MARGIN if position == "lower-third" else SAFE_MARGIN


def _style(number: int, title: PlacedTitle, canvas: Size, matrix: str) -> str:
    line = title.size * canvas.height
    boxed = title.style == "boxed"
    padding = PADDING * line if boxed else Fraction(0)
    bottom = _bottom_margin(title.position)
    side, edge = nearest(SAFE_MARGIN * canvas.width + padding), nearest(bottom * canvas.height + padding)
    color = _ass_color(drawn_color(title.color, matrix), opacity=1)
    values = (
        f"t{number}",
        title.fonts[0].name,
        f"{float(line):.3f}",
        *(color, color),
        _ass_color(Color(0, 0, 0), opacity=Fraction(3, 4)),
        _ass_color(Color(0, 0, 0), opacity=Fraction(3, 5) if boxed else Fraction(1, 2)),
        *(0, 0, 0, 0),  # bold, italic, underline, strike-out
        *(100, 100, 0, 0),  # scale, spacing, angle
        _ONE_BOX if boxed else _OUTLINE_AND_SHADOW,
        "0" if boxed else f"{float(OUTLINE * line):.3f}",
        f"{float(padding if boxed else SHADOW * line):.3f}",
        ALIGNMENTS[title.position],
        *(side, side, edge),
        _AUTOMATIC_DIRECTION,
    )
    return "Style: " + ",".join(str(value) for value in values)


def _event(number: int, title: PlacedTitle, canvas: Size) -> str:
    start, end = _clock(title.start_frame), _clock(title.end_frame)
    fade = title.fade_frames * CLOCK_MS
    text = ass_text(title.text, title.fonts, title.size * canvas.height)
    # A layer of its own: libass would move titles of one layer out of each other's way, by what it drew before.
    return f"Dialogue: {number},{start},{end},t{number},,0,0,0,,{{\\fad({fade},{fade})}}{text}"


def _clock(frame: int) -> str:
    """The moment half a frame before `frame`, as ASS writes it: between that frame and the one before."""
    hundredths = (frame * CLOCK_MS - CLOCK_MS // 2) // 10
    return f"{hundredths // 360_000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def _ass_color(color: Color, *, opacity: Fraction | int) -> str:
    """ASS counts transparency, and writes blue first."""
    return f"&H{nearest(Fraction(255 * (1 - opacity))):02X}{color.blue:02X}{color.green:02X}{color.red:02X}"


def drawn_color(color: Color, matrix: str) -> Color:
    """The colour to ask for, so that `color` is seen on a BT.709 canvas.

    Where the filter converts by BT.601, this is the RGB that BT.601 turns into the wanted BT.709 values. Pure red and
    green would need more than RGB can hold and come out a little dull; white, grey and black are exact.
    """
    if matrix == "bt709":
        return color
    red, green, blue = Fraction(color.red), Fraction(color.green), Fraction(color.blue)
    luma = Fraction("0.2126") * red + Fraction("0.7152") * green + Fraction("0.0722") * blue
    cb, cr = (blue - luma) / Fraction("1.8556"), (red - luma) / Fraction("1.5748")
    back = (
        luma + Fraction("1.402") * cr,
        luma - Fraction("0.344136") * cb - Fraction("0.714136") * cr,
        luma + Fraction("1.772") * cb,
    )
    return Color(*(min(255, max(0, nearest(value))) for value in back))
