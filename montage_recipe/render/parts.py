"""Parts kept in the store that turn out to be damaged: they are forgotten, so that the next build makes them again."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.jobs.model import Job, Plan
from montage_recipe.render.store import Store
from montage_recipe.render.verify import verify

_CURE = "build again: a part in the store was damaged; it has been removed and will be made anew"


def forget_damaged(
    faults: Iterable[Diagnostic], job: Job, *, plan: Plan, store: Store, blamed: Collection[str] = ()
) -> tuple[Diagnostic, ...]:
    """The faults of a job that failed, with another cure where a part that it read is damaged: one of the keys `blamed`
    by ffmpeg, or one that is no longer what its own job was to make. Such a part leaves the store. Raises StoreError."""
    makers = {maker.key: maker for maker in plan.jobs}
    damaged = [key for key in job.needs if key in blamed or _is_damaged(makers[key], store)]
    for key in damaged:
        store.forget(key)
    return tuple(dataclasses.replace(fault, hint=_CURE) if damaged else fault for fault in faults)


def _is_damaged(maker: Job, store: Store) -> bool:
    part = store.find(maker.key)
    return part is not None and bool(verify(maker, part))
