"""Do sound and picture begin and end together?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import or_off
from montage_recipe.checks.measured import Header, Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key
from montage_recipe.recipe.kinds import DURATION
from montage_recipe.timecode import Time

_AAC_FRAME_S = Fraction(1024, 48000)  # sound ends with a whole one of them
_HINT = "build it again; a program that copies or cuts the file may have moved a stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    sync: Time | Literal["off"] | None = key(
        or_off(DURATION),
        "How far apart they may be, at the beginning and at the end. If absent: at the beginning 1 ms (of a film without a "
        "recipe a frame of the picture or of AAC, 21 ms, whichever is longer, and 2 ms), at the end such a frame and 1 ms.",
        default=None,
    )


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    header = measured.header
    if header.picture is None or header.sound is None:
        return Judgement(says="nothing to compare")
    begin, end = header.sound.start - header.picture.start, header.sound.end - header.picture.end
    says = f"sound {_apart(begin)} at the beginning, {_apart(end)} at the end"
    return Judgement(says=says, findings=tuple(_faults(use.params, header, film.rate, planned=film.frames is not None)))


def _faults(params: Sync, header: Header, rate: Fraction, *, planned: bool) -> Iterator[Finding]:
    assert header.picture and header.sound
    frame = 1 / header.picture.rate
    # What hides the encoder's priming is exact to the clock of the file, which may be a thousandth of a second.
    # A film of no plan may have the priming at its beginning, as Matroska's have.
    begin = Fraction(1, 1000) if planned else max(frame, _AAC_FRAME_S) + Fraction(2, 1000)
    allowed = (begin, max(frame, _AAC_FRAME_S) + Fraction(1, 1000))
    if isinstance(params.sync, Time):
        allowed = (params.sync.at(rate), params.sync.at(rate))
    moments = (
        ("begins", header.sound.start - header.picture.start, allowed[0], header.picture.start),
        ("ends", header.sound.end - header.picture.end, allowed[1], header.picture.end),
    )
    for verb, apart, most, place in moments:
        if abs(apart) > most:
            order = "after" if apart > 0 else "before"
            message = f"the sound {verb} {_ms(apart)} {order} the picture"
            yield Finding(code="sync-off", message=message, hint=_HINT, start=place)


def _ms(seconds: Fraction) -> str:
    return f"{float(abs(seconds) * 1000):.0f} ms"


def _apart(seconds: Fraction) -> str:
    return "on time" if abs(seconds) < Fraction(1, 1000) else f"{_ms(seconds)} {'late' if seconds > 0 else 'early'}"


CHECK = Check(
    name="sync",
    doc="Sound and picture begin within a thousandth of a second and end within a frame of each other.",
    params=Sync,
    default=Sync(),
    planned=False,
    needs=frozenset(),
    judge=_judge,
    examples=({"sync": "40ms"}, {"sync": "off"}),
)
