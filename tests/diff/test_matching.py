from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from montage_recipe.diff.alignment import common_subsequence, longest_increasing
from montage_recipe.diff.model import Kind, OutputDiff, Subject
from montage_recipe.diff.outputs import compare
from tests.diff.making import changes, films
from tests.facts import clip_media

WORDS = st.text(alphabet="abc", max_size=12)


def told(diff: OutputDiff) -> list[tuple[Subject, Kind | None, int | None]]:
    return [(change.subject, change.kinds[0], change.number) for change in diff.changes]


def clips(*entries: str) -> str:
    return "clips:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


@given(WORDS, WORDS)
def test_a_common_subsequence_is_one_and_is_the_longest(old: str, new: str) -> None:
    @cache
    def longest(i: int, j: int) -> int:
        if i == len(old) or j == len(new):
            return 0
        if old[i] == new[j]:
            return 1 + longest(i + 1, j + 1)
        return max(longest(i + 1, j), longest(i, j + 1))

    pairs = common_subsequence(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert [i for i, _ in pairs] == sorted({i for i, _ in pairs})
    assert [j for _, j in pairs] == sorted({j for _, j in pairs})
    assert len(pairs) == longest(0, 0)


@given(st.permutations(range(8)))
def test_an_increasing_subsequence_is_one_and_is_the_longest(values: list[int]) -> None:
    lengths: list[int] = []
    for place, value in enumerate(values):
        lengths.append(1 + max((lengths[p] for p in range(place) if values[p] < value), default=0))
    kept = [values[place] for place in sorted(longest_increasing(values))]
    assert kept == sorted(kept) and len(kept) == max(lengths)


def test_the_same_id_is_the_same_clip_whatever_it_shows() -> None:
    diff = changes(clips("id: a, src: x.mp4, out: 2s"), clips("id: a, src: y.mp4, in: 3s, out: 5s"))
    assert [change.kinds for change in diff.changes] == [(Kind.REPLACED, Kind.RETIMED)]


def test_another_id_with_other_footage_is_another_clip() -> None:
    diff = changes(clips("id: a, src: x.mp4, out: 2s"), clips("id: b, src: y.mp4, out: 2s"))
    assert told(diff) == [(Subject.CLIP, Kind.REMOVED, 1), (Subject.CLIP, Kind.ADDED, 1)]


def test_another_take_of_the_same_source_elsewhere_is_another_clip() -> None:
    between = ("src: y.mp4, out: 1s", "src: z.mp4, out: 1s")
    diff = changes(clips("src: x.mp4, out: 2s", *between), clips(*between, "src: x.mp4, in: 5s, out: 7s"))
    assert told(diff)[:1] == [(Subject.CLIP, Kind.REMOVED, 1)]
    assert told(diff)[-1] == (Subject.CLIP, Kind.ADDED, 3)


def test_a_clip_that_is_shown_again_is_one_clip_added() -> None:
    same = "src: x.mp4, out: 2s"
    assert told(changes(clips(same, same), clips(same, same, same))) == [(Subject.CLIP, Kind.ADDED, 3)]


def test_other_content_under_the_same_name_is_other_footage() -> None:
    text = clips("src: x.mp4, out: 2s", "src: y.mp4, out: 2s")
    other = replace(clip_media("y.mp4"), fingerprint="another content")
    (change,) = changes(text, text, new_facts={"y.mp4": other}).changes
    assert change.kinds == (Kind.REPLACED,) and change.number == 2
    assert change.details[0].name == "content of"


def test_a_file_that_was_only_renamed_changes_nothing() -> None:
    same = replace(clip_media("y.mp4"), fingerprint="content of x.mp4")
    assert changes(clips("src: x.mp4"), clips("src: y.mp4"), new_facts={"y.mp4": same}).changes == ()


def test_another_frame_rate_moves_and_retimes_nothing() -> None:
    text = clips(*(f"src: x.mp4, in: {n}.11s, out: {n + 1}.44s, transition: crossfade" for n in range(8)))
    old, new = films("recipe: 1\ncanvas: {fps: 30}\n" + text), films("recipe: 1\ncanvas: {fps: 23.976}\n" + text)
    (diff,) = compare(old, new)
    assert [change.subject for change in diff.changes] == [Subject.CANVAS]


@pytest.mark.parametrize("step", ["0.0", "0.1"])
@pytest.mark.parametrize("sources", [1, 3, 997])
def test_a_thousand_clips_are_compared_with_a_thousand_in_a_moment(sources: int, step: str) -> None:
    def text(offset: float, order: int) -> str:
        starts = ((n * order % 1000 * 7 % 50) / 10 + offset for n in range(1000))
        entries = (f"src: x{n * order % sources}.mp4, in: {at:.1f}s, out: {at + 1:.1f}s" for n, at in enumerate(starts))
        return "recipe: 1\ncanvas: {size: 64x36, fps: 10}\n" + clips(*entries)

    old, new = films(text(0, 1)), films(text(float(step), 331))
    begun = time.process_time()
    (diff,) = compare(old, new)
    assert diff.changes
    assert time.process_time() - begun < 10  # it takes less than one second; whatever is quadratic takes minutes
