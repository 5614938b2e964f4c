"""What happened to the clips, and what shifted because of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diff.effects import FRAMING, effect_details
from montage_recipe.diff.matching import Pair, match_clips
from montage_recipe.diff.model import Change, Detail, Kind, Subject, TimeSpan
from montage_recipe.diff.views import ClipView, decibels, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """The clips of both films, and which is which."""

    old: tuple[ClipView, ...]
    new: tuple[ClipView, ...]
    pairs: tuple[Pair, ...]  # in the order of the new film
    tolerance: Fraction  # seconds that rounding to frames of two rates may make; 0 where both have one rate

    @classmethod
    def of(cls, old: tuple[ClipView, ...], new: tuple[ClipView, ...], *, rates: tuple[Fraction, Fraction]) -> Clips:
        same = rates[0] == rates[1]
        tolerance = Fraction(0) if same else 1 / rates[0] + 1 / rates[1]
        return cls(old=old, new=new, pairs=match_clips(old, new, same_rate=same), tolerance=tolerance)

    @property
    def steady(self) -> tuple[Pair, ...]:
        """The pairs that have not moved, in the order of both films."""
        return tuple(pair for pair in self.pairs if not pair.moved)

    def differ(self, old: Fraction, new: Fraction) -> bool:
        return abs(new - old) > self.tolerance

    def offset(self, pair: Pair) -> Fraction:
        """Seconds by which a clip begins later than before."""
        return self.new[pair.new].shows.start - self.old[pair.old].shows.start

    def offsets_at(self, moment: Fraction) -> tuple[Fraction, ...]:
        """By how much the clip that begins last before `moment` (seconds of the old film) begins and ends later; nothing
        where it has moved or is gone."""
        number = bisect_right(self.old, moment, key=lambda clip: clip.shows.start) - 1
        pair = next((pair for pair in self.pairs if pair.old == number and not pair.moved), None)
        if pair is None:
            return ()
        return self.offset(pair), self.new[pair.new].shows.end - self.old[pair.old].shows.end

    def moves(self, old: Fraction, new: Fraction) -> bool:
        """Whether what began at `old` begins at `new` for another reason than that the pictures under it do."""
        return self.differ(old, new) and all(self.differ(old + offset, new) for offset in self.offsets_at(old))


def clip_changes(clips: Clips) -> Iterator[Change]:
    """One for each clip to which something happened, and one for each span that only shifts."""
    paired_old, paired_new = {pair.old for pair in clips.pairs}, {pair.new for pair in clips.pairs}
    steady = clips.steady
    for i, clip in enumerate(clips.old):
        if i not in paired_old:
            yield _removed(clip, moment=_place_of(i, steady, clips))
    for j, clip in enumerate(clips.new):
        if j not in paired_new:
            yield _added(clip)
    for pair in clips.pairs:
        yield from _changed(pair, clips)
    yield from _shifts(clips)


def _place_of(number: int, steady: Sequence[Pair], clips: Clips) -> Fraction:
    """Where in the new film a clip of the old one would be."""
    before = bisect_left(steady, number, key=lambda pair: pair.old)
    return clips.new[steady[before - 1].new].shows.end if before else Fraction(0)


def _removed(clip: ClipView, *, moment: Fraction) -> Change:
    return Change(
        subject=Subject.CLIP,
        kinds=(Kind.REMOVED,),
        moment=moment,
        old=clip.shows,
        number=clip.number,
        name=clip.id,
        details=_takes(clip, old=True),
    )


def _added(clip: ClipView) -> Change:
    return Change(
        subject=Subject.CLIP,
        kinds=(Kind.ADDED,),
        moment=clip.shows.start,
        new=clip.shows,
        number=clip.number,
        name=clip.id,
        details=_takes(clip, old=False),
    )


def _takes(clip: ClipView, *, old: bool) -> tuple[Detail, ...]:
    """What of its source a clip shows that is in one film only."""

    def one(name: str, value: str, *, quoted: bool = False) -> Detail:
        return Detail(name=name, old=value if old else None, new=None if old else value, quoted=quoted)

    details = [one("source", clip.file, quoted=True)]
    if not clip.still:
        details += [one("in", seconds(clip.in_)), one("out", seconds(clip.out))]
    return tuple(details)


def _changed(pair: Pair, clips: Clips) -> Iterator[Change]:
    old, new = clips.old[pair.old], clips.new[pair.new]
    details: dict[Kind, list[Detail]] = {
        Kind.REPLACED: list(_source(old, new)),
        Kind.RETIMED: list(_timing(old, new, clips)),
        Kind.REFRAMED: list(_framing(old, new)),
        Kind.REGRADED: list(_look(old, new)),
        Kind.REMIXED: list(_volume(old, new)),
        Kind.TRANSITION: list(_transition(old, new, clips)),
    }
    kinds = ((Kind.MOVED,) if pair.moved else ()) + tuple(kind for kind, found in details.items() if found)
    if kinds:
        yield Change(
            subject=Subject.CLIP,
            kinds=kinds,
            moment=new.shows.start,
            old=old.shows,
            new=new.shows,
            number=new.number,
            name=new.id,
            details=tuple(detail for found in details.values() for detail in found),
        )


def _source(old: ClipView, new: ClipView) -> Iterator[Detail]:
    if old.source == new.source:
        return
    if old.file == new.file:
        yield Detail(name="content of", old=new.file, new=new.file, quoted=True)
    else:
        yield Detail(name="source", old=old.file, new=new.file, quoted=True)


def _timing(old: ClipView, new: ClipView, clips: Clips) -> Iterator[Detail]:
    lasts_else = clips.differ(old.shows.length, new.shows.length)
    if not new.still and not old.still:
        if old.in_ != new.in_:
            yield Detail(name="in", old=seconds(old.in_), new=seconds(new.in_))
        # Another rate rounds the same `out` to another frame.
        if old.out != new.out and (not clips.tolerance or lasts_else):
            yield Detail(name="out", old=seconds(old.out), new=seconds(new.out))
        if old.speed != new.speed:
            yield Detail(name="speed", old=f"{float(old.speed):g}", new=f"{float(new.speed):g}")
    if lasts_else:
        yield Detail(name="lasts", old=seconds(old.shows.length), new=seconds(new.shows.length))


def _framing(old: ClipView, new: ClipView) -> Iterator[Detail]:
    yield from (detail for name, detail in effect_details(old.effects, new.effects) if name in FRAMING)
    if old.fit != new.fit:
        yield Detail(name="fit", old=old.fit, new=new.fit)


def _look(old: ClipView, new: ClipView) -> Iterator[Detail]:
    yield from (detail for name, detail in effect_details(old.effects, new.effects) if name not in FRAMING)
    if old.upscale != new.upscale:
        yield Detail(name="upscale", old=_upscale(old), new=_upscale(new))


def _upscale(clip: ClipView) -> str | None:
    return f"{clip.upscale[0]} times by {clip.upscale[1]}" if clip.upscale else None


def _volume(old: ClipView, new: ClipView) -> Iterator[Detail]:
    if old.volume != new.volume:
        yield Detail(name="volume", old=decibels(old.volume), new=decibels(new.volume))


def _transition(old: ClipView, new: ClipView, clips: Clips) -> Iterator[Detail]:
    if old.transition != new.transition or clips.differ(old.transition_s, new.transition_s):
        yield Detail(name="transition", old=_way_in(old), new=_way_in(new))


def _way_in(clip: ClipView) -> str:
    return "cut" if clip.transition == "none" else f"{clip.transition} of {seconds(clip.transition_s)}"


def _shifts(clips: Clips) -> Iterator[Change]:
    """Each run of clips that come earlier or later by the same time."""
    steady = clips.steady
    for run in _runs(steady, clips):
        offset = clips.offset(run[0])
        if not clips.differ(Fraction(0), offset):
            continue
        first, last = run[0], run[-1]
        new = TimeSpan(clips.new[first.new].shows.start, clips.new[last.new].shows.end)
        yield Change(
            subject=Subject.TIMELINE,
            kinds=(Kind.SHIFTED,),
            moment=new.start,
            old=TimeSpan(clips.old[first.old].shows.start, clips.old[last.old].shows.end),
            new=new,
            offset=offset,
            to_end=last is steady[-1],
        )


def _runs(steady: Sequence[Pair], clips: Clips) -> Iterator[list[Pair]]:
    run: list[Pair] = []
    for pair in steady:
        if run and clips.differ(clips.offset(run[-1]), clips.offset(pair)):
            yield run
            run = []
        run.append(pair)
    if run:
        yield run
