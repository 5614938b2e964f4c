"""Titles over a span of the picture.

They are drawn by libass from a file whose times cannot be negative, while a span may begin in the middle of a title. So
the frames' times are moved on before the filter, by as much as the earliest title began before the span, and back after it.
"""

from __future__ import annotations

from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineTitle
from montage_recipe.titles.lower import title_filters


def titles_in(timeline: Timeline, span: FrameSpan) -> tuple[tuple[TimelineTitle, FrameSpan], ...]:
    """The titles that a span shows, each with its frames counted from the moved beginning of the span."""
    shift = _shift(timeline, span)
    titles = (title for title in timeline.titles if title.shows.meets(span))
    return tuple((title, _seen(title, span).moved(shift - span.start)) for title in titles)


def draw_titles(builder: GraphBuilder, stream: str, timeline: Timeline, span: FrameSpan) -> str:
    first = next((title for title in timeline.titles if title.shows.meets(span)), None)
    if first is None:
        return stream
    calls = title_filters(shift_frames=_shift(timeline, span), rate=timeline.canvas.fps)
    return builder.chain(stream, calls, at=first.at)


def _shift(timeline: Timeline, span: FrameSpan) -> int:
    titles = (title for title in timeline.titles if title.shows.meets(span))
    # One frame more, because the document's clock begins half a frame before a title's first one.
    return 1 + max([0, *(span.start - _seen(title, span).start for title in titles)])


def _seen(title: TimelineTitle, span: FrameSpan) -> FrameSpan:
    """The title's frames as far as they decide what is seen of it in a span: a fade that lies outside stays outside, but
    how far is left out, so that a title over the whole montage does not tie each segment to the lengths of all others."""
    return FrameSpan(
        max(title.shows.start, span.start - title.fade_frames), min(title.shows.end, span.end + title.fade_frames)
    )
