"""The script that enlarges, run as a host runs it, on a CPU; with a real torch where a Python here has one (Debian's
python3-torch, -torchvision and -pip)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import textwrap
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy
import pytest

from montage_recipe.models import Backend
from montage_recipe.upscale import script
from montage_recipe.upscale.diagnosis import diagnose
from montage_recipe.upscale.hosts.inventory import Device, HostKind, HostSpec
from montage_recipe.upscale.job_files import scripts
from montage_recipe.upscale.packets import ChunkLimits, look_at, write_chunk
from montage_recipe.upscale.request import UpscaleRequest
from tests.endtoend import footage
from tests.endtoend.measuring import pixels
from tests.engines import ENGINES
from tests.upscale.test_script import PICTURE

pytestmark = pytest.mark.ffmpeg
WIDTH, HEIGHT, FRAMES = 160, 96, 2


@pytest.fixture(scope="session")
def torch_python() -> str:
    modules = "import torch, torchvision, numpy, pip"
    for name in ("/usr/bin/python3", shutil.which("python3")):
        if name and subprocess.run((name, "-c", modules), capture_output=True, check=False).returncode == 0:
            return name
    if os.environ.get("CI"):
        pytest.fail("no Python here has torch: install python3-torch, python3-torchvision and python3-pip")
    pytest.skip("no Python here has torch")


class Job:
    """A job of a host, in its folder, run as the host runs it."""

    def __init__(self, host: Path, spec: HostSpec, source: Path, **changed: Any) -> None:
        self.folder = host / "jobs" / secrets.token_hex(8)
        self.folder.mkdir(parents=True)
        picture = replace(PICTURE, width=WIDTH, height=HEIGHT, rate=Fraction(30))
        request = UpscaleRequest(
            fingerprint="f" * 64,
            start=Fraction(0),
            end=Fraction(FRAMES, 30),
            factor=2,
            model="realesr-animevideov3",
            picture=picture,
        )
        (chunk,) = look_at(source, 0, request.start, request.end, ChunkLimits()).chunks
        write_chunk(source, 0, chunk, self.folder / "chunk.media")
        files = scripts(request, chunk, spec)
        job = json.loads(_job_of(files["upscale.py"])) | changed
        files["upscale.py"] = script.render("upscale.py", job=json.dumps(job))
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def run(self) -> None:
        done = subprocess.run(
            ("bash", "run.sh"), cwd=self.folder, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def state(self) -> dict[str, Any]:
        found = json.loads((self.folder / "state.json").read_text())
        assert isinstance(found, dict)
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]
        return [event for event in told if event["event"] == name]

    def pictures(self, factor: int = 2) -> numpy.ndarray[Any, Any]:
        frames = pixels(ENGINES[0], self.folder / "result.mp4", width=WIDTH * factor, height=HEIGHT * factor)
        assert len(frames) == FRAMES
        return numpy.frombuffer(b"".join(frames), "u1").astype("f8")


def _job_of(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("JOB = json.loads("))
    value = eval(line.removeprefix("JOB = json.loads(").removesuffix(")"))  # a literal of our own template
    assert isinstance(value, str)
    return value


def psnr(one: numpy.ndarray[Any, Any], other: numpy.ndarray[Any, Any]) -> float:
    return float(10 * numpy.log10(255**2 / max(1e-9, float(((one - other) ** 2).mean()))))


def spec_of(python: str, backend: Backend) -> HostSpec:
    return HostSpec(name="here", kind=HostKind.LOCAL, python=python, device=Device.CPU, backend=backend)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all jobs here, so that packages are installed once."""
    return tmp_path_factory.mktemp("host")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("torch") / "source.mp4"
    picture = f"mandelbrot=s={WIDTH}x{HEIGHT}:r=30:start_scale=0.4,trim=end_frame={FRAMES},format=yuv420p"
    footage.ffmpeg("-f", "lavfi", "-i", picture, *footage.LOSSLESS, file)
    return file


@pytest.fixture(scope="module")
def by_torch(torch_python: str, source: Path, host: Path) -> Job:
    """The whole pictures, one by one, by torch."""
    job = Job(host, spec_of(torch_python, Backend.TORCH), source)
    job.run()
    return job


def test_torch_and_ncnn_give_the_same_pictures(torch_python: str, by_torch: Job, source: Path, host: Path) -> None:
    by_ncnn = Job(host, spec_of(torch_python, Backend.NCNN), source)
    by_ncnn.run()
    assert by_torch.events("loaded")[0]["backend"] == "torch"
    assert psnr(by_torch.pictures(), by_ncnn.pictures()) > 45


def test_batches_and_tiles_give_the_pictures_of_whole_ones(
    torch_python: str, by_torch: Job, source: Path, host: Path
) -> None:
    parts = Job(host, spec_of(torch_python, Backend.TORCH), source, tile=64, batch=4)
    parts.run()
    assert psnr(by_torch.pictures(), parts.pictures()) > 60


def test_what_a_killed_run_has_left_is_written_over(source: Path, host: Path, tmp_path: Path) -> None:
    job = Job(host, spec_of(sys.executable, Backend.NCNN), source)
    (job.folder / "result.mp4.part.mp4").write_bytes(b"half of a film")
    job.run()
    assert job.state["phase"] == "done"


@pytest.mark.skipif(any(Path("/dev").glob("dri/renderD*")), reason="there is a GPU")
def test_a_host_without_a_gpu_is_told_before_anything_is_installed(source: Path, host: Path) -> None:
    job = Job(host, spec_of(sys.executable, Backend.AUTO), source, device="gpu")
    bare = (sys.executable, "-I", "-S", "upscale.py", "needs")  # sees nothing that is installed
    done = subprocess.run(bare, cwd=job.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert diagnose(done.stderr, 1).cause.name == "no-cuda-device"


def test_a_package_whose_installing_was_broken_off_is_installed_again(source: Path, host: Path) -> None:
    job = Job(host, spec_of(sys.executable, Backend.NCNN), source)
    (job.folder / "ncnn").mkdir()  # can be found, and is empty
    done = subprocess.run(
        (sys.executable, "-S", "upscale.py", "needs"), cwd=job.folder, capture_output=True, text=True, check=True
    )
    assert any(line.startswith("ncnn==") for line in done.stdout.splitlines())


def test_what_is_installed_comes_into_its_place_as_a_whole(source: Path, tmp_path: Path) -> None:
    """What a broken-off installation has left there is replaced, not mixed with."""
    python = tmp_path / "python"
    python.write_text(
        textwrap.dedent("""\
        #!/bin/sh
        case "$*" in
            *needs) echo ncnn==1 ;;
            *"pip install"*)
                for part do [ "$last" != --target ] || target="$part"; last="$part"; done
                mkdir -p "$target/ncnn" "$target/ncnn-1.dist-info" && echo new > "$target/ncnn/new.py" ;;
        esac
        """)
    )
    python.chmod(0o755)
    job = Job(tmp_path, spec_of(str(python), Backend.NCNN), source)
    found = re.search(r"packages-\S+", (job.folder / "run.sh").read_text())
    assert found
    packages = tmp_path / found[0].replace('"', "").replace("'", "")
    (packages / "ncnn").mkdir(parents=True)
    (packages / "ncnn" / "half.py").write_text("old")
    job.run()
    assert sorted(str(path.relative_to(packages)) for path in packages.rglob("*")) == [
        "ncnn",
        "ncnn-1.dist-info",
        "ncnn/new.py",
    ]
    assert not packages.with_name(f"{packages.name}.part").exists()


def test_a_decoder_that_is_killed_inside_a_frame_is_told_as_killed(source: Path, host: Path, tmp_path: Path) -> None:
    job = Job(host, spec_of(sys.executable, Backend.NCNN), source)
    ffmpeg = tmp_path / "ffmpeg"
    real = shutil.which("ffmpeg")
    ffmpeg.write_text(
        f'#!/bin/sh\ncase "$*" in *pipe:1) head -c 1000 /dev/zero; kill -9 $$ ;; esac\nexec {real} "$@"\n'
    )
    ffmpeg.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ("bash", "run.sh"),
        cwd=job.folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert diagnose(done.stderr, done.returncode).cause.name == "killed-sigkill"


def test_short_memory_gets_smaller_batches_and_tiles_and_the_same_pictures(
    torch_python: str, by_torch: Job, source: Path, host: Path, tmp_path: Path
) -> None:
    """The process gets a real limit to its memory, from when the model is loaded."""
    scarce = tmp_path / "scarce-python"
    run = f'MALLOC_ARENA_MAX=1 exec {torch_python} {tmp_path}/scarce.py "$@"'
    scarce.write_text(f'#!/bin/sh\n[ "$2" = run ] && {run}\nexec {torch_python} "$@"\n')
    scarce.chmod(scarce.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "scarce.py").write_text(
        textwrap.dedent("""
        import resource, runpy, sys, threading
        import torch
        def limit():
            used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + (62 << 20),) * 2)
        del sys.argv[0]
        torch.set_num_threads(1)
        torch.backends.mkldnn.enabled = False  # oneDNN crashes where it gets no memory, on some CPUs
        found = runpy.run_path(sys.argv[0], run_name="script")
        work = found["Enlarger"].__init__
        def begun(*arguments):
            work(*arguments)
            limit()
        found["Enlarger"].__init__ = begun
        found["main"](*sys.argv[1:])
        """)
    )
    short = Job(host, spec_of(str(scarce), Backend.TORCH), source, tile=512, batch=2)
    short.run()
    steps = [(event["after"]["tile"], event["after"]["batch"]) for event in short.events("out-of-memory")]
    assert steps, "memory was not short"
    assert (short.state["tile"], short.state["batch"]) == steps[-1]
    assert psnr(by_torch.pictures(), short.pictures()) > 60


def test_a_file_of_the_real_esrgan_family_is_loaded_by_spandrel(
    torch_python: str, source: Path, host: Path, tmp_path: Path
) -> None:
    """The architecture of realesr-general-x4v3, with weights by chance: the real ones are not here."""
    weights = tmp_path / "weights.pth"
    make = """
        import sys, torch
        torch.manual_seed(1)
        state, place = {}, 0
        for wide, deep in [(3, 64), *[(64, 64)] * 32, (64, 48)]:
            state[f"body.{place}.weight"] = torch.randn(deep, wide, 3, 3) * 0.02
            state[f"body.{place}.bias"] = torch.zeros(deep)
            if deep == 64:
                state[f"body.{place + 1}.weight"] = torch.full((64,), 0.2)
            place += 2
        torch.save({"params": state}, sys.argv[1])
    """
    subprocess.run((torch_python, "-c", textwrap.dedent(make), weights), check=True)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    file = {
        "name": "weights.pth",
        "sha256": sha256,
        "package": "",
        "path": "",
        "url": "https://nowhere.invalid/weights.pth",
    }
    modules = ["torch", "torchvision"]
    entry = {"scale": 4, "backend": "torch", "loader": "spandrel", "padding": 34, "modules": modules, "files": [file]}
    # Nothing but torch can load it, and `auto` takes the CPU where there is no GPU.
    job = Job(host, spec_of(torch_python, Backend.AUTO), source, weights=[entry], factor=4, device="auto")
    (host / "weights").mkdir()
    weights.rename(host / "weights" / f"{sha256}.pth")
    job.run()
    assert job.events("loaded")[0]["scale"] == 4
    assert job.pictures(factor=4).std() > 1
