from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from montage_recipe.timecode import sample_at
from montage_recipe.timeline.model import FrameSpan
from tests.facts import clip_media
from tests.timeline.making import HEAD, arrange_faults, timeline_of


def spans(text: str) -> list[tuple[int, int]]:
    return [(clip.shows.start, clip.shows.end) for clip in timeline_of(text).clips]


def test_cuts_lie_end_to_end_and_in_and_out_are_half_open() -> None:
    assert spans("clips: [{src: a.mp4, in: 1s, out: 3s}, {src: b.mp4, out: 1s}]") == [(0, 60), (60, 90)]


def test_an_overlap_is_counted_once() -> None:
    text = "clips: [{src: a.mp4, out: 3s}, {src: b.mp4, out: 3s, transition: {type: crossfade, duration: 0.5s}}]"
    assert spans(text) == [(0, 90), (75, 165)]


def test_the_first_clip_may_come_from_the_background_without_moving() -> None:
    timeline = timeline_of("clips: [{src: a.mp4, out: 3s, transition: {type: crossfade, duration: 1s}}]")
    assert (timeline.length, timeline.clips[0].transition.frames) == (90, 30)


def test_a_source_taken_to_its_end_gives_every_frame_and_not_one_more() -> None:
    facts = {"a.mp4": clip_media("a.mp4", Fraction(100, 30))}
    assert timeline_of("clips: [{src: a.mp4}]", facts=facts).length == 100


def test_speed_divides_the_length() -> None:
    assert spans("clips: [{src: a.mp4, out: 4s, speed: 2}, {src: a.mp4, out: 2s, speed: 0.5}]") == [(0, 60), (60, 180)]


def test_frames_are_counted_in_the_canvas_rate() -> None:
    assert spans("clips: [{src: a.mp4, in: 15f, duration: 45f}]") == [(0, 45)]


def test_forty_cuts_of_a_third_of_a_second_do_not_drift() -> None:
    head = "recipe: 1\ncanvas: {size: 320x180, fps: 29.97}\n"
    clips = ", ".join(["{src: a.mp4, duration: 10f}"] * 40)
    timeline = timeline_of(f"clips: [{clips}]", head=head)
    assert timeline.length == 400
    assert sample_at(timeline.length, timeline.canvas.fps) == 640640


def test_titles_follow_the_clips_they_are_anchored_to() -> None:
    text = """\
clips:
  - {id: walk, src: a.mp4, out: 4s}
  - {id: camp, src: b.mp4, out: 4s, transition: {type: crossfade, duration: 1s}}
titles:
  - {text: x, start: camp.start + 0.5s, duration: 1s}
  - {text: y, start: walk.end - 1s, end: end}
"""
    assert [(t.shows.start, t.shows.end) for t in timeline_of(text).titles] == [(105, 135), (90, 210)]


def test_music_ends_with_the_montage_and_no_more_of_it_is_taken_than_is_heard() -> None:
    (sound,) = timeline_of("clips: [{src: a.mp4, out: 4s}]\naudio: [{src: m.flac, in: 5s}]").sounds
    assert (sound.shows, sound.in_, sound.out) == (FrameSpan(0, 120), Fraction(5), Fraction(9))


def test_looped_music_fills_the_montage() -> None:
    text = "clips: [{src: a.mp4}]\naudio: [{src: m.flac, out: 3s, loop: true}]"
    (sound,) = timeline_of(text).sounds
    assert (sound.shows.end, sound.out) == (300, Fraction(3))


FAULTS = {
    "clip-without-picture": "clips: [{src: m.flac, out: 2s}]",
    "in-after-end": "clips: [{src: a.mp4, in: 11s}]",
    "out-after-end": "clips: [{src: a.mp4, out: 10.5s}]",
    "still-needs-duration": "clips: [{src: a.jpg}]",
    "clip-too-short": "clips: [{src: a.mp4, duration: 10ms}]",
    "transition-longer-than-clip": (
        "clips: [{src: a.mp4, out: 1s}, {src: b.mp4, out: 3s, transition: {type: crossfade, duration: 2s}}]"
    ),
    "transition-too-short": "clips: [{src: a.mp4}, {src: b.mp4, transition: {type: crossfade, duration: 10ms}}]",
    "title-outside": "clips: [{src: a.mp4}]\ntitles: [{text: x, start: 11s, duration: 1s}]",
    "title-ends-before-start": "clips: [{src: a.mp4}]\ntitles: [{text: x, start: 3s, end: end - 8s}]",
    "title-cut-off": "clips: [{src: a.mp4}]\ntitles: [{text: x, start: 9s, duration: 2s}]",
    "fade-longer-than-title": "clips: [{src: a.mp4}]\ntitles: [{text: x, start: 0s, duration: 1s, fade: 0.6s}]",
    "no-sound": "clips: [{src: a.mp4}]\naudio: [{src: b.jpg}]",
    "sound-outside": "clips: [{src: a.mp4}]\naudio: [{src: m.flac, start: 12s}]",
    "sound-ends-early": "clips: [{src: a.mp4}]\naudio: [{src: m.flac, out: 2s, end: 5s}]",
    "fade-longer-than-sound": "clips: [{src: a.mp4}]\naudio: [{src: m.flac, fade_in: 6s, fade_out: 6s}]",
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_has_its_code_its_place_and_a_cure(code: str) -> None:
    (fault,) = arrange_faults(FAULTS[code])
    assert fault.code == code
    assert fault.path[0] in ("clips", "titles", "audio")
    assert fault.hint


def test_transitions_on_both_sides_of_a_clip_may_not_overlap() -> None:
    text = "clips: [{src: a.mp4}, {src: b.mp4, out: 1s, transition: {type: crossfade, duration: 0.7s}}, "
    text += "{src: c.mp4, transition: {type: crossfade, duration: 0.4s}}]"
    (fault,) = arrange_faults(text)
    assert (fault.code, fault.path) == ("transition-longer-than-clip", ("clips", 2, "transition"))
    assert "only 0.3s (9 frames) free" in fault.message


def test_a_clip_with_a_fault_brings_no_fault_upon_the_next() -> None:
    text = "clips: [{src: a.mp4, out: 30s}, {src: b.mp4, transition: {type: crossfade, duration: 1s}}]"
    assert [fault.code for fault in arrange_faults(text)] == ["out-after-end"]


def test_a_still_has_no_point_to_begin_at() -> None:
    (warning,) = timeline_of("clips: [{src: a.jpg, in: 1s, duration: 2s}]").warnings
    assert (warning.code, warning.path) == ("unused-key", ("clips", 0, "in"))


def test_all_faults_are_told_at_once() -> None:
    faults = arrange_faults("clips: [{src: a.mp4, in: 11s}, {src: b.jpg}, {src: c.mp4, out: 20s}]")
    assert [fault.path[1] for fault in faults] == [0, 1, 2]


def test_an_animation_runs_on_past_its_own_length() -> None:
    gif = replace(clip_media("a.mp4", 1), animated=True)
    assert timeline_of("clips: [{src: a.mp4, duration: 3s}]", facts={"a.mp4": gif}).length == 90


def test_the_head_used_here_is_a_canvas_of_thirty_frames() -> None:
    assert timeline_of("clips: [{src: a.mp4}]", head=HEAD).canvas.fps == 30
