"""The timeline becomes a plan: every job of one output, each after the jobs it needs."""

from __future__ import annotations

from collections.abc import Mapping

from montage_recipe.engine import Engine
from montage_recipe.jobs.copying import copy_job, copy_spans
from montage_recipe.jobs.join import join_job
from montage_recipe.jobs.lettering import Lettering
from montage_recipe.jobs.model import Job, Plan
from montage_recipe.jobs.picture import picture_job
from montage_recipe.jobs.segments import SOUND_LIMITS, picture_limits, split
from montage_recipe.jobs.soundtrack import few_layers, layers_of, sound_job, soundtrack_job, track_job
from montage_recipe.jobs.upscaling import UpscaledClip, with_upscaled
from montage_recipe.profiles import PROFILES
from montage_recipe.recipe.model import Output
from montage_recipe.timeline.model import Timeline


def plan(
    timeline: Timeline,
    output: Output,
    *,
    title: str,
    engine: Engine,
    lettering: Lettering,
    generated: Mapping[str, Job],
    upscaled: Mapping[int, UpscaledClip],
    extradata: str = "",
) -> Plan:
    """`generated` maps the fingerprint of generated media to the job that makes it; `extradata` is the fingerprint of the
    parameter sets that the output's encoder writes, "" when it is not known (then nothing is copied). `upscaled` are the
    clips whose pictures come from GPU hosts; their sound does not."""
    pictures = with_upscaled(timeline, upscaled)
    upscalings = {made.job.key: made.job for made in upscaled.values()}
    made_before = {**generated, **upscalings}
    copied = copy_spans(pictures, output, extradata=extradata) if extradata else ()
    preset = output.preset or PROFILES[output.profile].preset
    spans = split(pictures, picture_limits(timeline.canvas.size, preset), copied)
    segments = [
        copy_job(pictures, span, engine=engine)
        if span in copied
        else picture_job(pictures, span, output, engine=engine, generated=made_before, lettering=lettering)
        for span in spans
    ]
    parts = [sound_job(timeline, span, engine=engine, generated=generated) for span in split(timeline, SOUND_LIMITS)]
    tracks = [track_job(sound, engine=engine, generated=generated) for sound in timeline.sounds]
    together, layers = few_layers(layers_of(timeline, tracks), timeline, engine=engine)
    soundtrack = soundtrack_job(timeline, parts, layers, output, engine=engine)
    join = join_job(timeline, segments, soundtrack, title=title, engine=engine)
    return Plan(
        output=output.file,
        # What hosts do first, as it takes longest. Sound next: it is done beside the pictures then, and only the join is
        # left when the last of them is ready.
        jobs=_each_once(
            (*upscalings.values(), *generated.values(), *parts, *tracks, *together, soundtrack, *segments, join)
        ),
        frames=timeline.length,
        rate=timeline.canvas.fps,
        duration=timeline.length / timeline.canvas.fps,
        picture=tuple((span, segment.kind) for span, segment in zip(spans, segments, strict=True)),
    )


def _each_once(jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """Two clips that show the same thing are one job."""
    return tuple({job.key: job for job in jobs}.values())
