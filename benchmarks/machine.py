"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from montage_recipe import __version__
from montage_recipe.engine import Engine
from montage_recipe.render.memory import available_cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    date: str
    processor: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    ffmpeg: str
    program: str
    load: float  # processes that wanted a core in the minute before; above 0.5 the times are not to be trusted


def this_machine(engine: Engine) -> Machine:
    return Machine(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        processor=_processor(),
        cores=available_cores(),
        memory_bytes=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        ffmpeg=f"{engine.version_text} ({engine.origin})",
        program=f"montage-recipe {__version__}",
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
