"""Titles over a span of the picture.

They are drawn by libass from a file whose times cannot be negative, while a span may begin in the middle of a title. So
the frames' times are moved on before the filter, by as much as the earliest title began before the span, and back after it.
"""

from __future__ import annotations

from montage_recipe.effects.spec import FilterCall
from montage_recipe.graph.builder import GraphBuilder
from montage_recipe.timeline.model import FrameSpan, Timeline, TimelineTitle
from montage_recipe.titles.lower import title_filters


def titles_in(timeline: Timeline, span: FrameSpan) -> tuple[tuple[TimelineTitle, FrameSpan], ...]:
    """The titles that a span shows, each with its frames counted from the moved beginning of the span."""
    titles = [title for title in timeline.titles if title.shows.meets(span)]
    shift = _shift(titles, span)
    return tuple((title, title.shows.moved(shift - span.start)) for title in titles)


def draw_titles(builder: GraphBuilder, stream: str, timeline: Timeline, span: FrameSpan) -> str:
    titles = [title for title in timeline.titles if title.shows.meets(span)]
    if not titles:
        return stream
    calls: tuple[FilterCall, ...] = title_filters(shift_frames=_shift(titles, span), rate=timeline.canvas.fps)
    return builder.chain(stream, calls, at=titles[0].at)


def _shift(titles: list[TimelineTitle], span: FrameSpan) -> int:
    return max([0, *(span.start - title.shows.start for title in titles)])
