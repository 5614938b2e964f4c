"""Clips that are enlarged by a real model on a host, and what may happen on the way."""

from __future__ import annotations

import json
import os
import signal
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.endtoend import footage
from tests.endtoend.commands import build, building, montage_recipe, next_event
from tests.endtoend.measuring import assert_exact, brightness, peaks, pixels, rises, samples
from tests.endtoend.recipes import LOSSLESS, Entry, movie, write_recipe
from tests.engines import ENGINES
from tests.processes import wait_until
from tests.upscale.hosts.places import Place

pytestmark = pytest.mark.ffmpeg
ENGINE = ENGINES[0]
WIDE, HIGH = 160, 96  # of the canvas; the footage is half as large
ENLARGED: Entry = {"factor": 2}
BT709 = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """large.mp4, 15 frames, and small.mp4: the same at half the size, with a tone, a keyframe every 5 frames."""
    folder = tmp_path_factory.mktemp("scene")
    picture = f"mandelbrot=s={WIDE}x{HIGH}:r=30:start_scale=0.4,trim=end_frame=15"
    converted = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{BT709}"
    footage.ffmpeg("-f", "lavfi", "-i", f"{picture},{converted}", *footage.LOSSLESS, folder / "large.mp4")
    tone = ("-f", "lavfi", "-i", "sine=f=440:r=48000:d=0.5", "-c:a", "aac")
    half = f"scale={WIDE // 2}:{HIGH // 2}:flags=area"
    footage.ffmpeg("-i", folder / "large.mp4", *tone, "-vf", half, *footage.LOSSLESS, "-g", "5", folder / "small.mp4")
    return folder


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """This machine as a host, with its jobs in a folder of the test's own."""
    place = Place.local(tmp_path / "host")
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", place.setting)
    return place


def recipe_of(folder: Path, source: Path, *, name: str = "montage", upscale: Entry | None = None, **keys: Any) -> Path:
    clip: Entry = {"src": source, **keys.pop("clip", {})}
    if upscale:
        clip["upscale"] = upscale
    return write_recipe(folder, [clip], size=f"{WIDE}x{HIGH}", encoding=LOSSLESS, name=name, **keys)


def psnr(one: list[bytes], other: list[bytes]) -> float:
    import math

    error = sum((a - b) ** 2 for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))
    return 10 * math.log10(255**2 * sum(map(len, one)) / max(1, error))


def jobs_on(place: Place) -> list[Path]:
    folder = place.folder / "jobs"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def processes_of(place: Place) -> list[psutil.Process]:
    inside = str(place.folder)
    return [p for p in psutil.process_iter(["cwd"]) if str(p.info["cwd"] or "").startswith(inside)]


# --- what comes out ---------------------------------------------------------------------------------------------------


def test_a_clip_is_enlarged_by_the_model_on_a_host(place: Place, scene: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED)
    done = build(ENGINE, recipe)
    assert done.ran["upscale"] == 1
    phases = [event["phase"] for event in done.events if event["event"] == "host-phase"]
    assert (phases[:2], phases[-1]) == (["connecting", "sending"], "fetching")
    assert_exact(movie(recipe), frames=15, fps=Fraction(30))
    made = pixels(ENGINE, movie(recipe), width=WIDE, height=HIGH, form="gray")
    truth = pixels(ENGINE, scene / "large.mp4", width=WIDE, height=HIGH, form="gray")
    plain = recipe_of(tmp_path, scene / "small.mp4", name="plain")
    build(ENGINE, plain)
    bicubic = pixels(ENGINE, movie(plain), width=WIDE, height=HIGH, form="gray")
    assert psnr(made, truth) > 18
    assert psnr(made, bicubic) < 40  # the model's own picture
    assert jobs_on(place) == []
    assert processes_of(place) == []


def test_sound_stays_the_source_s_own_and_in_sync(local: Place, tmp_path: Path) -> None:
    footage.metronome(tmp_path / "beat.mp4", seconds=2)
    recipe = recipe_of(tmp_path, tmp_path / "beat.mp4", upscale=ENLARGED, clip={"in": 0.5})
    plain = recipe_of(tmp_path, tmp_path / "beat.mp4", name="plain", clip={"in": 0.5})
    build(ENGINE, recipe)
    build(ENGINE, plain)
    assert samples(ENGINE, movie(recipe)) == samples(ENGINE, movie(plain))
    flashes = rises(brightness(ENGINE, movie(recipe)), above=100, hold=5)
    beeps = rises(peaks(samples(ENGINE, movie(recipe))), above=3000, hold=200)
    assert flashes == [15]
    assert abs(beeps[0] / 1000 - flashes[0] / 30) < 1 / 30


def test_footage_of_a_varying_rate_keeps_its_times(local: Place, tmp_path: Path) -> None:
    footage.metronome(tmp_path / "beat.mp4", seconds=2, uneven=True)
    recipe = recipe_of(tmp_path, tmp_path / "beat.mp4", upscale=ENLARGED, clip={"in": 0.3})
    plain = recipe_of(tmp_path, tmp_path / "beat.mp4", name="plain", clip={"in": 0.3})
    build(ENGINE, recipe)
    build(ENGINE, plain)
    lit = [[level > 100 for level in brightness(ENGINE, movie(file))] for file in (recipe, plain)]
    assert lit[0] == lit[1]


@pytest.mark.parametrize("kind", ["turned", "deep", "interlaced", "wide pixels"])
def test_odd_footage_comes_back_as_it_is_shown(kind: str, local: Place, scene: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.mp4"
    small = scene / "small.mp4"
    match kind:
        case "turned":
            footage.ffmpeg("-display_rotation", "90", "-i", small, "-c", "copy", odd)
        case "deep":
            footage.ffmpeg("-i", small, "-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p10le", "-c:a", "copy", odd)
        case "interlaced":
            footage.ffmpeg("-i", small, *footage.X264, "-flags", "+ildct+ilme", "-x264-params", "tff=1", odd)
        case _:
            footage.ffmpeg("-i", small, "-vf", "setsar=2", *footage.LOSSLESS, odd)
    recipe = recipe_of(tmp_path, odd, upscale=ENLARGED)
    plain = recipe_of(tmp_path, odd, name="plain")
    build(ENGINE, recipe)
    build(ENGINE, plain)
    seen = [pixels(ENGINE, movie(file), width=40, height=24) for file in (recipe, plain)]
    assert psnr(*seen) > 22  # the same picture at the same place, seen small


def test_colours_stay_what_they_were(local: Place, tmp_path: Path) -> None:
    halves = "color=c=0xc03020:s=40x48:r=30:d=0.3,format=gbrp,pad=80:48:0:0:color=0x2060d0"
    converted = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{BT709}"
    footage.ffmpeg("-f", "lavfi", "-i", f"{halves},{converted}", *footage.LOSSLESS, tmp_path / "halves.mp4")
    recipe = recipe_of(tmp_path, tmp_path / "halves.mp4", upscale=ENLARGED)
    build(ENGINE, recipe)
    made = pixels(ENGINE, movie(recipe), width=WIDE, height=HIGH)[0]
    for x, color in ((40, (0xC0, 0x30, 0x20)), (120, (0x20, 0x60, 0xD0))):
        here = 3 * (HIGH // 2 * WIDE + x)
        assert all(abs(a - b) <= 6 for a, b in zip(made[here : here + 3], color, strict=True)), made[here : here + 3]


def test_a_clip_is_never_enlarged_twice(local: Place, scene: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, clip={"out": 0.3})
    build(ENGINE, recipe)
    recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, clip={"out": 0.25, "effects": ["grayscale"]})
    again = build(ENGINE, recipe)
    assert again.ran["upscale"] == 0
    assert again.ran["video"] == 1


def test_gpu_run_enlarges_and_builds_nothing(local: Place, scene: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED)
    done = montage_recipe(ENGINE, "gpu", "run", recipe, "--json")
    assert done.status == 0, done.stdout + done.stderr
    assert not movie(recipe).exists()
    assert build(ENGINE, recipe).ran["upscale"] == 0


def test_several_hosts_work_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = Place.local(tmp_path / "near"), Place.local(tmp_path / "far")
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", f"{near.setting} {far.setting.replace('here=', 'there=')}")
    source = footage.pattern(tmp_path / "source.mp4", seconds=4, size=f"{WIDE // 2}x{HIGH // 2}", sound=False)
    clips = [{"src": source, "in": start, "duration": 0.2, "upscale": ENLARGED} for start in range(4)]
    recipe = write_recipe(tmp_path, clips, size=f"{WIDE}x{HIGH}", gpu={"hosts": ["here", "there"]})
    done = build(ENGINE, recipe)
    finished = [event for event in done.events if event["event"] == "job-finished" and event["kind"] == "upscale"]
    assert {chunk["host"] for event in finished for chunk in event["hosts"]} == {"here", "there"}
    assert jobs_on(near) == jobs_on(far) == []


# --- what is refused --------------------------------------------------------------------------------------------------


def test_without_a_host_the_clip_is_named(scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONTAGE_GPU_HOSTS", raising=False)
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED)
    done = montage_recipe(ENGINE, "build", recipe, "--json")
    assert done.status == 1
    assert done.codes == ["no-gpu-host"]
    error = next(event for event in done.events if event["event"] == "error")
    assert (error["path"], error["line"]) == (["clips", 0, "upscale"], 5)


def test_a_host_that_nobody_has_named_is_refused(local: Place, scene: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, gpu={"hosts": ["heer"]})
    done = montage_recipe(ENGINE, "build", recipe, "--json")
    error = next(event for event in done.events if event["event"] == "error")
    assert (error["code"], error["path"]) == ("unknown-host", ["gpu", "hosts", 0])
    assert "`here`" in error["hint"]


def test_of_the_hosts_of_a_shared_recipe_one_is_enough(local: Place, scene: Path, tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, gpu={"hosts": ["theirs", "here"]})
    looked = montage_recipe(ENGINE, "validate", "--probe", recipe)
    assert (looked.status, "no GPU host is called `theirs`" in looked.stdout) == (0, True)
    tried = montage_recipe(ENGINE, "build", recipe, "--dry-run", "--json")
    assert (tried.status, tried.codes) == (0, ["unknown-host"])
    done = build(ENGINE, recipe)
    assert done.codes == ["unknown-host"]
    assert done.ran["upscale"] == 1


def test_without_any_host_ffmpeg_takes_over_where_that_is_asked_for(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONTAGE_GPU_HOSTS", raising=False)
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, gpu={"on_failure": "lanczos"})
    done = build(ENGINE, recipe)
    assert done.codes == ["no-gpu-host"]
    assert_exact(movie(recipe), frames=15, fps=Fraction(30))


def test_a_missing_host_is_told_before_a_build(scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONTAGE_GPU_HOSTS", raising=False)
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED)
    looked = montage_recipe(ENGINE, "validate", "--probe", recipe)
    assert (looked.status, "no GPU host is named" in looked.stdout) == (1, True)
    assert montage_recipe(ENGINE, "build", recipe, "--dry-run", "--json").codes == ["no-gpu-host"]


def test_a_photo_is_not_enlarged_by_a_model(local: Place, tmp_path: Path) -> None:
    footage.photo(tmp_path / "photo.png")
    recipe = recipe_of(tmp_path, tmp_path / "photo.png", upscale=ENLARGED, clip={"duration": 1})
    assert montage_recipe(ENGINE, "build", recipe, "--json").codes == ["cannot-upscale"]


def test_a_host_without_a_gpu_is_told_and_ffmpeg_takes_over_where_that_is_asked_for(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place.local(tmp_path / "host", device="gpu")
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", place.setting)
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED)
    refused = montage_recipe(ENGINE, "build", recipe, "--json")
    assert refused.status == 1
    code = "no-vulkan-device" if list(Path("/dev").glob("dri/renderD*")) else "no-cuda-device"
    assert refused.codes == [code]
    checked = montage_recipe(ENGINE, "gpu", "check", "here")
    assert (checked.status, "error[no-cuda-device]" in checked.stderr) == (1, True)
    assert not movie(recipe).exists()
    recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, gpu={"on_failure": "lanczos"})
    done = build(ENGINE, recipe)
    assert done.codes == [code]
    assert_exact(movie(recipe), frames=15, fps=Fraction(30))
    assert jobs_on(place) == []


def test_this_machine_takes_over_where_that_is_asked_for(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", "far=ssh:me@nowhere.invalid")
    monkeypatch.setenv("HOME", str(tmp_path))  # where this machine keeps such jobs
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED, gpu={"on_failure": "local"})
    done = build(ENGINE, recipe)
    (note,) = [event for event in done.events if event["event"] == "host-note"]
    assert note["host"] == "far"
    (warning,) = [event for event in done.events if event["event"] == "warning"]
    assert (warning["code"], "; this machine takes its place" in warning["message"]) == ("dns-failure", True)
    (finished,) = [e for e in done.events if e["event"] == "job-finished" and e["kind"] == "upscale"]
    assert finished["hosts"][0]["host"] == "this-machine"


# --- faults -----------------------------------------------------------------------------------------------------------


def slow_recipe(folder: Path) -> Path:
    """Some seconds of work for a CPU."""
    source = footage.pattern(folder / "long.mp4", seconds=2, size="160x96")
    return recipe_of(folder, source, upscale=ENLARGED)


def runs_of(place: Place) -> bool:
    return any(
        (job / "state.json").exists() and '"running"' in (job / "state.json").read_text() for job in jobs_on(place)
    )


def test_a_killed_build_is_taken_up_by_the_next_one(local: Place, tmp_path: Path) -> None:
    recipe = slow_recipe(tmp_path)
    with building(ENGINE, recipe) as child:
        wait_until(lambda: runs_of(local), 60)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    (job,) = jobs_on(local)
    assert processes_of(local), "the job went down with its client"
    with building(ENGINE, recipe) as child:
        events = job / "events.jsonl"
        out, _ = child.communicate(timeout=120)
    assert child.returncode == 0, out
    done = [json.loads(line) for line in out.splitlines()]
    (finished,) = [event for event in done if event["event"] == "job-finished" and event["kind"] == "upscale"]
    assert finished["hosts"][0]["frames"] == 60
    assert not events.exists()
    assert jobs_on(local) == []


def test_a_result_that_has_waited_for_days_is_fetched_and_what_nobody_came_for_goes(
    local: Place, scene: Path, tmp_path: Path
) -> None:
    recipe = recipe_of(tmp_path, scene / "small.mp4", upscale=ENLARGED)
    with building(ENGINE, recipe) as child:
        wait_until(lambda: runs_of(local), 60)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    (job,) = jobs_on(local)
    wait_until((job / "exit_status").exists, 60)
    (local.folder / "jobs" / ("0" * 32)).mkdir()
    for path in local.folder.glob("jobs/**/*"):
        os.utime(path, (0, 0))
    os.utime(job, (0, 0))
    done = build(ENGINE, recipe)
    phases = [event["phase"] for event in done.events if event["event"] == "host-phase"]
    assert phases == ["connecting", "fetching"]
    assert jobs_on(local) == []


def test_a_build_that_is_interrupted_leaves_nothing_on_the_host(local: Place, tmp_path: Path) -> None:
    recipe = slow_recipe(tmp_path)
    with building(ENGINE, recipe) as child:
        wait_until(lambda: runs_of(local), 60)
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=60) == 130
    assert jobs_on(local) == []
    wait_until(lambda: not processes_of(local), 10)


def test_a_run_that_is_killed_on_the_host_is_started_again(local: Place, tmp_path: Path) -> None:
    recipe = slow_recipe(tmp_path)
    with building(ENGINE, recipe) as child:
        wait_until(lambda: runs_of(local), 60)
        for process in processes_of(local):
            process.kill()
        out, _ = child.communicate(timeout=120)
    assert child.returncode == 0, out
    notes = [json.loads(line) for line in out.splitlines() if '"host-note"' in line]
    assert notes and "trying again" in notes[0]["text"]
    assert jobs_on(local) == []


def test_a_clip_that_is_shown_twice_falls_back_twice_and_stays_so(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", "far=ssh:me@nowhere.invalid")
    clip = {"src": scene / "small.mp4", "upscale": ENLARGED}
    recipe = write_recipe(tmp_path, [clip, clip], size=f"{WIDE}x{HIGH}", gpu={"on_failure": "lanczos"})
    for _ in range(2):  # the second one finds all but the upscaling done
        done = build(ENGINE, recipe)
        assert done.codes == ["dns-failure"]
    assert_exact(movie(recipe), frames=30, fps=Fraction(30))


def test_what_runs_on_a_host_can_be_read_before(local: Place, scene: Path, tmp_path: Path) -> None:
    clip = {"src": scene / "small.mp4", "upscale": ENLARGED}
    recipe = write_recipe(tmp_path, [clip, {**clip, "id": "again"}], size=f"{WIDE}x{HIGH}")
    for chosen in ((), ("--clip", "1"), ("--clip", "again")):
        done = montage_recipe(ENGINE, "gpu", "script", recipe, *chosen)
        assert done.status == 0, done.stderr
        compile(done.stdout, "upscale.py", "exec")
    assert montage_recipe(ENGINE, "gpu", "script", recipe, "--clip", "other").status == 1


def test_a_host_can_be_looked_at_and_cleaned(place: Place) -> None:
    done = montage_recipe(ENGINE, "gpu", "check", "here", "--json")
    assert done.status == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["cores"] == os.cpu_count()
    assert found["up_bytes_per_s"] > 0 and found["down_bytes_per_s"] > 0
    assert montage_recipe(ENGINE, "gpu", "clean", "here").status == 0
    assert list(place.folder.iterdir()) == []


def python_by(program: Path, command: str) -> Path:
    """A Python that a host is told to use; `command` is what it starts."""
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    return program


def test_a_look_at_a_host_says_which_models_run_there(
    local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = montage_recipe(ENGINE, "gpu", "check", "here", "--json")
    models = json.loads(done.stdout)["models"]
    assert models["realesr-animevideov3"] == []
    assert "torch" in models["realesr-general-x4v3"]  # which this Python does not have
    told = montage_recipe(ENGINE, "gpu", "check", "here").stdout
    assert "  model     realesr-general-x4v3: no, as there is no torch" in told
    bare = python_by(tmp_path / "bare-python", f"{sys.executable} -I -S")  # sees nothing that is installed
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", f"bare=local:{tmp_path / 'bare'}?python={bare}&device=cpu")
    done = montage_recipe(ENGINE, "gpu", "check", "bare")
    assert done.status == 1
    assert "no pip that could install it" in done.stderr
    nowhere = montage_recipe(ENGINE, "gpu", "check", "nowhere", "--json")
    assert json.loads(nowhere.stdout)["diagnostics"][0]["code"] == "unknown-host"


@pytest.mark.parametrize(
    ("options", "usable"),
    [
        ("&device=cpu", "yes, if its first job there can download the weights"),  # by torch, though ncnn has some
        ("&device=cpu&backend=ncnn", "yes"),
        ("", "yes"),  # torch finds no GPU of NVIDIA, so that ncnn runs it
    ],
)
def test_a_look_at_a_host_says_where_weights_must_be_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, usable: str
) -> None:
    for name in ("torch", "torchvision"):
        (tmp_path / "modules" / name).mkdir(parents=True)
        (tmp_path / "modules" / name / "__init__.py").touch()
    # It has torch, as far as a look tells.
    with_torch = python_by(tmp_path / "python", f"env PYTHONPATH={tmp_path / 'modules'} {sys.executable}")
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", f"host=local:{tmp_path / 'host'}?python={with_torch}{options}")
    told = montage_recipe(ENGINE, "gpu", "check", "host").stdout.splitlines()
    assert "  model     realesr-animevideov3: yes" in told
    assert f"  model     realesrgan-x4plus: {usable}" in told


def test_attaching_fetches_what_a_killed_build_has_begun(local: Place, tmp_path: Path) -> None:
    recipe = slow_recipe(tmp_path)
    assert montage_recipe(ENGINE, "gpu", "attach", recipe, "--json").codes == ["upscale-in-vain", "not-on-a-host"]
    with building(ENGINE, recipe) as child:
        wait_until(lambda: runs_of(local), 60)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    held = processes_of(local)
    for process in held:
        process.suspend()  # so that it surely is at it
    with building(ENGINE, recipe, command=("gpu", "attach")) as child:
        next_event(child, "job-started")
        child.send_signal(signal.SIGINT)
        told = child.communicate(timeout=60)[1]
    assert child.returncode == 130
    assert "what hosts are at goes on there" in told and "gpu attach" in told and "gpu clean HOST" in told
    assert all(process.is_running() for process in held)
    for process in held:
        process.resume()
    done = montage_recipe(ENGINE, "gpu", "attach", recipe, "--json")
    assert done.status == 0, done.stdout
    assert build(ENGINE, recipe).ran["upscale"] == 0


def test_two_builds_of_one_clip_at_once_do_it_once(local: Place, tmp_path: Path) -> None:
    recipe = slow_recipe(tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text(recipe.read_text().replace("montage.mp4", "other.mp4"))
    with building(ENGINE, recipe) as one:
        wait_until(lambda: runs_of(local), 60)
        with building(ENGINE, other) as two:
            outs = [child.communicate(timeout=120)[0] for child in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), outs
    events = [[json.loads(line) for line in out.splitlines()] for out in outs]
    assert [len(event["hosts"]) for each in events for event in each if "hosts" in event] == [1]
    of_hosts = [event for event in events[1] if event["event"] == "host-phase"]
    assert [(event["phase"], event["host"]) for event in of_hosts] == [("held", "here")]


@pytest.mark.parametrize(("fit", "warned"), [("contain", True), ("cover", False)])
def test_whether_enlarging_is_in_vain_depends_on_how_the_picture_fills_the_canvas(
    fit: str, warned: bool, local: Place, tmp_path: Path
) -> None:
    source = footage.pattern(tmp_path / "wide.mp4", seconds=1, size="128x72", sound=False)
    clip: Entry = {"src": source, "upscale": ENLARGED, "fit": fit}
    recipe = write_recipe(tmp_path, [clip], size="90x160")
    looked = montage_recipe(ENGINE, "validate", "--probe", recipe)
    assert ("upscale-in-vain" in looked.stdout) == warned
