"""The files that a job on a host consists of, besides its chunk."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json

from montage_recipe.diagnostics import HostError
from montage_recipe.models import Backend, weights_for
from montage_recipe.upscale import remote, script
from montage_recipe.upscale.hosts.inventory import Device, HostSpec
from montage_recipe.upscale.hosts.port import named_fault
from montage_recipe.upscale.packets import Chunk
from montage_recipe.upscale.request import UpscaleRequest

_GPU_TILE, _CPU_TILE = 512, 256
_GPU_BATCH = 4


def no_weights(request: UpscaleRequest, spec: HostSpec) -> HostError | None:
    """Of a host that is held to one backend, for which the model has none."""
    ways = {weights.backend for weights in weights_for(request.model, request.factor)}
    if spec.backend is Backend.AUTO or spec.backend in ways:
        return None
    told = f"{request.model} runs with {' or '.join(sorted(ways))}, and this host is held to {spec.backend}"
    remedy = f'set `backend = "{Backend.AUTO}"` for it, name another host, or another model'
    return named_fault(spec, "use", "weights-missing", told, remedy=remedy)


def tile_of(spec: HostSpec, *, halved: int) -> int:
    """How wide and high tiles are after they were halved so often, in pixels."""
    return (_CPU_TILE if spec.device is Device.CPU else _GPU_TILE) >> halved


def scripts(request: UpscaleRequest, chunk: Chunk, spec: HostSpec, *, halved: int = 0) -> dict[str, str]:
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
        "tile": tile_of(spec, halved=halved),
        "batch": 1 if spec.device is Device.CPU or halved else _GPU_BATCH,
        "weights": [dataclasses.asdict(weights) for weights in weights_for(request.model, request.factor)],
    }
    text = script.render("upscale.py", job=json.dumps(job, sort_keys=True))
    return {"upscale.py": text, "run.sh": script.render("run.sh", python=spec.python, packages=_packages())}


@functools.cache
def _packages() -> str:
    """Tells the packages that one version of the script installs from those of others."""
    return hashlib.sha256(script.render("upscale.py", job="").encode()).hexdigest()[:12]
