"""What there is to say of a job's result although it is right; kept beside it, so that a build that reuses it says it too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from montage_recipe.diagnostics import Diagnostic, Severity
from montage_recipe.jobs import loudness
from montage_recipe.jobs.model import Job, JobKind
from montage_recipe.render.ffmpeg_log import damage, without_levels
from montage_recipe.render.process import Finished

_LABEL = "\0"


def remarks(job: Job, steps: Iterable[Finished], levelled: loudness.Levelling | None) -> tuple[Diagnostic, ...]:
    """Warnings about a job that has done its work, read from its logs."""
    found: dict[Diagnostic, None] = {}
    for step in steps:
        if warning := damage(job, step):
            found[warning] = None
        if job.kind is JobKind.LOUDNESS and job.loudness is None:
            over_db = loudness.peak_db(without_levels(step.stderr))
            if over_db is not None and over_db > loudness.OVER_DB:
                found[_over_full_scale(job, over_db)] = None
    if levelled and job.loudness and abs(levelled.integrated - job.loudness.integrated) > loudness.FAR_LU:
        found[_not_as_loud(job, levelled.integrated, float(job.loudness.integrated))] = None
    return tuple(found)


def _not_as_loud(job: Job, reached: float, wanted: float) -> Diagnostic:
    if reached <= loudness.SILENCE_LUFS:
        message = (
            "there is nothing to level: the sound is silent, or shorter than the 0.4 s that loudness is measured over"
        )
        hint = "leave `loudness` out, or add sound"
    else:
        message = f"the sound came to {reached:.1f} LUFS instead of {wanted:g}: its peaks leave no room for more"
        hint = "ask for less `integrated`, or allow a higher `true_peak`"
    return Diagnostic(code="loudness-not-reached", message=message, hint=hint, path=job.at, severity=Severity.WARNING)


def _over_full_scale(job: Job, over_db: float) -> Diagnostic:
    return Diagnostic(
        code="sound-over-full-scale",
        message=f"clips and music together go {over_db:.1f} dB over full scale, and players will clip them",
        hint="lower a `volume`, or let `loudness: {integrated: -14LUFS, true_peak: -1dBTP}` level all of it",
        path=job.at,
        severity=Severity.WARNING,
    )


def as_text(job: Job, warnings: Sequence[Diagnostic]) -> str:
    """For the store: without the job's label, which is another one when a clip is inserted before it."""
    return json.dumps([[w.code, w.message.replace(job.label, _LABEL), w.hint] for w in warnings]) if warnings else ""


def from_text(job: Job, text: str) -> tuple[Diagnostic, ...]:
    """What was said when the job's result was made, at the place that the job has in this recipe."""
    return tuple(
        Diagnostic(
            code=code,
            message=message.replace(_LABEL, job.label),
            hint=hint,
            path=job.at,
            severity=Severity.WARNING,
        )
        for code, message, hint in json.loads(text or "[]")
    )
