"""The text of a first recipe around some media: what `init` writes. Pure: the facts are an argument."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from montage_recipe.media.facts import MediaFacts, MediaKind, VideoFacts
from montage_recipe.timecode import format_seconds

_TAKEN_S = Fraction(5)  # of a clip that is longer than _WHOLE_UP_TO_S
_WHOLE_UP_TO_S = Fraction(7)
_PHOTO_S = Fraction(3)
_CROSSFADE_S = Fraction(1, 2)
_SHORTEST_S = 3 * _CROSSFADE_S  # that can be crossfaded at both ends and be seen in between
_TITLE_S = Fraction(3)
# Rates people film in; footage of another rate counts for the nearest of them. 120 and 240 are for slow motion.
_RATES = ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
_DEFAULT_RATE = "30"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that looks like media and cannot be used."""

    file: Path
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The media of a folder."""

    title: str
    media: tuple[MediaFacts, ...]
    skipped: tuple[Skipped, ...] = ()


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sorts as people do.

    >>> sorted(["clip10", "Clip2", "clip1"], key=natural_key)
    ['clip1', 'Clip2', 'clip10']
    """
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)


def in_order(media: Iterable[MediaFacts]) -> tuple[MediaFacts, ...]:
    """By the time they were captured; those that do not tell it come last, by name."""

    def key(facts: MediaFacts) -> tuple[bool, str, tuple[tuple[int, int | str], ...]]:
        return facts.captured is None, (facts.captured or "")[:19], natural_key(facts.file)

    return tuple(sorted(media, key=key))


def starter_recipe(found: Found, *, folder: Path, schema: Path, output: str) -> str:
    """A recipe, with comments, whose paths are relative to `folder`; there must be a picture in `found`."""
    shown = in_order(facts for facts in found.media if facts.video)
    music = _longest_first(facts for facts in found.media if facts.kind is MediaKind.AUDIO)
    names = _names((*shown, *music))
    lines = [
        f"# yaml-language-server: $schema={schema.as_posix()}",
        "# Written by `montage-recipe init`. `montage-recipe explain KEY` tells what a key means.",
        "recipe: 1",
        f"title: {_quoted(found.title)}",
        *_canvas(shown),
        "",
        "media:",
        *(f"  {names[facts.file]}: {_quoted(_relative(facts.file, folder))}" for facts in (*shown, *music)),
        *_skipped(found.skipped, folder),
        "",
        *_DEFAULTS,
        "",
        *_clips(shown, names),
        "",
        *_title(found.title, shown),
        *_audio(music, names, any(facts.audio for facts in shown)),
        "loudness: {integrated: -14LUFS, true_peak: -1dBTP} # what video sites play at",
        "",
        "outputs:",
        f"  - {{file: {_quoted(output)}, profile: h264-1080p}}",
    ]
    return "\n".join(lines) + "\n"


_DEFAULTS = (
    "defaults:",
    "  fit: blur # pictures of another shape stand on their own blurred copy; or cover, contain, fill, none",
    f"  transition: {{type: crossfade, duration: {format_seconds(_CROSSFADE_S)}}}",
)


# --- the picture ------------------------------------------------------------------------------------------------------


def _canvas(shown: Sequence[MediaFacts]) -> list[str]:
    upright = sum(_is_upright(facts.video) for facts in shown if facts.video)
    size, why = ("1080x1920", "upright") if 2 * upright > len(shown) else ("1920x1080", "wide")
    rates = Counter(_nearest_rate(facts.video.rate) for facts in shown if facts.video and facts.video.rate)
    rate = max(rates, key=lambda name: (rates[name], name == _DEFAULT_RATE)) if rates else _DEFAULT_RATE
    return [f"canvas: {{size: {size}, fps: {rate}}} # most of the footage is {why}"]


def _is_upright(video: VideoFacts) -> bool:
    width, height = video.width * video.sar, Fraction(video.height)
    return width > height if video.rotation in (90, 270) else height > width


def _nearest_rate(rate: Fraction) -> str:
    return min(_RATES, key=lambda name: abs(Fraction(name) - rate))


def _clips(shown: Sequence[MediaFacts], names: dict[str, str]) -> list[str]:
    dated = sum(facts.captured is not None for facts in shown)
    if dated == len(shown):
        order = "in the order they were captured"
    elif dated:
        order = "first those that tell when they were captured, in that order, then the others by name"
    else:
        order = "by name, as none tells when it was captured"
    lines = [f"clips: # {order}"]
    before: Fraction | None = None
    for facts in shown:
        start, length = taken(facts)
        keys = [f"id: {names[facts.file]}", f"src: {names[facts.file]}"]
        if facts.kind is MediaKind.IMAGE:
            keys.append(f"duration: {format_seconds(length)}")
        elif length < _ends(facts):
            keys += [f"in: {format_seconds(start)}", f"out: {format_seconds(start + length)}"]
        notes = [f"of {format_seconds(_tenths(_ends(facts)))}"] if any(key.startswith("out: ") for key in keys) else []
        notes += ["very short"] if length < 1 else []
        if before is not None and min(before, length) < _SHORTEST_S:
            keys.append("transition: none")
            notes.append("a crossfade needs longer clips")
        lines.append(f"  - {{{', '.join(keys)}}}" + (f" # {'; '.join(notes)}" if notes else ""))
        before = length
    return lines


def taken(facts: MediaFacts) -> tuple[Fraction, Fraction]:
    """Where the part of a source begins that is used, and how long it is; the beginning of a take is seldom its best."""
    if facts.kind is MediaKind.IMAGE:
        return Fraction(0), _PHOTO_S
    if _ends(facts) <= _WHOLE_UP_TO_S:
        return Fraction(0), _ends(facts)
    return _tenths((_ends(facts) - _TAKEN_S) / 3), _TAKEN_S


def _ends(facts: MediaFacts) -> Fraction:
    """Where the picture ends; the sound may go on."""
    assert facts.video is not None  # only what has a picture is shown
    return facts.video.start + facts.video.duration


def _tenths(seconds: Fraction) -> Fraction:
    """Rounded down to a tenth."""
    return Fraction(int(seconds * 10), 10)


def _title(text: str, shown: Sequence[MediaFacts]) -> list[str]:
    room = sum((taken(facts)[1] for facts in shown), Fraction(0)) - len(shown) * _CROSSFADE_S - _CROSSFADE_S
    if room < 1:
        return []
    times = f"start: {format_seconds(_CROSSFADE_S)}, duration: {format_seconds(min(_TITLE_S, _tenths(room)))}"
    return ["titles:", f"  - {{text: {_quoted(text)}, {times}, position: lower-third, size: 10%}}", ""]


# --- the sound --------------------------------------------------------------------------------------------------------


def _longest_first(media: Iterable[MediaFacts]) -> list[MediaFacts]:
    return sorted(media, key=lambda facts: (-(facts.duration or 0), natural_key(facts.file)))


def _audio(music: Sequence[MediaFacts], names: dict[str, str], clips_are_heard: bool) -> list[str]:
    if not music:
        return []
    volume = "volume: -12dB, " if clips_are_heard else ""
    lines = ["audio:"]
    for number, facts in enumerate(music):
        entry = f"- {{src: {names[facts.file]}, loop: true, {volume}fade_out: 2s}}"
        lines.append(f"  {entry}" if number == 0 else f"  # {entry}")
    return [*lines, ""]


# --- names ------------------------------------------------------------------------------------------------------------


def _names(media: Iterable[MediaFacts]) -> dict[str, str]:
    """A name for each file: a letter, then letters, digits, dashes; no two alike."""
    names: dict[str, str] = {}
    for facts in media:
        plain = unicodedata.normalize("NFKD", Path(facts.file).stem).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower() or facts.kind.value
        stem = stem if stem[0].isalpha() else f"{facts.kind.value}-{stem}"
        names[facts.file] = next(name for name in _numbered(stem) if name not in names.values())
    return names


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _skipped(skipped: Sequence[Skipped], folder: Path) -> list[str]:
    return [f"  # left out: {_quoted(_relative(str(each.file), folder))}: {each.why}" for each in skipped]


def _relative(file: str, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()


def _quoted(text: str) -> str:
    """As a YAML text on one line; `${` would be a variable, and what is not UTF-8 becomes a question mark."""
    return json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False).replace("${", "$${")
