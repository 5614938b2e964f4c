from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.model import JobKind, Plan
from montage_recipe.jobs.picture import picture_job
from montage_recipe.jobs.plan import plan
from montage_recipe.jobs.soundtrack import MOST_LAYERS
from montage_recipe.listing.commands import jobs_mermaid, jobs_script
from montage_recipe.listing.stages import graphs_text, segments_text, timeline_text
from montage_recipe.media.facts import MediaFacts
from montage_recipe.recipe.model import Output
from montage_recipe.timeline.model import Timeline
from tests.conftest import Golden
from tests.facts import ENGINE, clip_media
from tests.timeline.making import timeline_of

OUTPUT = Output(
    at=("outputs", 0),
    name="trip",
    file=Path("/dist/trip.mp4"),
    profile="h264-720p",
    preset=None,
    crf=None,
    copy="auto",
)
TRIP = """\
clips:
  - {id: open, src: a.mp4, in: 1s, out: 4s, fit: blur}
  - {id: walk, src: b.mp4, duration: 3s, speed: 0.5, volume: -6dB, transition: {type: crossfade, duration: 0.5s}}
  - {src: c.jpg, duration: 2s, fit: cover, transition: {type: wipe-left, duration: 1s}}
  - {src: d.mp4, out: 2s, effects: [grayscale, {crop: {width: 50%}}]}
audio:
  - {src: m.flac, in: 5s, out: 8s, loop: true, volume: 50%, fade_in: 1s, fade_out: 2s, start: walk.start}
loudness: {integrated: -16LUFS, true_peak: -1dBTP}
"""


def planned(timeline: Timeline, output: Output = OUTPUT, *, extradata: str = "") -> Plan:
    return plan(
        timeline,
        output,
        title="Trip",
        engine=ENGINE,
        lettering=lettering(timeline, ENGINE),
        generated={},
        upscaled={},
        extradata=extradata,
    )


def keys(text: str, kind: JobKind = JobKind.VIDEO, *, a: MediaFacts | None = None) -> list[str]:
    """`a` is what a.mp4 is."""
    facts = {"a.mp4": a} if a else None
    return [job.key for job in planned(timeline_of(text, facts=facts)).jobs if job.kind is kind]


def test_the_stages_of_a_plan_are_what_they_were(golden: Golden) -> None:
    timeline = timeline_of(TRIP)
    whole = planned(timeline)
    golden.check("plans/trip.timeline.txt", timeline_text(timeline))
    golden.check("plans/trip.segments.txt", segments_text(timeline, whole))
    golden.check("plans/trip.graph.txt", graphs_text(timeline, whole))
    golden.check("plans/trip.jobs.sh", jobs_script(whole, ENGINE))
    golden.check("plans/trip.jobs.mmd", jobs_mermaid(whole))
    golden.check_no_orphans(
        "plans/*", {f"plans/trip.{n}" for n in ("timeline.txt", "segments.txt", "graph.txt", "jobs.sh", "jobs.mmd")}
    )


def test_a_plan_names_each_job_after_the_jobs_it_needs() -> None:
    seen: set[str] = set()
    whole = planned(timeline_of(TRIP))
    for job in whole.jobs:
        assert set(job.needs) <= seen
        seen.add(job.key)
    assert whole.final.kind is JobKind.JOIN


ONE = "clips: [{src: a.mp4, in: 1s, out: 3s}]"


def key_of_last_clip(timeline: Timeline) -> str:
    span = timeline.clips[-1].shows
    made = picture_job(timeline, span, OUTPUT, engine=ENGINE, generated={}, lettering=lettering(timeline, ENGINE))
    return made.key


def test_a_key_does_not_know_the_name_of_a_file_or_the_place_of_a_clip() -> None:
    key = key_of_last_clip(timeline_of(ONE))
    elsewhere = replace(clip_media("a.mp4"), file="/elsewhere/other name.mp4")
    assert key_of_last_clip(timeline_of(ONE, facts={"a.mp4": elsewhere})) == key
    later = "clips: [{src: b.mp4, out: 9s}, {src: c.mp4, out: 9s}, {id: x, src: a.mp4, in: 1s, out: 3s}]"
    assert key_of_last_clip(timeline_of(later)) == key


@pytest.mark.parametrize(
    "changed",
    [
        "clips: [{src: a.mp4, in: 1.1s, out: 3.1s}]",
        "clips: [{src: a.mp4, in: 1s, out: 3s, effects: [grayscale]}]",
        "clips: [{src: a.mp4, in: 1s, out: 3s, fit: cover, speed: 1.5}]",
        "clips: [{src: a.mp4, in: 1s, out: 3s}]\ntitles: [{text: hi, start: 0s, duration: 1s}]",
    ],
)
def test_a_key_changes_with_what_is_seen(changed: str) -> None:
    assert not set(keys(ONE)) & set(keys(changed))


def test_a_key_changes_with_the_content_of_a_file_the_engine_and_the_encoder() -> None:
    (key,) = keys(ONE)
    assert keys(ONE, a=replace(clip_media("a.mp4"), fingerprint="other content")) != [key]
    timeline = timeline_of(ONE)
    others = [
        planned(timeline, replace(OUTPUT, crf=30)),
        planned(timeline, replace(OUTPUT, preset="slow")),
        plan(
            timeline,
            OUTPUT,
            title="Trip",
            engine=replace(ENGINE, build_id="another build"),
            lettering=lettering(timeline, ENGINE),
            generated={},
            upscaled={},
        ),
    ]
    assert key not in {job.key for other in others for job in other.jobs}


def test_a_louder_clip_is_not_rendered_again() -> None:
    louder = "clips: [{src: a.mp4, in: 1s, out: 3s, volume: 3dB}]"
    assert keys(louder) == keys(ONE)
    assert keys(louder, JobKind.SOUND) != keys(ONE, JobKind.SOUND)


def test_the_same_shot_used_twice_is_one_job() -> None:
    pair = "{src: a.mp4, in: 1s, out: 3s}, {src: b.mp4, out: 2s}, {src: c.mp4, out: 2s}, {src: d.mp4, out: 2s}"
    whole = planned(timeline_of(f"clips: [{pair}, {pair}, {pair}, {pair}]"))
    assert len({job.key for job in whole.jobs}) == len(whole.jobs)
    assert len([job for job in whole.jobs if job.kind is JobKind.VIDEO]) < len(whole.picture)


def canvas_media(name: str, **changes: Any) -> MediaFacts:
    """Footage that fits the canvas, with a keyframe every 30 frames."""
    return clip_media(name, 10, keyframes=tuple(range(0, 300, 30)), extradata="ours", **changes)


def copied(text: str, *, extradata: str = "ours", media: MediaFacts | None = None) -> list[tuple[int, int]]:
    timeline = timeline_of(text, facts={"a.mp4": media or canvas_media("a.mp4")})
    whole = planned(timeline, extradata=extradata)
    return [(span.start, span.end) for span, kind in whole.picture if kind is JobKind.COPY]


def test_whole_gops_of_untouched_footage_are_copied_and_the_edges_are_not() -> None:
    assert copied("clips: [{src: a.mp4, in: 0.5s, out: 7.5s}]") == [(15, 195)]


def test_cuts_on_keyframes_are_copied_whole_and_so_is_the_end_of_a_source() -> None:
    assert copied("clips: [{src: a.mp4, in: 1s, out: 3s}, {src: a.mp4, in: 5s}]") == [(0, 60), (60, 210)]


@pytest.mark.parametrize(
    "text",
    [
        "clips: [{src: a.mp4, effects: [grayscale]}]",
        "clips: [{src: a.mp4, speed: 2}]",
        "clips: [{src: a.mp4}]\ntitles: [{text: x, start: 0s, duration: 10s}]",
        "clips: [{src: a.mp4, in: 0.5s, out: 1.2s}]",
    ],
)
def test_what_has_to_be_worked_on_is_not_copied(text: str) -> None:
    assert copied(text) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 640, "height": 360},
        {"upright": False},
        {"constant_rate": False},
        {"full_range": True},
        {"codec": "hevc"},
        {"pixel_format": "yuv420p10le"},
        {"matrix": "smpte170m"},
    ],
)
def test_footage_that_does_not_fit_the_output_is_not_copied(changes: dict[str, Any]) -> None:
    assert copied("clips: [{src: a.mp4}]", media=canvas_media("a.mp4", **changes)) == []


def test_footage_of_another_encoder_is_not_copied() -> None:
    assert copied("clips: [{src: a.mp4}]", extradata="another's") == []


def test_only_the_part_under_a_title_is_encoded() -> None:
    text = "clips: [{src: a.mp4}]\ntitles: [{text: x, start: 4.5s, duration: 1s}]"
    assert copied(text) == [(0, 120), (180, 300)]


def test_a_copy_starts_not_a_microsecond_after_its_keyframe() -> None:
    media = clip_media("a.mp4", 10, rate=30, keyframes=(0, 100), extradata="ours")
    timeline = timeline_of("clips: [{src: a.mp4, in: 100f}]", facts={"a.mp4": media})
    (job,) = [job for job in planned(timeline, extradata="ours").jobs if job.kind is JobKind.COPY]
    assert job.argv[job.argv.index("-ss") + 1] == "3.333333"


def test_many_sounds_are_laid_over_each_other_in_jobs_of_a_few() -> None:
    sounds = ", ".join(f"{{src: m.flac, in: {n}s, out: {n + 1}s, start: {n / 100}s}}" for n in range(40))
    whole = planned(timeline_of(f"clips: [{{src: a.mp4}}]\naudio: [{sounds}]"))
    read = {job.label: len(job.inputs) for job in whole.jobs if job.kind in (JobKind.MUSIC, JobKind.LOUDNESS)}
    assert sum(label.endswith("tracks together") for label in read) == 2
    assert max(read.values()) <= 1 + MOST_LAYERS
    by_key = {job.key: job for job in whole.jobs}
    (soundtrack,) = (job for job in whole.jobs if job.kind is JobKind.LOUDNESS)
    below = [by_key[key] for key in soundtrack.needs if by_key[key].kind is JobKind.MUSIC]
    assert sum(len(job.needs) or 1 for job in below) == 40
