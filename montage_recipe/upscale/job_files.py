"""The files that a job on a host consists of, besides its chunk."""

from __future__ import annotations

import dataclasses
import hashlib
import json

from montage_recipe.models import weights_for
from montage_recipe.upscale import remote, script
from montage_recipe.upscale.hosts.inventory import Device, HostSpec
from montage_recipe.upscale.packets import Chunk
from montage_recipe.upscale.request import UpscaleRequest

GPU_TILE, CPU_TILE = 512, 256
GPU_BATCH = 4


def first_scripts(request: UpscaleRequest, chunk: Chunk, spec: HostSpec) -> dict[str, str]:
    """Those of the first attempt."""
    cpu = spec.device is Device.CPU
    return scripts(request, chunk, spec, tile=CPU_TILE if cpu else GPU_TILE, batch=1 if cpu else GPU_BATCH)


def scripts(request: UpscaleRequest, chunk: Chunk, spec: HostSpec, *, tile: int, batch: int) -> dict[str, str]:
    """The files that a job on a host consists of, besides the chunk itself: name -> text."""
    picture = request.picture
    job = {
        "factor": request.factor,
        "width": picture.width,
        "height": picture.height,
        "skip": chunk.skip,
        "frames": chunk.frames,
        "rate": str(picture.rate),
        "sar": str(picture.sar),
        "deep": picture.deep,
        "interlaced": picture.interlaced,
        "decoder": picture.decoder,
        "matrix": picture.matrix,
        "full_range": picture.full_range,
        "tags": picture.tags,
        "source": remote.SOURCE,
        "result": remote.RESULT,
        "device": spec.device,
        "backend": spec.backend,
        "tile": tile,
        "batch": batch,
        "weights": [dataclasses.asdict(weights) for weights in weights_for(request.model, request.factor)],
    }
    text = script.render("upscale.py", job=json.dumps(job, sort_keys=True))
    packages = hashlib.sha256(script.render("upscale.py", job="").encode()).hexdigest()[:12]
    return {"upscale.py": text, "run.sh": script.render("run.sh", python=spec.python, packages=packages)}
