"""What happened to the entries of `audio:`. Those of the same source are the same sound, then those that begin at the same
written point, then what stands in the same place of the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from montage_recipe.diff.clips import Clips
from montage_recipe.diff.listed import paired
from montage_recipe.diff.model import Change, Detail, Kind, Subject
from montage_recipe.diff.views import SoundView, decibels, seconds


def sound_changes(
    old: Sequence[SoundView], new: Sequence[SoundView], clips: Clips, lengths: tuple[Fraction, Fraction]
) -> Iterator[Change]:
    """One for each sound to which something happened; `lengths` are those of the films. That a sound ends with the film, as
    it did before, is not told, nor that it comes along with the pictures."""
    pairs = paired(
        [sound.source for sound in old],
        [sound.source for sound in new],
        [str(sound.start) for sound in old],
        [str(sound.start) for sound in new],
    )
    gone, came = {i for i, _ in pairs}, {j for _, j in pairs}
    for i, sound in enumerate(old):
        if i not in gone:
            yield Change(
                subject=Subject.SOUND,
                kinds=(Kind.REMOVED,),
                moment=sound.shows.start,
                old=sound.shows,
                number=sound.number,
                name=sound.file,
            )
    for j, sound in enumerate(new):
        if j not in came:
            yield Change(
                subject=Subject.SOUND,
                kinds=(Kind.ADDED,),
                moment=sound.shows.start,
                new=sound.shows,
                number=sound.number,
                name=sound.file,
            )
    for i, j in pairs:
        yield from _changed(old[i], new[j], clips, lengths)


def _changed(old: SoundView, new: SoundView, clips: Clips, lengths: tuple[Fraction, Fraction]) -> Iterator[Change]:
    details: dict[Kind, list[Detail]] = {
        Kind.REPLACED: list(_source(old, new)),
        Kind.RETIMED: list(_timing(old, new, clips, lengths)),
        Kind.REMIXED: list(_level(old, new, clips)),
    }
    moved = clips.moves(old.shows.start, new.shows.start)
    kinds = ((Kind.MOVED,) if moved else ()) + tuple(kind for kind, found in details.items() if found)
    if kinds:
        yield Change(
            subject=Subject.SOUND,
            kinds=kinds,
            moment=new.shows.start,
            old=old.shows,
            new=new.shows,
            number=new.number,
            name=new.file,
            details=tuple(detail for found in details.values() for detail in found),
        )


def _source(old: SoundView, new: SoundView) -> Iterator[Detail]:
    if old.source != new.source:
        name = "content of" if old.file == new.file else "source"
        yield Detail(name=name, old=old.file, new=new.file, quoted=True)


def _timing(old: SoundView, new: SoundView, clips: Clips, lengths: tuple[Fraction, Fraction]) -> Iterator[Detail]:
    if old.in_ != new.in_:
        yield Detail(name="in", old=seconds(old.in_), new=seconds(new.in_))
    if old.out != new.out:
        yield Detail(name="out", old=_out(old), new=_out(new))
    if old.loop != new.loop:
        yield Detail(name="loop", old=_loop(old), new=_loop(new))
    with_film = old.shows.end == lengths[0] and new.shows.end == lengths[1]
    if not with_film and clips.differ(old.shows.length, new.shows.length):
        yield Detail(name="lasts", old=seconds(old.shows.length), new=seconds(new.shows.length))


def _out(sound: SoundView) -> str:
    return "its end" if sound.out is None else seconds(sound.out)


def _loop(sound: SoundView) -> str:
    return "yes" if sound.loop else "no"


def _level(old: SoundView, new: SoundView, clips: Clips) -> Iterator[Detail]:
    if old.volume != new.volume:
        yield Detail(name="volume", old=decibels(old.volume), new=decibels(new.volume))
    for name, before, after in (
        ("fade in", old.fade_in_s, new.fade_in_s),
        ("fade out", old.fade_out_s, new.fade_out_s),
    ):
        if clips.differ(before, after):
            yield Detail(name=name, old=seconds(before), new=seconds(after))
