"""The key of a job: a hash of everything that decides the bytes of its output, and of nothing else.

In it: the command, the content of every file it reads, the ffmpeg build. Not in it: paths, times of modification, names of
clips, where in the recipe or on the timeline the work comes from, how much memory or how many processes there are.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from montage_recipe.engine import Engine
from montage_recipe.graph.model import FilterGraph
from montage_recipe.jobs.model import FileInput, JobInput, LoudnessTarget, TextFile

_VERSION = 1  # of what a key is made of; raise it when the same key would stand for other bytes


def job_key(
    *,
    engine: Engine,
    argv: Sequence[str],
    inputs: Sequence[FileInput | JobInput] = (),
    files: Sequence[TextFile] = (),
    measure: Sequence[str] = (),
    loudness: LoudnessTarget | None = None,
    graph: FilterGraph | None = None,
) -> str:
    """sha256 in hex. `graph` is the one in `argv`: its filters' names come from the recipe and are taken out."""
    names = {node.id: f"@{number}" for number, node in enumerate(graph.nodes)} if graph else {}
    content = {
        "version": _VERSION,
        "engine": engine.build_id,
        "argv": [_without_names(argument, names) for argument in argv],
        "measure": [_without_names(argument, names) for argument in measure],
        "inputs": [[i.name, i.fingerprint if isinstance(i, FileInput) else i.key] for i in inputs],
        "files": [[file.name, file.text] for file in files],
        "loudness": [str(loudness.integrated), str(loudness.true_peak)] if loudness else None,
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _without_names(argument: str, names: dict[str, str]) -> str:
    return re.sub(r"@(\w+)", lambda match: names.get(match[1], match[0]), argument) if names else argument
