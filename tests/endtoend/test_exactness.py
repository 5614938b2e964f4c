"""The joined film is exactly the planned one: frame by frame what one ffmpeg with the whole timeline makes of it."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.compiler import Compiled, compile_recipe
from montage_recipe.engine import Engine
from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.model import FileInput, Job
from montage_recipe.jobs.picture import picture_job
from montage_recipe.timeline.model import FrameSpan
from tests.endtoend.commands import build
from tests.endtoend.measuring import assert_exact, frame_hashes
from tests.endtoend.recipes import LOSSLESS, Entry, crossfade, movie, write_recipe
from tests.engines import on_engines

pytestmark = pytest.mark.ffmpeg

RATES = (24, 25, 30, 60, "30000/1001", "24000/1001")


def reference(compiled: Compiled, engine: Engine, folder: Path) -> Path:
    """The whole picture made by one process."""
    timeline = compiled.timeline
    whole = FrameSpan(0, timeline.length)
    letters = lettering(timeline, engine)
    job = picture_job(timeline, whole, compiled.recipe.output, engine=engine, generated={}, lettering=letters)
    return run_by_hand(job, engine, folder)


def run_by_hand(job: Job, engine: Engine, folder: Path) -> Path:
    folder.mkdir()
    for link in job.inputs:
        assert isinstance(link, FileInput)
        (folder / link.name).parent.mkdir(exist_ok=True)
        (folder / link.name).symlink_to(link.file)
    for text in job.files:
        (folder / text.name).write_text(text.text, encoding="utf-8")
    environment = {"FONTCONFIG_FILE": "fonts.conf", "LC_ALL": "C"}
    argv = (engine.path, "-loglevel", "error", *job.argv)
    subprocess.run(argv, cwd=folder, env=environment, check=True, timeout=120)
    return folder / job.output


def twelve_clips(reel: Path) -> list[Entry]:
    """Cuts and crossfades in turn, at odd places of sources of every rate."""
    sources = [reel / name for name in ("30.mp4", "25.mp4", "60.mp4", "silent.mp4")]
    clips: list[Entry] = [
        {"src": sources[n % 4], "in": round(0.1 + 0.137 * n, 3), "duration": round(0.8 + 0.033 * (n % 5), 3)}
        for n in range(12)
    ]
    for n in (1, 2, 3, 6, 7, 10, 11):
        clips[n]["transition"] = crossfade("0.2s") if n % 2 else {"type": "wipe-left", "duration": "0.25s"}
    return clips


TITLES: list[Entry] = [
    # Its fades go on over several segments.
    {
        "text": "From the first cut\nto the last: 50% off",
        "start": 0.5,
        "end": "end - 0.5s",
        "fade": "3s",
        "position": "lower-third",
    },
    {"text": "Short", "start": 2.9, "duration": "1.1s", "style": "boxed", "position": "top"},
]


@pytest.mark.parametrize(("ffmpeg", "fps"), on_engines(RATES, elsewhere=(25, "30000/1001")))
def test_the_film_has_the_frames_of_one_graph_of_the_whole_timeline(
    ffmpeg: Engine, reel: Path, tmp_path: Path, fps: int | str
) -> None:
    recipe = write_recipe(tmp_path, twelve_clips(reel), fps=fps, encoding=LOSSLESS, titles=TITLES)
    build(ffmpeg, recipe)
    (compiled,) = compile_recipe(recipe, engine=ffmpeg)
    assert len(compiled.plan.picture) >= 3
    borders = [span.start for span, _ in compiled.plan.picture]
    assert any(title.shows.start < border < title.shows.end for title in compiled.timeline.titles for border in borders)
    assert_exact(movie(recipe), frames=planned_frames(twelve_clips(reel), Fraction(fps)), fps=Fraction(fps))
    whole = reference(compiled, ffmpeg, tmp_path / "reference")
    assert frame_hashes(ffmpeg, movie(recipe)) == frame_hashes(ffmpeg, whole)


def planned_frames(clips: list[Entry], fps: Fraction) -> int:
    """Worked out from the recipe alone: each length rounded to frames, each overlap counted once."""

    def frames(seconds: object) -> int:
        return int(Fraction(str(seconds).removesuffix("s")) * fps + Fraction(1, 2))

    return sum(frames(c["duration"]) - frames(c.get("transition", {}).get("duration", 0)) for c in clips)


@pytest.mark.parametrize("kind", ["crossfade", "wipe-left"])
def test_a_transition_may_be_as_long_as_the_first_clip(ffmpeg: Engine, reel: Path, tmp_path: Path, kind: str) -> None:
    fade = {"type": kind, "duration": "1s"}
    clips: list[Entry] = [
        {"src": reel / "30.mp4", "duration": 1},
        {"src": reel / "25.mp4", "duration": 3, "transition": fade},
    ]
    recipe = write_recipe(tmp_path, clips, fps=30)
    build(ffmpeg, recipe)
    assert_exact(movie(recipe), frames=90, fps=Fraction(30))
