"""What happened to the files that are made: which there are, their pictures' size, their encoder, their loudness."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction

from montage_recipe.diff.clips import Clips, clip_changes
from montage_recipe.diff.model import Change, Detail, Film, Kind, OutputDiff, Subject
from montage_recipe.diff.sounds import sound_changes
from montage_recipe.diff.titles import title_changes
from montage_recipe.diff.views import clips_of, sounds_of, titles_of
from montage_recipe.profiles import PROFILES
from montage_recipe.recipe.model import Loudness, Output

_ORDER = tuple(Subject)


def compare(old: Sequence[Film], new: Sequence[Film]) -> tuple[OutputDiff, ...]:
    """What changes in each output, in the order of the new recipe; those that are gone come last.

    Outputs of the same name are the same one, then those of the same file; where one is left on each side, so is that.
    """
    pairs = _same_outputs(old, new)
    before = {id(after): film for film, after in pairs}
    kept = {id(film) for film, _ in pairs}
    return (
        *(_compared(before[id(film)], film) if id(film) in before else _one_sided(film, Kind.ADDED) for film in new),
        *(_one_sided(film, Kind.REMOVED) for film in old if id(film) not in kept),
    )


def _same_outputs(old: Sequence[Film], new: Sequence[Film]) -> list[tuple[Film, Film]]:
    pairs: dict[int, int] = {}  # place among the new ones -> place among the old ones
    for key in (_name, _file):
        known = {key(film): i for i, film in enumerate(old) if i not in pairs.values()}
        for j, film in enumerate(new):
            if j not in pairs and (i := known.pop(key(film), None)) is not None:
                pairs[j] = i
    ours = [i for i in range(len(old)) if i not in pairs.values()]
    theirs = [j for j in range(len(new)) if j not in pairs]
    if len(ours) == len(theirs) == 1:
        pairs[theirs[0]] = ours[0]
    return [(old[i], new[j]) for j, i in pairs.items()]


def _name(film: Film) -> str:
    return film.recipe.output.name


def _file(film: Film) -> str:
    """From the recipe's folder."""
    return os.path.relpath(film.recipe.output.file, film.recipe.file.parent)


def length_of(film: Film) -> Fraction:
    return film.timeline.length / film.timeline.canvas.fps


def _one_sided(film: Film, kind: Kind) -> OutputDiff:
    length = length_of(film)
    change = Change(subject=Subject.OUTPUT, kinds=(kind,), moment=Fraction(0), name=_file(film))
    return OutputDiff(
        name=_name(film),
        old_name=_name(film) if kind is Kind.REMOVED else None,
        file=_file(film),
        old_length=length if kind is Kind.REMOVED else None,
        new_length=length if kind is Kind.ADDED else None,
        changes=(change,),
    )


def _compared(old: Film, new: Film) -> OutputDiff:
    rates = old.timeline.canvas.fps, new.timeline.canvas.fps
    lengths = length_of(old), length_of(new)
    clips = Clips.of(clips_of(old), clips_of(new), rates=rates)
    found = (
        *clip_changes(clips),
        *title_changes(titles_of(old), titles_of(new), clips),
        *sound_changes(sounds_of(old), sounds_of(new), clips, lengths),
    )
    in_time = sorted(found, key=lambda change: (change.moment, _ORDER.index(change.subject), change.number or 0))
    return OutputDiff(
        name=_name(new),
        old_name=_name(old),
        file=_file(new),
        old_length=lengths[0],
        new_length=lengths[1],
        changes=(*_settings(old, new), *in_time),
    )


def _settings(old: Film, new: Film) -> Iterator[Change]:
    """What changes for the whole film."""
    for subject, details in (
        (Subject.OUTPUT, tuple(_encoding(old, new))),
        (Subject.CANVAS, tuple(_canvas(old, new))),
        (Subject.LOUDNESS, tuple(_loudness(old.recipe.loudness, new.recipe.loudness))),
    ):
        if details:
            name = _file(new) if subject is Subject.OUTPUT else None
            yield Change(subject=subject, kinds=(Kind.CHANGED,), moment=Fraction(0), name=name, details=details)


def _encoding(old: Film, new: Film) -> Iterator[Detail]:
    before, after = old.recipe.output, new.recipe.output
    if _file(old) != _file(new):
        yield Detail(name="file", old=_file(old), new=_file(new), quoted=True)
    if old.recipe.title != new.recipe.title:
        yield Detail(name="title", old=old.recipe.title, new=new.recipe.title, quoted=True)
    for name in ("preset", "crf", "sound"):
        if _encoder(before)[name] != _encoder(after)[name]:
            yield Detail(name=name, old=_encoder(before)[name], new=_encoder(after)[name])
    if before.copy != after.copy:
        yield Detail(name="copy", old=before.copy, new=after.copy)


def _encoder(output: Output) -> dict[str, str]:
    """What a profile stands for; its name alone changes nothing."""
    profile = PROFILES[output.profile]
    crf = profile.crf if output.crf is None else output.crf
    return {"preset": output.preset or profile.preset, "crf": str(crf), "sound": f"{profile.audio_bitrate}bit/s"}


def _canvas(old: Film, new: Film) -> Iterator[Detail]:
    before, after = old.timeline.canvas, new.timeline.canvas
    if before.size != after.size:
        yield Detail(name="size", old=str(before.size), new=str(after.size))
    if before.fps != after.fps:
        yield Detail(name="fps", old=str(before.fps), new=str(after.fps))
    if before.background != after.background:
        yield Detail(name="background", old=str(before.background), new=str(after.background))


def _loudness(old: Loudness | None, new: Loudness | None) -> Iterator[Detail]:
    before, after = _levels(old), _levels(new)
    for name in ("integrated", "true peak"):
        if before.get(name) != after.get(name):
            yield Detail(name=name, old=before.get(name), new=after.get(name))


def _levels(loudness: Loudness | None) -> dict[str, str]:
    if loudness is None:
        return {}
    return {"integrated": f"{float(loudness.integrated):g} LUFS", "true peak": f"{float(loudness.true_peak):g} dBTP"}
