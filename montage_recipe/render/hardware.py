"""What a build may take of this machine, by how much memory it has."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.diagnostics import Diagnostic, Severity
from montage_recipe.render.memory import Limits, available_cores, available_memory_bytes, total_memory_bytes
from montage_recipe.settings import GIB, Hardware, Settings
from montage_recipe.wording import format_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The defaults for a size of machines."""

    of_free_memory: float  # the rest is for the page cache, which the joins live on, and for other programs
    parallel_jobs: int
    open_inputs: int
    parallel_upscales: int


# A job opens four files at most and takes under 0.5 GB at 1080p; with 4K or HDR footage it takes 1 to 2 GB.
SHARES = {
    Hardware.SMALL: Share(of_free_memory=0.5, parallel_jobs=4, open_inputs=12, parallel_upscales=2),
    Hardware.MEDIUM: Share(of_free_memory=0.6, parallel_jobs=8, open_inputs=24, parallel_upscales=4),
    Hardware.LARGE: Share(of_free_memory=0.7, parallel_jobs=32, open_inputs=96, parallel_upscales=8),
}
_SMALL_BYTES, _MEDIUM_BYTES = 16 * GIB, 32 * GIB


def hardware_of(settings: Settings, memory_bytes: int) -> Hardware:
    """The profile that is set, or the one of a machine with so much memory.

    >>> hardware_of(Settings(), 24 * GIB)
    <Hardware.MEDIUM: 'medium'>
    """
    if settings.hardware is not Hardware.AUTO:
        return settings.hardware
    if memory_bytes <= _SMALL_BYTES:
        return Hardware.SMALL
    return Hardware.MEDIUM if memory_bytes <= _MEDIUM_BYTES else Hardware.LARGE


def limits_for(settings: Settings) -> Limits:
    """What the settings say; else the defaults of this machine's size, on every core that this process may use."""
    share = SHARES[hardware_of(settings, total_memory_bytes())]
    return Limits(
        jobs=settings.jobs or available_cores(),
        memory_bytes=settings.memory_limit_bytes or int(available_memory_bytes() * share.of_free_memory),
        parallel_jobs=settings.parallel_jobs or share.parallel_jobs,
        open_inputs=settings.open_inputs or share.open_inputs,
        parallel_upscales=settings.parallel_upscales or share.parallel_upscales,
    )


def doubt_about_limit(settings: Settings, memory_bytes: int) -> Diagnostic | None:
    """The warning where a machine with so much memory cannot keep the limit that is set: it would be short before that is
    reached, and nobody would stop the largest job in time."""
    limit = settings.memory_limit_bytes
    if limit is None or limit <= memory_bytes:
        return None
    message = (
        f"the memory limit of {format_size(limit)} ({settings.origin('memory_limit_bytes')}) is more than this machine or "
        f"container has: {format_size(memory_bytes)}"
    )
    hint = "set less, or leave it out: it is a share of what is free then"
    return Diagnostic(code="memory-limit-above-memory", message=message, hint=hint, severity=Severity.WARNING)
