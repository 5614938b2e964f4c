from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from montage_recipe.jobs.memory import PROCESS_BYTES, picture_memory
from montage_recipe.jobs.picture import transitions_in
from montage_recipe.jobs.segments import SOUND_LIMITS, SegmentLimits, picture_limits, split
from montage_recipe.recipe.values import Size
from montage_recipe.timeline.model import FrameSpan, Timeline
from tests.facts import clip_media
from tests.timeline.making import timeline_of


def timeline(
    names: list[str], *, transition: str = "0.5s", every: int = 1, lengths: dict[str, str] | None = None
) -> Timeline:
    """Clips of 2 s by these names; each `every`-th comes in by a crossfade of that length."""
    clips = []
    for number, name in enumerate(names):
        fade = f", transition: {{type: crossfade, duration: {transition}}}" if number and number % every == 0 else ""
        clips.append(f"{{src: {name}.mp4, duration: {(lengths or {}).get(name, '2s')}{fade}}}")
    facts = {f"{name}.mp4": clip_media(f"{name}.mp4", 600) for name in names}
    return timeline_of(f"clips: [{', '.join(clips)}]", facts=facts)


NAMES = [f"c{number}" for number in range(60)]
PICTURE_LIMITS = picture_limits(Size(320, 180), "medium")
SHAPES = {
    "crossfades": timeline(NAMES),
    "cuts": timeline(NAMES, every=1000),
    "some of both": timeline(NAMES, every=2),
    "bodies without a frame": timeline(NAMES, transition="1s"),
    "one long take": timeline(["long"], lengths={"long": "300s"}),
    "one short clip": timeline(["short"]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("limits", [PICTURE_LIMITS, SOUND_LIMITS])
def test_spans_follow_each_other_from_the_first_frame_to_the_last(shape: str, limits: SegmentLimits) -> None:
    whole = SHAPES[shape]
    spans = split(whole, limits)
    assert (spans[0].start, spans[-1].end) == (0, whole.length)
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert all(span.length > 0 for span in spans)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_span_ends_inside_a_transition(shape: str) -> None:
    whole = SHAPES[shape]
    inside = {
        frame
        for clip in whole.clips
        for frame in range(clip.shows.start + 1, clip.shows.start + clip.transition.frames)
    }
    assert not inside & {span.end for span in split(whole, PICTURE_LIMITS)}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_span_opens_few_clips(shape: str) -> None:
    whole = SHAPES[shape]
    opened = max(sum(1 for c in whole.clips if c.shows.meets(span)) for span in split(whole, PICTURE_LIMITS))
    assert opened <= PICTURE_LIMITS.most


def test_a_long_take_is_shared_among_several_spans() -> None:
    lengths = [span.length for span in split(SHAPES["one long take"], PICTURE_LIMITS)]
    assert len(lengths) > 10
    assert max(lengths) <= 30 * 30


def relative(whole: Timeline) -> list[tuple[tuple[str, int, int], ...]]:
    """What each span shows, without where it lies: equal ones have equal keys."""
    return [
        tuple(
            (c.media.fingerprint, *(lambda s: (s.start, s.end))(shown.moved(-c.shows.start)))
            for c in whole.clips
            if (shown := c.shows.meets(span))
        )
        for span in split(whole, PICTURE_LIMITS)
    ]


@pytest.mark.parametrize("every", [1, 1000])
def test_an_inserted_clip_changes_only_spans_near_it(every: int) -> None:
    dice = random.Random(7)
    before = set(relative(timeline(NAMES, every=every)))
    changes = []
    for trial in range(10):
        place = dice.randrange(1, 59)
        edited = timeline([*NAMES[:place], f"new{trial}", *NAMES[place:]], every=every)
        changes.append(len(set(relative(edited)) - before))
    assert max(changes) <= 7
    assert sum(changes) / len(changes) <= 4


def test_an_edited_length_changes_only_the_spans_that_show_the_clip() -> None:
    before = set(relative(timeline(NAMES)))
    after = relative(timeline(NAMES, lengths={"c31": "1.8s"}))
    changed = [span for span in after if span not in before]
    assert 1 <= len(changed) <= 2
    assert all(any(name == "content of c31.mp4" for name, _, _ in span) for span in changed)


def test_spans_that_stay_apart_come_back_as_they_are() -> None:
    whole = SHAPES["cuts"]
    apart = (FrameSpan(70, 110), FrameSpan(110, 118), FrameSpan(1200, 1260))
    spans = split(whole, PICTURE_LIMITS, apart)
    assert set(apart) <= set(spans)
    assert sum(span.length for span in spans) == whole.length


def test_the_rate_of_the_canvas_decides_what_is_long() -> None:
    assert SHAPES["one long take"].canvas.fps == Fraction(30)


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
@pytest.mark.parametrize("shape", ["crossfades", "cuts", "some of both"])
def test_at_full_hd_every_process_is_expected_to_stay_under_its_bound(shape: str, preset: str) -> None:
    size = Size(1920, 1080)
    large = {f"{name}.mp4": clip_media(f"{name}.mp4", 600, width=1920, height=1080) for name in NAMES}
    whole = replace(SHAPES[shape], clips=tuple(replace(c, media=large[c.media.file[9:]]) for c in SHAPES[shape].clips))
    whole = replace(whole, canvas=replace(whole.canvas, size=size))
    for span in split(whole, picture_limits(size, preset)):
        shown = [clip for clip in whole.clips if clip.shows.meets(span)]
        transitions = transitions_in(whole, span)
        memory = picture_memory([c.media for c in shown], size, preset, transitions=transitions)
        assert memory <= PROCESS_BYTES


@pytest.mark.parametrize(
    ("keyframes", "place"),
    [((0, 250), 15), ((0, 30, 60), 36), ((0, 5, 59), 15), ((0, 250, 300), 15)],
    ids=["none in the body", "one in the body", "one too late in the body", "none near"],
)
def test_a_body_is_cut_after_a_keyframe_or_else_at_its_beginning(keyframes: tuple[int, ...], place: int) -> None:
    """Six frames on, so that every container's seek finds it; each clip's body is its frames 15 to 45."""
    whole = SHAPES["crossfades"]
    clips = tuple(
        replace(c, media=replace(c.media, video=replace(c.media.video, keyframes=keyframes)))
        for c in whole.clips
        if c.media.video
    )
    whole = replace(whole, clips=clips)
    ends = [span.end for span in split(whole, PICTURE_LIMITS)][:-1]
    assert ends and all(any(end == c.shows.start + place for c in clips) for end in ends)
