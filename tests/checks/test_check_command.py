"""`montage-recipe check` as people and CI run it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.endtoend.commands import PROGRAM, Done, montage_recipe
from tests.endtoend.recipes import Entry, movie, write_recipe
from tests.engines import ENGINES

pytestmark = pytest.mark.ffmpeg
ENGINE = ENGINES[0]
QUICK = ("-preset", "ultrafast", "-crf", "8", "-c:a", "copy")
CHECKS: list[Entry] = [
    {"render": "golden/all.png"},
    {"frame": "second.start", "golden": "golden/second.png"},
    {"plan": "golden/plan.txt"},
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe with its film and its goldens."""
    folder = tmp_path_factory.mktemp("film")
    recipe = _recipe(folder, checks=CHECKS)
    assert _run("build", recipe, "--quiet").status == 0
    done = _run("check", recipe, "--update")
    assert done.status == 0, done.stdout + done.stderr
    return recipe


@pytest.fixture
def recipe(built: Path, tmp_path: Path) -> Path:
    """The same, to be spoiled."""
    shutil.copytree(built.parent, tmp_path / "film")
    return tmp_path / "film" / built.name


def _recipe(folder: Path, **keys: Any) -> Path:
    return write_recipe(
        folder,
        [{"src": "moving"}, {"id": "second", "src": "moving", "in": "1s", "duration": "1s"}],
        media={
            "moving": {"generate": "test-pattern", "duration": "2s"},
            "tune": {"generate": "tune", "duration": "3s"},
        },
        audio=[{"src": "tune"}],
        titles=[{"text": "Hello", "start": "0.2s", "duration": "1s", "fade": 0}],
        **keys,
    )


def _run(*arguments: str | Path, **environment: str) -> Done:
    if not environment:
        return montage_recipe(ENGINE, *arguments)
    ran = subprocess.run(
        (PROGRAM, *map(str, arguments)),
        env=os.environ | {"MONTAGE_FFMPEG": ENGINE.path} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(status=ran.returncode, stdout=ran.stdout, stderr=ran.stderr)


def _codes(done: Done) -> set[str]:
    data = json.loads(done.stdout)
    return {f["code"] for o in data["outputs"] for check in o["checks"] for f in check["findings"]}


def test_a_film_passes_its_own_goldens_and_all_defaults(built: Path) -> None:
    done = _run("check", built, "--json")
    assert done.status == 0, done.stdout
    (output,) = json.loads(done.stdout)["outputs"]
    status = {check["check"]: check["status"] for check in output["checks"]}
    assert set(status.values()) == {"passed"}
    assert {"duration", "format", "loudness", "black", "render", "frame", "plan"} <= set(status)


def test_goldens_are_left_alone_where_nothing_differs(built: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in (built.parent / "golden").iterdir()}
    done = _run("check", built, "--update")
    assert done.status == 0
    assert done.stdout.count("as it was") == 3
    assert before == {file: file.stat().st_mtime_ns for file in (built.parent / "golden").iterdir()}


def test_an_edit_is_told_and_its_goldens_are_written_anew(recipe: Path) -> None:
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("Hello", "Other words"), encoding="utf-8")
    assert _run("build", recipe, "--quiet").status == 0
    done = _run("check", recipe, "--json")
    assert done.status == 3
    assert {"plan-differs", "title-missing"} == _codes(done)
    advice = f"if the change was meant: `montage-recipe check {recipe} --update`, and commit the goldens"
    assert _run("check", recipe).stdout.splitlines()[-1] == advice
    assert advice not in _run("check", recipe, "--format", "github").stdout
    done = _run("check", recipe, "--update")
    assert done.status == 0, done.stdout
    assert done.stdout.count("written anew") >= 2
    assert "Other words" in done.stdout
    assert _run("check", recipe).status == 0


def test_all_forms_tell_the_same_fault(recipe: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.mp4"
    _ffmpeg("-i", movie(recipe), "-vf", "drawbox=color=black:t=fill:enable='between(n,15,44)'", *QUICK, spoiled)
    junit, summary, stills = tmp_path / "junit.xml", tmp_path / "summary.md", tmp_path / "stills"
    summary.write_text("before\n", encoding="utf-8")
    written = ("--junit", junit, "--summary", summary, "--stills", stills, "--stills-url", "https://example.org/x")
    done = _run("check", recipe, "-o", spoiled, "--format", "github", *written)
    assert done.status == 3
    lines = recipe.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith("  - "))
    (annotation,) = [text for text in done.stdout.splitlines() if "title=black-span" in text]
    assert annotation.startswith(f"::error file={recipe},line={line},")
    suite = ElementTree.parse(junit).getroot()[0]
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {"black", "render all.png"}
    assert int(suite.get("failures", "0")) == 2
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n### ❌")
    assert "black-span" in text
    picture = next(file for file in stills.iterdir() if "black-span" in file.name)
    assert f"https://example.org/x/{picture.name}" in text
    with Image.open(picture) as image:
        assert max(image.convert("L").tobytes()) < 40


@pytest.fixture(scope="module")
def two_outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe of two films, built, both of another loudness than its check wants."""
    recipe = tmp_path_factory.mktemp("two") / "two.yaml"
    recipe.write_text(
        "recipe: 1\ncanvas: {size: 160x90}\nclips: [{src: m}]\naudio: [{src: t}]\nchecks: [{loudness: -40}]\n"
        "media: {m: {generate: test-pattern, duration: 1s}, t: {generate: tune, duration: 1s}}\n"
        "outputs: [{name: wide, file: a.mp4, preset: ultrafast}, {name: tall, file: b.mp4, preset: ultrafast}]\n",
        encoding="utf-8",
    )
    built = _run("build", recipe, "--quiet")
    assert built.status == 0, built.stderr
    return recipe


@pytest.mark.parametrize("form", ["text", "github"])
def test_each_fault_of_several_films_names_its_own(two_outputs: Path, form: str) -> None:
    done = _run("check", two_outputs, "--format", form)
    assert done.status == 3
    faults = [line for line in (done.stdout + done.stderr).splitlines() if "wrong-loudness" in line]
    assert ["wide: " in line for line in faults] == [True, False]
    assert ["tall: " in line for line in faults] == [False, True]


def test_the_fault_of_one_film_is_told_without_its_name(two_outputs: Path) -> None:
    done = _run("check", two_outputs, "--output", "tall")
    (fault,) = [line for line in done.stderr.splitlines() if "wrong-loudness" in line]
    assert "tall: " not in fault


def test_reports_say_why_nothing_could_be_judged(recipe: Path, tmp_path: Path) -> None:
    junit, summary = tmp_path / "junit.xml", tmp_path / "summary.md"
    movie(recipe).unlink()
    assert _run("check", recipe, "--junit", junit, "--summary", summary).status == 1
    (case,) = ElementTree.parse(junit).getroot()[0]
    assert case.get("name") == "render-missing"
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("### ❌ montage-recipe check: nothing could be judged\n")
    assert "render-missing" in text


def test_a_film_without_a_recipe_is_judged_by_itself(built: Path) -> None:
    done = _run("check", movie(built), "--json")
    assert done.status == 0
    (output,) = json.loads(done.stdout)["outputs"]
    names = {check["check"] for check in output["checks"]}
    assert "decoding" in names
    assert not names & {"format", "safe_area", "render"}


def test_another_container_is_told_whatever_the_file_is_called(recipe: Path) -> None:
    _ffmpeg("-i", movie(recipe), "-c", "copy", "-f", "matroska", recipe.parent / "other.mp4")
    done = _run("check", recipe, "-o", recipe.parent / "other.mp4")
    assert done.status == 3
    assert "error[wrong-format]: the file is Matroska instead of MP4" in done.stderr


def test_damage_is_found_by_decoding(recipe: Path) -> None:
    data = bytearray(movie(recipe).read_bytes())
    begin = data.index(b"mdat") + 4000
    data[begin : begin + 600] = bytes(600)
    movie(recipe).write_bytes(data)
    done = _run("check", recipe, "--json")
    assert done.status == 3
    assert "decode-errors" in _codes(done)


def test_a_damaged_golden_is_told_and_can_be_written_anew(recipe: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(40)
    for name in ("all.png", "second.png"):
        (recipe.parent / "golden" / name).write_bytes(content)
    done = _run("check", recipe, "--json")
    assert (done.status, _codes(done)) == (3, {"golden-unusable"})
    assert _run("check", recipe, "--update").status == 0
    assert _run("check", recipe).status == 0


def test_a_golden_of_something_else_is_told(recipe: Path) -> None:
    shutil.copy(recipe.parent / "golden" / "second.png", recipe.parent / "golden" / "all.png")
    done = _run("check", recipe, "--json")
    assert (done.status, _codes(done)) == (3, {"golden-unusable"})


def test_goldens_are_not_written_in_ci(recipe: Path) -> None:
    shutil.rmtree(recipe.parent / "golden")
    done = _run("check", recipe, "--update", CI="true")
    assert done.status == 1
    assert "golden-update-in-ci" in done.stderr
    assert not (recipe.parent / "golden").exists()


def test_a_recipe_of_somebody_else_is_judged_in_the_sandbox(recipe: Path) -> None:
    assert _run("check", recipe, "--untrusted").status == 0


def test_goldens_of_somebody_else_stay_in_the_folder(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8").replace("golden/all.png", "../all.png")
    recipe.write_text(text, encoding="utf-8")
    done = _run("check", recipe, "--untrusted", "--update")
    assert done.status == 1
    assert "outside-of-folder" in done.stderr
    assert not (recipe.parents[1] / "all.png").exists()


@pytest.mark.parametrize("trust", ["--trusted", "--untrusted"])
def test_a_pipe_in_a_golden_s_place_is_not_waited_for(recipe: Path, trust: str) -> None:
    for name in ("all.png", "second.png", "plan.txt"):
        (recipe.parent / "golden" / name).unlink()
        os.mkfifo(recipe.parent / "golden" / name)
    done = _run("check", recipe, trust, "--format", "json")
    assert done.status == 3
    assert _codes(done) == {"golden-unusable"}


@pytest.mark.parametrize("name", ["all.png", "second.png", "plan.txt"])
def test_a_golden_with_another_name_outside_is_not_shown(recipe: Path, name: str, tmp_path: Path) -> None:
    golden = recipe.parent / "golden" / name
    golden.rename(tmp_path / "secret")
    if name == "plan.txt":
        (tmp_path / "secret").write_text((tmp_path / "secret").read_text().replace("Hello", "CANARY"))
    golden.hardlink_to(tmp_path / "secret")
    for words in (("validate",), ("check",), ("check", "--update")):
        done = _run(words[0], recipe, "--untrusted", *words[1:])
        assert done.status == 1 and "hard link" in done.stdout + done.stderr
        assert "CANARY" not in done.stdout + done.stderr
    assert _run("check", recipe, "--trusted").status == (3 if name == "plan.txt" else 0)


def test_a_golden_that_the_recipe_reads_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (160, 90)).save(tmp_path / "photo.png")
    recipe = write_recipe(tmp_path, [{"src": "photo.png", "duration": "1s"}], checks=[{"render": "photo.png"}])
    done = _run("validate", recipe)
    assert done.status == 1
    assert "golden-is-source" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["none.mp4"], 1, "render-missing"),
        (["unbuilt.yaml"], 1, "render-missing"),
        (["folder.mp4"], 1, "render-missing"),
        (["text.mp4"], 1, "render-unusable"),
        (["photo.mp4"], 1, "photo.mp4 is a photo or another still picture, and no film"),
        (["film.mp4", "--update"], 2, "is no recipe"),
        (["unbuilt.yaml", "--update"], 1, "nothing-to-update"),
        (["two.yaml", "-o", "text.mp4"], 1, "several-outputs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_judged_is_said(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    (tmp_path / "folder.mp4").mkdir()
    Image.new("RGB", (64, 36)).save(tmp_path / "photo.mp4", "JPEG")
    (tmp_path / "text.mp4").write_text("no film", encoding="utf-8")
    _recipe(tmp_path).rename(tmp_path / "unbuilt.yaml")
    two = "recipe: 1\nmedia: {m: {generate: sea, duration: 1s}}\nclips: [{src: m}]\noutputs: [{file: a.mp4}, {file: b.mp4}]\n"
    (tmp_path / "two.yaml").write_text(two, encoding="utf-8")
    done = _run("check", *(str(tmp_path / a) if a.endswith((".mp4", ".yaml")) else a for a in arguments))
    assert done.status == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_left_after_ctrl_c(built: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=60", "-preset", "ultrafast", long)
    (tmp_path / "tmp").mkdir()
    program = subprocess.Popen(
        (PROGRAM, "check", str(long)),
        env=os.environ | {"TMPDIR": str(tmp_path / "tmp"), "MONTAGE_FFMPEG": ENGINE.path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any((tmp_path / "tmp").iterdir()):  # it is measuring
        time.sleep(0.05)
        assert program.poll() is None
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=30)
    assert program.returncode == 130
    assert "Traceback" not in said
    assert list((tmp_path / "tmp").iterdir()) == []


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run((ENGINE.path, "-v", "error", "-y", *map(str, arguments)), check=True, stdin=subprocess.DEVNULL)


def test_a_memory_limit_that_does_not_suffice_is_told_as_that(built: Path) -> None:
    done = _run("check", built, "--trusted", MONTAGE_MEMORY_LIMIT="64M")  # less than the program itself has
    assert done.status == 1
    assert "error[memory-limit-reached]: measuring the film (" in done.stderr
    assert "raise the limit (MONTAGE_MEMORY_LIMIT=" in done.stderr
