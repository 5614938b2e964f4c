"""Every input of every job's ffmpeg is guarded, and the guards hold on each ffmpeg."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from montage_recipe.compiler import compile_recipe
from montage_recipe.engine import Engine
from montage_recipe.graph.builder import GUARDED_LIST, words
from montage_recipe.settings import Settings
from tests.endtoend.footage import pattern
from tests.engines import ENGINE_IDS, ENGINES
from tests.untrusted.hostile import CANARY, Hostile, hostile

GUARDS = ("-protocol_whitelist", "-format_whitelist", "-codec_whitelist", "-max_pixels")

pytestmark = [pytest.mark.ffmpeg, pytest.mark.parametrize("ffmpeg", ENGINES, ids=ENGINE_IDS)]


def inputs(argv: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Each `-i`'s own options, and its name."""
    begin = 0
    for number, word in enumerate(argv):
        if word == "-i":
            yield list(argv[begin:number]), argv[number + 1]
            begin = number + 2


def test_every_input_of_every_job_is_guarded(ffmpeg: Engine, tmp_path: Path) -> None:
    pattern(tmp_path / "a.mp4", seconds=3)
    subprocess.run(
        (ffmpeg.path, "-v", "error", "-i", tmp_path / "a.mp4", "-frames:v", "1", tmp_path / "b.png"), check=True
    )
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "recipe: 1\ncanvas: {size: 320x180}\nmedia: {lamps: {generate: bokeh, duration: 2s}}\n"
        "clips: [{src: a.mp4, speed: 2}, {src: b.png, duration: 1s, transition: crossfade}, {src: lamps}]\n"
        "audio: [{src: a.mp4, loop: true}]\nloudness: {integrated: -16LUFS}\n"
        "titles: [{text: hello, start: 0s, duration: 1s}]\n"
    )
    (one,) = compile_recipe(recipe, engine=ffmpeg, settings=Settings(untrusted=True))
    seen = 0
    for job in one.plan.jobs:
        for argv in filter(None, (job.argv, job.measure)):
            assert argv[0] == "-nostdin"
            for options, name in inputs(argv):
                seen += 1
                if "lavfi" in options:
                    assert str(tmp_path) not in name and "movie" not in name
                    continue
                assert name.startswith("file:") and "/" not in name and str(tmp_path) not in name
                assert all(options.count(guard) == 1 for guard in GUARDS), (job.label, options)
        assert str(tmp_path) not in " ".join(argv)
    assert seen > 8


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return hostile(tmp_path_factory.mktemp("stranger"), ENGINES[0])


@pytest.mark.parametrize("name", ("hls.mp4", "hls-net.mp4", "ffconcat.mp4", "dash.mp4", "sdp.mp4", "magicyuv.avi"))
def test_ffmpeg_itself_refuses_it_too(name: str, ffmpeg: Engine, handed_in: Hostile, tmp_path: Path) -> None:
    guards = ["-protocol_whitelist", "file", "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,avi"]
    guards += words(GUARDED_LIST)[4:]
    argv = (ffmpeg.path, "-nostdin", "-v", "error", *guards, "-i", f"file:{handed_in.folder / name}", "-f", "null", "-")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0 and CANARY not in done.stderr
    assert "whitelist" in done.stderr or "Invalid data found" in done.stderr, done.stderr


def test_the_largest_block_of_memory_is_bounded(ffmpeg: Engine, handed_in: Hostile) -> None:
    argv = (
        ffmpeg.path,
        "-nostdin",
        "-v",
        "error",
        "-max_alloc",
        "1000",
        "-i",
        handed_in.folder / "good.png",
        "-f",
        "null",
        "-",
    )
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert "Cannot allocate memory" in done.stderr
