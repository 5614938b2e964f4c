"""When a build fails, people learn where and why, programs get their summary, and the old film stays."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.engine import Engine
from tests.endtoend import footage
from tests.endtoend.commands import build, montage_recipe
from tests.endtoend.measuring import assert_exact
from tests.endtoend.recipes import movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg

TOO_SMALL_A_CROP = """\
recipe: 1
canvas: {size: 160x90, fps: 30}
clips:
  - {src: 30.mp4, duration: 1s}
  - src: 25.mp4
    duration: 1s
    effects:
      - mirror
      - crop: {width: 1%, height: 1%}
outputs: [{file: montage.mp4, preset: ultrafast}]
"""

# Between the two halves stands what this ffmpeg says beside the cause.
CROP_FAULT_BEGINS = """\
montage.yaml:9:9: error[ffmpeg-failed]: ffmpeg failed while making picture of clips 1 to 2: \
[crop@clips_1_effects_1] Invalid too big or non positive size for width '2' or height '0'
  [crop@clips_1_effects_1] Failed to configure input pad on crop@clips_1_effects_1
"""
CROP_FAULT_ENDS = """\
  9 |       - crop: {width: 1%, height: 1%}
    |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: the lines above say why; look at the clip or effect they name
"""


@pytest.fixture
def folder(reel: Path, tmp_path: Path) -> Path:
    for name in ("25.mp4", "30.mp4"):
        (tmp_path / name).symlink_to(reel / name)
    return tmp_path


@pytest.mark.parametrize("kept", [(), ("--no-cache",)], ids=["", "without a store"])
def test_a_filter_that_refuses_leads_to_its_line_of_the_recipe(
    ffmpeg: Engine, folder: Path, kept: tuple[str, ...]
) -> None:
    (folder / "montage.yaml").write_text(TOO_SMALL_A_CROP)
    (folder / "montage.mp4").write_bytes(b"the old one")
    done = montage_recipe(ffmpeg, "build", "montage.yaml", "--quiet", *kept, cwd=folder)
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(CROP_FAULT_BEGINS)
    assert done.stderr.endswith(CROP_FAULT_ENDS)
    log = re.search(r"^  the whole log: (.+)$", done.stderr, re.MULTILINE)
    assert log and "Invalid too big" in Path(log[1]).read_text()
    assert (folder / "montage.mp4").read_bytes() == b"the old one"
    assert [p.name for p in (folder / ".montage" / "runs").iterdir()] == [".lock"]


def test_programs_get_the_fault_and_the_summary(ffmpeg: Engine, folder: Path) -> None:
    (folder / "montage.yaml").write_text(TOO_SMALL_A_CROP)
    done = montage_recipe(ffmpeg, "build", folder / "montage.yaml", "--json")
    assert done.status == 1
    *_, fault, summary = done.events
    assert {name: fault[name] for name in ("event", "code", "path", "line", "column")} == {
        "event": "error",
        "code": "ffmpeg-failed",
        "path": ["clips", 1, "effects", 1],
        "line": 9,
        "column": 9,
    }
    assert (summary["event"], summary["status"], summary["output"]) == (
        "summary",
        "failed",
        str(folder / "montage.mp4"),
    )


def test_every_fault_of_a_recipe_is_told_at_once_and_nothing_is_made(folder: Path) -> None:
    recipe = write_recipe(
        folder,
        [{"src": "gone.mp4"}, {"src": "30.mp4", "in": 9}, {"src": "25.mp4", "lenght": 2}],
        name="faulty",
    )
    done = montage_recipe(ENGINES[0], "build", recipe, "--json")
    assert done.status == 1
    assert done.codes
    assert done.summary["jobs"] == {"run": 0, "reused": 0}
    assert not movie(recipe).exists()


def damage(file: Path, *, begin: float, end: float) -> None:
    """Writes over a part of the media data."""
    data = bytearray(file.read_bytes())
    first, last = data.index(b"mdat") + 4, data.index(b"moov") - 4
    for place in range(first + int(begin * (last - first)), first + int(end * (last - first))):
        data[place] = place * 7919 % 251
    file.write_bytes(data)


def test_footage_damaged_in_its_middle_is_told_and_the_film_keeps_its_length(ffmpeg: Engine, tmp_path: Path) -> None:
    damage(footage.pattern(tmp_path / "damaged.mp4", seconds=4), begin=0.5, end=0.6)
    recipe = write_recipe(tmp_path, [{"src": "damaged.mp4"}])
    done = build(ffmpeg, recipe)
    assert "source-damaged" in done.codes
    assert_exact(movie(recipe), frames=120, fps=Fraction(30))
    movie(recipe).unlink()
    for _ in range(2):  # a build that reuses the segment says so too, and one that finds nothing to do
        told = montage_recipe(ffmpeg, "build", recipe, cwd=tmp_path)
        assert told.status == 0
        assert (
            "montage.yaml:5:5: warning[source-damaged]: a source of picture of clip 1 is damaged; ffmpeg" in told.stderr
        )
    assert "\n  help: look at that part of the result; copy the file anew from the camera if you can\n" in told.stderr


def test_footage_that_is_all_damage_is_an_error_at_its_line(ffmpeg: Engine, tmp_path: Path) -> None:
    damage(footage.pattern(tmp_path / "ruined.mp4", seconds=2), begin=0, end=1)
    recipe = write_recipe(tmp_path, [{"src": "ruined.mp4"}])
    done = montage_recipe(ffmpeg, "build", recipe.name, "--quiet", cwd=tmp_path)
    assert done.status == 1
    assert done.stderr == (
        f"montage.yaml:5:13: error[media-unreadable]: no picture of {tmp_path / 'ruined.mp4'} can be decoded\n"
        '  5 |   - {"src": "ruined.mp4"}\n'
        "    |             ^^^^^^^^^^^^\n"
        "  help: convert it to MP4, WebM, PNG or JPEG, or to WAV or FLAC for sound\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("build",),
        ("build", "montage.yaml", "--nonsense"),
        ("build", "montage.yaml", "--jobs", "0"),
        ("build", "montage.yaml", "--memory-limit", "lots"),
        ("bild", "montage.yaml"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_how_it_is_right(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = montage_recipe(ENGINES[0], *arguments, cwd=tmp_path)
    assert (done.status, done.stdout) == (2, "")
    assert "--help" in done.stderr or "help: " in done.stderr
    assert list(tmp_path.iterdir()) == []
