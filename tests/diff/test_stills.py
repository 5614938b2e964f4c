"""Stills of a film, made by real ffmpegs."""

from __future__ import annotations

import json
import re
import tempfile
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from montage_recipe.cli.diff import command
from montage_recipe.compiler import compile_recipe
from montage_recipe.engine import Engine
from montage_recipe.jobs.still import still_span
from montage_recipe.pipeline import build_recipe
from montage_recipe.render.store import Store
from montage_recipe.settings import load_settings
from montage_recipe.stills import stills
from montage_recipe.timeline.model import FrameSpan
from tests.diff.repositories import commit, git
from tests.engines import ENGINE_IDS, ENGINES
from tests.frames import run_ffmpeg
from tests.timeline.making import timeline_of

RECIPE = """\
recipe: 1
canvas: {size: 160x90, fps: 10}
media: {one: {generate: test-pattern, duration: 4s}, two: {generate: color-bars, duration: 3s}}
clips:
  - {id: open, src: one, in: 1s, out: 3s, transition: {type: dip-to-black, duration: 0.4s}}
  - {id: walk, src: two, out: 2s, transition: {type: crossfade, duration: 1s}}
titles:
  - {text: Hello, start: 0.5s, duration: 1s, fade: 0.2s}
outputs:
  - {file: film.mp4, preset: ultrafast, crf: 0}
"""
RGB = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-")
AS_STILL = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc:flags=bicubic+accurate_rnd+full_chroma_int+bitexact"


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_still_is_the_film_s_own_frame(engine: Engine, tmp_path: Path) -> None:
    """The film is encoded without loss, so that nothing but equality will do."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE)
    settings = load_settings({"ffmpeg": engine.path})
    stop = threading.Event()
    build_recipe(recipe, settings=settings, on_event=lambda event: None, stop=stop)
    (compiled,) = compile_recipe(recipe, engine=engine, settings=settings)
    numbers = (
        0,
        2,
        6,
        9,
        12,
        15,
        25,
        29,
    )  # in transitions, with a title that fades in, is there, fades out, and without
    wanted = [(number, tmp_path / "stills" / f"{number}.png") for number in numbers]
    with Store.open(tmp_path / ".montage") as store:
        stills(
            compiled,
            wanted,
            store=store,
            engine=engine,
            settings=settings,
            on_event=lambda event: None,
            stop=stop,
        )
    film = run_ffmpeg(engine, "-i", str(tmp_path / "film.mp4"), "-vf", AS_STILL, *RGB)
    length = 160 * 90 * 3
    assert len(film) == 30 * length
    for number, file in wanted:
        assert run_ffmpeg(engine, "-i", str(file), *RGB) == film[number * length : (number + 1) * length], number


@pytest.mark.ffmpeg
def test_each_change_that_can_be_seen_gets_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(RECIPE)
    changed = RECIPE.replace("text: Hello", "text: Bye").replace("src: two, out: 2s", "src: two, out: 2s, fit: fill")
    added = changed.replace("titles:", "  - {src: one, out: 1s}\ntitles:")
    (tmp_path / "new.yaml").write_text(added)
    before = {file.name for file in tmp_path.iterdir()}
    arguments = [str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"), "--format", "json", "--width", "80"]
    result = CliRunner().invoke(command, [*arguments, "--stills", str(tmp_path / "stills")])
    assert result.exit_code == 0, result.exception
    data = json.loads(result.stdout)
    changes = data["outputs"][0]["changes"]
    told = [(changes[pair["change"]]["subject"], bool(pair["old"]), bool(pair["new"])) for pair in data["stills"]]
    assert told == [("title", True, True), ("clip", True, True), ("clip", False, True)]
    assert {file.name for file in tmp_path.iterdir()} == before | {"stills"}  # no store is made beside the recipe
    for pair in data["stills"]:
        for file in filter(None, (pair["old"], pair["new"])):
            assert len(run_ffmpeg(ENGINES[0], "-i", file, *RGB)) == 80 * 45 * 3
    title = data["stills"][0]
    assert Path(title["old"]).read_bytes() != Path(title["new"]).read_bytes()


@pytest.mark.ffmpeg
def test_markdown_shows_the_stills_as_what_is_found_below_an_address(tmp_path: Path) -> None:
    recipe = RECIPE.replace("file: film.mp4", 'file: "a film.mp4"')
    (tmp_path / "old.yaml").write_text(recipe)
    (tmp_path / "new.yaml").write_text(recipe.replace("text: Hello", "text: Bye"))
    arguments = [str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"), "--stills", str(tmp_path / "stills")]
    shown = ["--format", "markdown", "--stills-url", "https://example.org/x/"]
    result = CliRunner().invoke(command, [*arguments, *shown])
    assert result.exit_code == 0, result.exception
    addresses = re.findall(r'src="https://example\.org/x/([^/"]+)"', result.stdout)
    assert [unquote(address) for address in addresses] == sorted(
        (file.name for file in (tmp_path / "stills").iterdir()), reverse=True
    )
    assert CliRunner().invoke(command, [*arguments, *shown[2:]]).exit_code == 2  # text shows no pictures


@pytest.mark.ffmpeg
def test_media_of_a_revision_are_seen_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the recipe is somebody else's, and held in its folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "trip"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "recipe.yaml").write_text(
        "recipe: 1\ncanvas: {size: 64x36, fps: 10}\nclips: [{src: a.png, duration: 1s}]\n"
    )
    for color in ("red", "blue"):
        run_ffmpeg(
            ENGINES[0], "-y", "-f", "lavfi", "-i", f"color={color}:s=64x36", "-frames:v", "1", str(folder / "a.png")
        )
        commit(folder, color)
    arguments = ["HEAD~1..HEAD", str(folder / "recipe.yaml"), "--stills", str(tmp_path / "stills"), "--format", "json"]
    result = CliRunner().invoke(command, [*arguments, "--untrusted"])
    assert result.exit_code == 0, result.exception
    (pair,) = json.loads(result.stdout)["stills"]
    red, blue = (run_ffmpeg(ENGINES[0], "-i", pair[side], *RGB)[:3] for side in ("old", "new"))
    assert red[0] > 200 and red[2] < 50 and blue[0] < 50 and blue[2] > 200
    assert sorted(file.name for file in tmp_path.iterdir()) == ["stills", "trip"]


def test_a_still_needs_its_transition_or_its_frame_alone() -> None:
    timeline = timeline_of(
        "clips:\n"
        "  - {src: a.mp4, out: 2s, transition: {type: crossfade, duration: 0.5s}}\n"
        "  - {src: b.mp4, out: 2s, transition: {type: crossfade, duration: 1s}}\n"
        "  - {src: c.mp4, out: 2s}\n"
    )
    assert still_span(timeline, 0) == still_span(timeline, 14) == FrameSpan(0, 15)
    assert still_span(timeline, 15) == FrameSpan(15, 16)
    assert still_span(timeline, 30) == still_span(timeline, 59) == FrameSpan(30, 60)
    assert still_span(timeline, 149) == FrameSpan(149, 150)
    with pytest.raises(ValueError, match="no frame 150"):
        still_span(timeline, 150)
