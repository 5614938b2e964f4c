"""Is the file encoded as its profile says: container, streams, size, rate, codecs, colours?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from montage_recipe.checks.film import Film, Format
from montage_recipe.checks.kinds import SWITCH
from montage_recipe.checks.measured import Header, Measured, PictureStream, SoundStream
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key
from montage_recipe.wording import counted

_COLOURS = ("bt709", "bt709", "bt709")
_CALLED = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4", "matroska,webm": "Matroska"}  # demuxers
_HINT = "build it again, and give out the file as it was built"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatCheck:
    format: str = key(SWITCH, "Whether it is looked at.", default="on")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    header, wanted = measured.header, film.format
    assert wanted is not None  # the check is of what is planned
    differences = (
        *_container(header, wanted),
        *_streams(header),
        *_picture(header.picture, wanted),
        *_sound(header.sound, wanted),
    )
    findings = tuple(Finding(code="wrong-format", message=text, hint=_HINT) for text in differences)
    return Judgement(says=_says(header), findings=findings)


def _says(header: Header) -> str:
    parts = []
    if picture := header.picture:
        parts.append(f"{picture.codec} {picture.width}x{picture.height} at {rate_text(picture)}")
    if sound := header.sound:
        parts.append(f"{sound.codec} at {sound.sample_rate} Hz")
    return ", ".join(parts) or "no streams"


def rate_text(picture: PictureStream) -> str:
    return f"{float(picture.rate):.6g} frames a second"


def _container(header: Header, wanted: Format) -> Iterator[str]:
    if header.container != wanted.container:
        found, planned = (_CALLED.get(name, name) for name in (header.container, wanted.container))
        yield f"the file is {found} instead of {planned}, whatever its name says"


def _streams(header: Header) -> Iterator[str]:
    for what, count in (("picture", header.pictures), ("sound", header.sounds)):
        if count != 1:
            yield f"{counted(count, f'{what} stream') if count else f'no {what} streams'} instead of 1"
    if header.others:
        yield f"{counted(header.others, 'stream')} that {'is' if header.others == 1 else 'are'} neither"


def _picture(found: PictureStream | None, wanted: Format) -> Iterator[str]:
    if found is None:
        return
    if (found.width, found.height) != (wanted.width, wanted.height):
        yield f"{found.width}x{found.height} pixels instead of {wanted.width}x{wanted.height}"
    if found.sar != 1:
        yield f"pixels of the shape {found.sar.numerator}:{found.sar.denominator} instead of square ones"
    if found.rotation:
        yield f"players turn the picture by {found.rotation} degrees"
    if found.rate != wanted.rate:
        yield f"{rate_text(found)} instead of {float(wanted.rate):.6g}"
    if found.codec != wanted.picture_codec:
        yield f"the picture is {found.codec} instead of {wanted.picture_codec}"
    elif found.profile not in wanted.codec_profiles:
        yield f"the profile of {found.codec} is {found.profile or 'not told'} instead of {wanted.codec_profiles[0]}"
    if found.pixel_format != wanted.pixel_format:
        yield f"pixels of {found.pixel_format} instead of {wanted.pixel_format}"
    if found.full_range:
        yield "the picture is tagged as of full range instead of limited"
    colours = (found.primaries, found.transfer, found.matrix)
    for what, has, wants in zip(("primaries", "transfer", "matrix"), colours, _COLOURS, strict=True):
        if has != wants:
            yield f"the {what} of the colours {'is' if what != 'primaries' else 'are'} {has or 'not tagged'} instead of {wants}"


def _sound(found: SoundStream | None, wanted: Format) -> Iterator[str]:
    if found is None:
        return
    if found.codec != wanted.sound_codec:
        yield f"the sound is {found.codec} instead of {wanted.sound_codec}"
    if found.sample_rate != wanted.sample_rate:
        yield f"sound at {found.sample_rate} Hz instead of {wanted.sample_rate}"
    if found.channels != wanted.channels:
        yield f"{counted(found.channels, 'channel')} of sound instead of {wanted.channels}"


CHECK = Check(
    name="format",
    doc="The file is encoded as planned: its container, streams, size, rate, codecs and colours.",
    params=FormatCheck,
    default=FormatCheck(),
    planned=True,
    needs=frozenset(),
    judge=_judge,
    examples=({"format": "off"},),
)
