"""Faults of GPU hosts that are found before anything is sent there; what fails there is told by its cause."""

from __future__ import annotations

from montage_recipe.codes.spec import Code

_NAMED = 'MONTAGE_GPU_HOSTS="studio=ssh:me@studio.example here=local:?device=cpu"'

CODES: tuple[Code, ...] = (
    Code(
        "cannot-upscale",
        "Footage that no model can enlarge",
        "Photos, animations, pictures with transparency and generated footage are left to ffmpeg's scaler.",
        "{src: photo.jpg, duration: 3s}",
    ),
    Code(
        "nothing-to-upscale",
        "No clip is to be enlarged",
        "`gpu run` and `gpu attach` are for recipes with `upscale`.",
        "{src: footage/a.mp4, upscale: {factor: 2}}",
    ),
    Code(
        "upscale-in-vain",
        "An upscaling that nobody sees",
        "A warning: the footage is as large as the canvas already, so what the model adds is scaled away.",
        "canvas: {size: 3840x2160}",
    ),
    Code(
        "no-gpu-host",
        "There is no GPU host",
        "A clip has `upscale`, and neither `hosts.toml` nor MONTAGE_GPU_HOSTS names a host. A warning where `on_failure` lets "
        "this machine or ffmpeg's scaler take its place.",
        _NAMED,
    ),
    Code(
        "unknown-host",
        "A GPU host that this user has not named",
        "`gpu.hosts` holds names; each user says what they mean, in `hosts.toml` or in MONTAGE_GPU_HOSTS. A warning where "
        "another host, or what `on_failure` says, can do the work.",
        _NAMED,
    ),
    Code(
        "not-on-a-host",
        "No GPU host is at a clip",
        "`gpu attach` only waits for what a build that was ended has begun.",
        "montage-recipe gpu run trip.yaml",
    ),
    Code("bad-host", "A GPU host that is not described well", "The message says where, and what to write.", _NAMED),
)
