"""What there is to say of a job's result although it is right; kept beside it, so that a build that reuses it says it too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from montage_recipe.diagnostics import Diagnostic, Severity
from montage_recipe.jobs import loudness
from montage_recipe.jobs.model import Job, JobKind
from montage_recipe.memo import Memo
from montage_recipe.render.ffmpeg_log import damage, without_levels
from montage_recipe.render.process import Finished


def remarks(job: Job, steps: Iterable[Finished]) -> tuple[Diagnostic, ...]:
    """Warnings about a job that has done its work, read from its logs."""
    found: dict[Diagnostic, None] = {}
    for step in steps:
        if warning := damage(job, step):
            found[warning] = None
        if job.kind is JobKind.LOUDNESS and job.loudness is None:
            over_db = loudness.peak_db(without_levels(step.stderr))
            if over_db is not None and over_db > loudness.OVER_DB:
                found[_over_full_scale(job, over_db)] = None
    return tuple(found)


def _over_full_scale(job: Job, over_db: float) -> Diagnostic:
    return Diagnostic(
        code="sound-over-full-scale",
        message=f"clips and music together go {over_db:.1f} dB over full scale, and players will clip them",
        hint="lower a `volume`, or let `loudness: {integrated: -14LUFS, true_peak: -1dBTP}` level all of it",
        path=job.at,
        severity=Severity.WARNING,
    )


def remember(memo: Memo, job: Job, warnings: Sequence[Diagnostic]) -> None:
    if warnings:
        memo.put(_name(job), json.dumps([[w.code, w.message, w.hint] for w in warnings]))


def recalled(memo: Memo, job: Job) -> tuple[Diagnostic, ...]:
    """What was said when the job's result was made, at the place that the job has in this recipe."""
    text = memo.get(_name(job))
    return tuple(
        Diagnostic(code=code, message=message, hint=hint, path=job.at, severity=Severity.WARNING)
        for code, message, hint in json.loads(text or "[]")
    )


def _name(job: Job) -> str:
    return f"remarks:{job.key}"
