"""What happened to the titles. They have no names of their own: those of the same text are the same title, then those
that begin at the same written point, then what stands in the same place of the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from montage_recipe.diff.clips import Clips
from montage_recipe.diff.listed import paired
from montage_recipe.diff.model import Change, Detail, Kind, Subject
from montage_recipe.diff.views import TitleView, seconds


def title_changes(old: Sequence[TitleView], new: Sequence[TitleView], clips: Clips) -> Iterator[Change]:
    """One for each title to which something happened. One that only comes along with the pictures under it is not told."""
    pairs = paired(
        [title.text for title in old], [title.text for title in new], [_point(t) for t in old], map(_point, new)
    )
    gone, came = {i for i, _ in pairs}, {j for _, j in pairs}
    for i, title in enumerate(old):
        if i not in gone:
            moment = title.shows.start + max(clips.offsets_at(title.shows.start)[:1], default=Fraction(0))
            yield Change(
                subject=Subject.TITLE,
                kinds=(Kind.REMOVED,),
                moment=moment,
                old=title.shows,
                number=title.number,
                name=title.text,
            )
    for j, title in enumerate(new):
        if j not in came:
            yield Change(
                subject=Subject.TITLE,
                kinds=(Kind.ADDED,),
                moment=title.shows.start,
                new=title.shows,
                number=title.number,
                name=title.text,
            )
    for i, j in pairs:
        yield from _changed(old[i], new[j], clips)


def _point(title: TitleView) -> str:
    return str(title.start)


def _changed(old: TitleView, new: TitleView, clips: Clips) -> Iterator[Change]:
    moved = clips.moves(old.shows.start, new.shows.start)
    offset = _stays(old, new, clips)
    details: dict[Kind, list[Detail]] = {
        Kind.MOVED: list(_start(old, new)) if moved else [],
        Kind.REWORDED: [Detail(name="text", old=old.text, new=new.text, quoted=True)] if old.text != new.text else [],
        Kind.RETIMED: list(_length(old, new, clips)),
        Kind.REGRADED: list(_look(old, new, clips)),
    }
    happened = {Kind.MOVED: moved, Kind.STAYS: offset is not None}
    kinds = tuple(kind for kind in (*details, Kind.STAYS) if happened.get(kind, details.get(kind)))
    if kinds:
        yield Change(
            subject=Subject.TITLE,
            kinds=kinds,
            moment=new.shows.start,
            old=old.shows,
            new=new.shows,
            number=new.number,
            name=new.text,
            details=tuple(detail for found in details.values() for detail in found),
            offset=offset,
        )


def _stays(old: TitleView, new: TitleView, clips: Clips) -> Fraction | None:
    """By how much the pictures come later under a title that does not, where they do."""
    offsets = clips.offsets_at(old.shows.start)
    if clips.differ(old.shows.start, new.shows.start) or not offsets:
        return None
    return offsets[0] if all(clips.differ(Fraction(0), offset) for offset in offsets) else None


def _start(old: TitleView, new: TitleView) -> Iterator[Detail]:
    if _point(old) != _point(new):
        yield Detail(name="start", old=_point(old), new=_point(new), quoted=True)


def _length(old: TitleView, new: TitleView, clips: Clips) -> Iterator[Detail]:
    if clips.differ(old.shows.length, new.shows.length):
        yield Detail(name="lasts", old=seconds(old.shows.length), new=seconds(new.shows.length))


def _look(old: TitleView, new: TitleView, clips: Clips) -> Iterator[Detail]:
    for (name, before), (_, after) in zip(old.style, new.style, strict=True):
        if before != after:
            yield Detail(name=name, old=before, new=after)
    if old.font != new.font:
        yield Detail(name="font", old=old.font, new=new.font, quoted=True)
    elif old.font_content != new.font_content:
        yield Detail(name="content of", old=old.font, new=new.font, quoted=True)
    if clips.differ(old.fade_s, new.fade_s):
        yield Detail(name="fade", old=seconds(old.fade_s), new=seconds(new.fade_s))
