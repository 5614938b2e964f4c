"""The job that makes the finished file: the segments and the soundtrack, copied into one MP4."""

from __future__ import annotations

from collections.abc import Sequence

from montage_recipe.engine import Engine
from montage_recipe.graph.builder import GUARDED_LIST, words
from montage_recipe.jobs.encoding import mp4_clock
from montage_recipe.jobs.keys import job_key
from montage_recipe.jobs.links import concat_list
from montage_recipe.jobs.memory import copy_memory
from montage_recipe.jobs.model import Expected, Job, JobInput, JobKind, TextFile
from montage_recipe.timecode import SAMPLE_RATE, sample_at
from montage_recipe.timeline.model import Timeline


def join_job(timeline: Timeline, segments: Sequence[Job], soundtrack: Job, *, title: str, engine: Engine) -> Job:
    """Joins without decoding. MP4 segments with a common clock and stated durations come back with every step between
    frames equal; Matroska and NUT segments would not."""
    rate, size = timeline.canvas.fps, timeline.canvas.size
    names = [f"v{number}.mp4" for number in range(len(segments))]
    durations = [segment.duration for segment in segments]
    files = (TextFile(name="segments.txt", text=concat_list(zip(names, durations, strict=True))),)
    inputs = (
        *(JobInput(name=name, key=segment.key) for name, segment in zip(names, segments, strict=True)),
        JobInput(name="sound.m4a", key=soundtrack.key),
    )
    argv = (
        *("-nostdin", *words(GUARDED_LIST), "-f", "concat", "-i", "file:segments.txt"),
        *(*words(GUARDED_LIST), "-i", "file:sound.m4a"),
        *("-map", "0:v:0", "-map", "1:a:0", "-c", "copy"),
        *("-map_metadata", "-1", "-metadata", f"title={title}", "-fflags", "+bitexact"),
        *mp4_clock(rate),
        *("-movflags", "+faststart", "-f", "mp4", "file:out.mp4"),
    )
    return Job(
        key=job_key(engine=engine, argv=argv, inputs=inputs, files=files),
        kind=JobKind.JOIN,
        label="join",
        argv=argv,
        inputs=inputs,
        files=files,
        output="out.mp4",
        expected=Expected(
            frames=timeline.length,
            width=size.width,
            height=size.height,
            rate=rate,
            samples=sample_at(timeline.length, rate),
            sample_tolerance=int(SAMPLE_RATE / rate),
        ),
        memory_bytes=copy_memory(),
        threads=1,
        duration=timeline.length / rate,
    )
