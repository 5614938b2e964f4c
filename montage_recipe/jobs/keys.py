"""The key of a job: a hash of everything that decides the bytes of its output, and of nothing else.

In it: the command, the content of every file it reads, the ffmpeg build. Not in it: paths, times of modification, names of
clips, where in the recipe or on the timeline the work comes from, how much memory or how many processes there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from montage_recipe.engine import Engine
from montage_recipe.graph.emit import GraphArguments
from montage_recipe.jobs.model import FileInput, JobInput, LoudnessTarget, TextFile

_VERSION = 2  # of what a key is made of; raise it when the same key would stand for other bytes


def job_key(
    *,
    engine: Engine,
    argv: Sequence[str],
    inputs: Sequence[FileInput | JobInput] = (),
    files: Sequence[TextFile] = (),
    measure: Sequence[str] = (),
    loudness: LoudnessTarget | None = None,
) -> str:
    """sha256 in hex."""
    content = {
        "version": _VERSION,
        "engine": engine.build_id,
        "argv": _identity(argv),
        "measure": _identity(measure),
        "inputs": [[i.name, i.fingerprint if isinstance(i, FileInput) else i.key] for i in inputs],
        "files": [[file.name, file.text] for file in files],
        "loudness": [str(loudness.integrated), str(loudness.true_peak)] if loudness else None,
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _identity(argv: Sequence[str]) -> object:
    return argv.identity if isinstance(argv, GraphArguments) else list(argv)
