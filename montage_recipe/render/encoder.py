"""What an output's encoder writes ahead of its pictures, found by encoding one."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, RenderError
from montage_recipe.engine import Engine
from montage_recipe.jobs.encoding import video_options
from montage_recipe.media.probe import probe
from montage_recipe.memo import Memo
from montage_recipe.recipe.model import Canvas, Output
from montage_recipe.render.process import Ending, run
from montage_recipe.render.runs import RunFolder
from montage_recipe.stopping import Stop, interrupted


def encoder_extradata(
    output: Output, canvas: Canvas, engine: Engine, memo: Memo | None, stop: Stop, runs: Path | None = None
) -> str:
    """The sha256 of the parameter sets that the output's segments carry; footage with other ones is never copied.

    They depend on the settings, the size and the build alone, so the answer is remembered. `runs` is where a store keeps
    its temporary files, which are swept when this process is killed. Raises RenderError, StoreError or Interrupted.
    """
    # Tagged like a segment's pictures: ffmpeg 9 writes the frames' tags, not those of the options, into the stream.
    tags = "range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    source = f"color=s={canvas.size}:r={canvas.fps},setparams={tags}"
    argv = (
        "-nostdin",
        "-f",
        "lavfi",
        "-i",
        source,
        "-frames:v",
        "2",
        *video_options(output, canvas.fps),
        "file:out.mp4",
    )
    name = f"extradata:{hashlib.sha256(json.dumps([engine.build_id, argv]).encode()).hexdigest()}"
    if memo and (known := memo.get(name)):
        return known
    with RunFolder(runs) if runs else tempfile.TemporaryDirectory(prefix="montage-") as place:
        folder = place.path if isinstance(place, RunFolder) else Path(place)
        finished = run((engine.path, *argv), cwd=folder, stop=stop)
        if finished.ending is Ending.STOPPED:
            raise interrupted()
        if finished.status:
            raise RenderError([_failed(finished.stderr)])
        facts = probe(folder / "out.mp4")
    extradata = facts.video.extradata if facts.video else ""
    if memo:
        memo.put(name, extradata)
    return extradata


def _failed(stderr: str) -> Diagnostic:
    last = stderr.strip().splitlines()[-1:] or ["ffmpeg gave no reason"]
    return Diagnostic(
        code="ffmpeg-failed",
        message=f"the output's encoder does not work: {last[0]}",
        hint="run `montage-recipe doctor`; it says what this ffmpeg lacks",
    )
