"""A span of the timeline becomes the filter graph of its picture."""

from __future__ import annotations

from montage_recipe.effects import EFFECTS
from montage_recipe.effects.spec import EffectUse, Stage, call
from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.graph.model import FilterGraph
from montage_recipe.graph.normalise import CANVAS_FORMAT, background, flatten, normalise
from montage_recipe.graph.passes import run_passes
from montage_recipe.graph.takes import cut_frames, hold_still, numbered, take_frames
from montage_recipe.graph.titles import draw_titles
from montage_recipe.media.facts import MediaKind
from montage_recipe.recipe.model import Canvas
from montage_recipe.timecode import seconds_text
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineClip
from montage_recipe.transitions import TRANSITIONS


def lower_picture(timeline: Timeline, span: FrameSpan) -> FilterGraph:
    """The graph whose result is exactly the frames of `span`.

    `span` does not begin or end inside a transition; `jobs.segments` sees to that.
    """
    builder = GraphBuilder()
    parts: list[str] = []
    pieces = [_Piece(builder, timeline, clip, span) for clip in timeline.clips_in(span)]
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        parts.extend(piece.parts(following))
    rate = timeline.canvas.fps
    joining = call("concat", n=len(parts), v=1, a=0)
    joined = builder.join(tuple(parts), joining, at=()) if len(parts) > 1 else parts[0]
    # concat puts out a time base of its own.
    even = builder.chain(joined, numbered(rate), at=())
    return run_passes(builder.finish(draw_titles(builder, even, timeline, span)))


class _Piece:
    """The part of one clip that a span shows, with the transition that leads into it.

    Only the frames of a transition go through its filters; all others stay untouched.
    """

    def __init__(self, builder: GraphBuilder, timeline: Timeline, clip: TimelineClip, span: FrameSpan) -> None:
        self._builder = builder
        self._clip = clip
        self._canvas = timeline.canvas
        shown = clip.shows.meets(span)
        assert shown is not None
        self._span = shown.moved(-clip.shows.start)
        self._fade_in = clip.transition.frames if self._span.start == 0 else 0
        # Not the place decides: a second clip begins at 0 too where its transition is as long as the first clip.
        self._opens_montage = clip is timeline.clips[0]
        self._stream = _finished_clip(builder, timeline.canvas, clip, self._span)

    def parts(self, following: _Piece | None) -> list[str]:
        """Streams to play one after the other: the body, and the transition into the following clip."""
        fade_out = following._fade_in if following else 0
        parts = []
        if self._fade_in and self._opens_montage:
            parts.append(self._from_background())
        if body := self._cut(self._fade_in, self._span.length - fade_out):
            parts.append(body)
        if following and fade_out:
            end = self._cut(self._span.length - fade_out, self._span.length)
            start = following._cut(0, fade_out)
            assert end and start
            parts.append(following._crossed(end, start))
        return parts

    def _from_background(self) -> str:
        start = self._cut(0, self._fade_in)
        assert start
        ground = background(self._builder, self._canvas, frames=self._fade_in, at=self._clip.at)
        return self._crossed(ground, start)

    def _crossed(self, end: str, start: str) -> str:
        """Two streams of exactly the transition's length become one."""
        use = self._clip.transition
        transition, at = TRANSITIONS[use.type], use.at or self._clip.at
        if transition.mixes:
            opacity = call("fade", type="in", alpha=1, start_frame=0, nb_frames=use.frames)
            start = self._builder.chain(start, (call("format", pix_fmts="yuva420p"), opacity), at=at)
            crossed = self._builder.join((end, start), call("overlay", format="yuv420"), at=at)
        else:
            duration = seconds_text(use.frames / self._canvas.fps)
            crossing = call("xfade", transition=transition.xfade, duration=duration, offset=0)
            crossed = self._builder.join((end, start), crossing, at=at)
        # xfade fed with yuv420p puts out yuv444p, which x264 would take as a wish for High 4:4:4.
        return self._builder.chain(crossed, CANVAS_FORMAT, at=at)

    def _cut(self, start: int, end: int) -> str | None:
        """Frames of this piece, counted from its first; the stream itself where that is all of them."""
        if end <= start:
            return None
        if (start, end) == (0, self._span.length):
            return self._stream
        return self._builder.chain(self._stream, cut_frames(start, end), at=self._clip.at)


def _finished_clip(builder: GraphBuilder, canvas: Canvas, clip: TimelineClip, span: FrameSpan) -> str:
    """The clip's frames `span`, graded and fitted."""
    stream = take_frames(builder, clip, span, canvas.fps)
    stream = flatten(builder, stream, clip, canvas, frames=span.length)
    whole = not any(EFFECTS[use.name].stage is Stage.SOURCE for use in clip.effects)
    stream = _with_effects(builder, stream, clip.effects, Stage.SOURCE)
    stream = normalise(builder, stream, clip, canvas, frames=span.length, whole=whole)
    stream = _with_effects(builder, stream, clip.effects, Stage.CANVAS)
    if clip.media.kind is MediaKind.IMAGE:
        stream = builder.chain(stream, hold_still(span.length, canvas.fps), at=clip.at)
    return stream


def _with_effects(builder: GraphBuilder, stream: str, uses: tuple[EffectUse, ...], stage: Stage) -> str:
    for use in uses:
        effect = EFFECTS[use.name]
        if effect.stage is stage:
            stream = builder.chain(stream, effect.lower(use.params), at=use.at)
    return stream
