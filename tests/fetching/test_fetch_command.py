"""`montage-recipe fetch`, and what a build says of media that were not fetched."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.endtoend import footage
from tests.endtoend.commands import PROGRAM, Done, environment, montage_recipe
from tests.engines import ENGINES
from tests.fetching.server import Manner, Served, serving, wait_for

pytestmark = pytest.mark.ffmpeg
ENGINE = ENGINES[0]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return footage.pattern(tmp_path_factory.mktemp("walk") / "walk.mp4", seconds=1, size="64x36").read_bytes()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def recipe_of(folder: Path, *media: tuple[str, str, str]) -> Path:
    """A recipe with one clip for each (file, url, sha256); the first is in line 4, its `file` in column 17."""
    lines = [f"  m{i}: {{file: {file}, url: '{url}', sha256: {sum_}}}" for i, (file, url, sum_) in enumerate(media)]
    clips = ", ".join(f"{{src: m{i}, duration: 0.3}}" for i in range(len(media)))
    folder.mkdir(exist_ok=True)
    recipe = folder / "trip.yaml"
    output = "outputs: [{file: trip.mp4, preset: ultrafast}]"
    head = ["recipe: 1", "canvas: {size: 64x36}", "media:"]
    recipe.write_text("\n".join([*head, *lines, f"clips: [{clips}]", output, ""]))
    return recipe


def run(recipe: Path, *arguments: str) -> Done:
    command, *others = arguments
    return montage_recipe(ENGINE, command, recipe.name, *others, cwd=recipe.parent)


def test_a_recipe_is_fetched_and_then_built(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(tmp_path, ("footage/walk.mp4", served.url(), sha256(walk)))
        before = run(recipe, "build", "--json")
        assert (before.status, before.codes) == (1, ["media-not-fetched"])
        fault = before.events[0]
        assert (fault["line"], fault["column"]) == (4, 14)
        assert fault["message"] == "`walk.mp4` is not here yet: it comes from 127.0.0.1"
        assert fault["hint"] == "run `montage-recipe fetch trip.yaml`"
        done = run(recipe, "fetch")
        assert done.status == 0
        assert done.stderr.splitlines()[0] == f"footage/walk.mp4: {len(walk) / 1024:.3g} KB from {served.host}"
        assert done.stderr.splitlines()[-1].startswith("1 file fetched (")
        again = run(recipe, "fetch")
        assert (again.status, again.stderr.splitlines()[-1]) == (0, "0 files fetched (0 B), 1 there already")
    assert len(served.asked) == 1
    assert run(recipe, "build", "--json").codes == []


def test_json_tells_each_step_and_the_sum(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(tmp_path, ("a.mp4", served.url(), sha256(walk)), ("b.mp4", served.url(), sha256(walk)))
        done = run(recipe, "fetch", "--json")
    assert [event["event"] for event in done.events if event["event"] != "fetch-progress"] == [
        *("fetch-started", "fetch-finished") * 2,
        "summary",
    ]
    summary = done.summary
    assert (summary["status"], summary["files"], summary["bytes"]) == (
        "ok",
        {"fetched": 2, "present": 0},
        2 * len(walk),
    )


def test_a_fault_of_one_file_does_not_keep_the_others_from_coming(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk), b=Manner(b"<html>not here</html>")) as served:
        recipe = recipe_of(
            tmp_path, ("bad.mp4", served.url("/b.bin"), sha256(walk)), ("good.mp4", served.url(), sha256(walk))
        )
        done = run(recipe, "fetch", "--json")
    assert (done.status, done.codes, done.summary["status"]) == (1, ["fetch-wrong-content"], "failed")
    fault = next(event for event in done.events if event["event"] == "error")
    assert (fault["line"], fault["path"]) == (4, ["media", "m0", "sha256"])
    assert (tmp_path / "good.mp4").read_bytes() == walk
    assert not (tmp_path / "bad.mp4").exists()


def test_a_file_with_other_content_is_never_written_over_nor_built_from(tmp_path: Path, walk: bytes) -> None:
    other = footage.pattern(tmp_path / "walk.mp4", seconds=1, size="32x18").read_bytes()
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(tmp_path, ("walk.mp4", served.url(), sha256(walk)))
        done = run(recipe, "fetch", "--json")
    assert (done.status, done.codes) == (1, ["fetch-would-overwrite"])
    assert (tmp_path / "walk.mp4").read_bytes() == other
    locked = run(recipe, "lock")
    assert locked.status == 1 and "media-not-as-stated" in locked.stderr
    built = run(recipe, "build", "--json")
    assert (built.status, built.codes) == (1, ["media-not-as-stated"])
    assert sha256(other) in built.events[0]["message"]


def test_half_of_a_file_is_told_as_another_than_the_recipe_means(tmp_path: Path, walk: bytes) -> None:
    """Its index is in the half that is missing, so that it is no film."""
    (tmp_path / "walk.mp4").write_bytes(walk[: len(walk) // 2])
    recipe = recipe_of(tmp_path, ("walk.mp4", "https://example.org/walk.mp4", sha256(walk)))
    for arguments in (("build", "--json"), ("validate", "--probe", "--format", "json")):
        done = run(recipe, *arguments)
        assert done.status == 1
        assert "media-not-as-stated" in done.stdout and "media-unreadable" not in done.stdout
        assert "move it away and run `montage-recipe fetch`" in done.stdout


def test_a_file_as_stated_that_is_no_film_is_told_as_that(tmp_path: Path, walk: bytes) -> None:
    half = walk[: len(walk) // 2]
    (tmp_path / "walk.mp4").write_bytes(half)
    recipe = recipe_of(tmp_path, ("walk.mp4", "https://example.org/walk.mp4", sha256(half)))
    assert run(recipe, "build", "--json").codes == ["media-unreadable"]


def test_plain_http_from_elsewhere_is_refused_before_anything_is_asked(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(
            tmp_path, ("a.mp4", served.url(), sha256(walk)), ("b.mp4", "http://example.org/b.mp4", sha256(walk))
        )
        done = run(recipe, "fetch", "--json")
    assert (done.status, done.codes, served.asked) == (1, ["fetch-not-allowed"], [])
    assert "--insecure-http" in done.events[0]["hint"]


def test_somebody_elses_recipe_fetches_nothing_by_itself(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk), b=Manner(b"", moved_to="http://127.0.0.1:9/secret")) as served:
        recipe = recipe_of(tmp_path, ("a.mp4", served.url(), sha256(walk)))
        done = run(recipe, "fetch", "--json", "--untrusted")
        assert (done.status, done.codes, served.asked) == (1, ["fetch-untrusted"], [])
        assert f"--allow-host {served.host}" in done.events[0]["hint"]
        assert run(recipe, "fetch", "--untrusted", "--allow-host", "example.org").status == 1
        assert served.asked == []
        assert run(recipe, "fetch", "--untrusted", "--allow-host", served.host).status == 0
        # What is there already needs nobody's leave.
        assert run(recipe, "fetch", "--untrusted").status == 0
        leading_on = recipe_of(tmp_path, ("c.mp4", served.url("/b.bin"), sha256(walk)))
        done = run(leading_on, "fetch", "--json", "--untrusted", "--allow-host", served.host)
        assert (done.status, done.codes) == (1, ["fetch-failed"])
        assert "127.0.0.1:9, which is not a host that you allowed" in done.events[0]["message"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("../a.mp4", "outside-of-folder"),
        ("/tmp/a.mp4", "outside-of-folder"),
        ("out/a.mp4", "outside-of-folder"),
        (".git/hooks/post-checkout", "fetch-untrusted"),
        (".montage/objects/ab/cd.mp4", "fetch-untrusted"),
    ],
)
def test_nor_does_it_write_where_it_must_not(tmp_path: Path, walk: bytes, file: str, code: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "recipe"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(folder, (file, served.url(), sha256(walk)))
        done = run(recipe, "fetch", "--json", "--untrusted", "--allow-host", served.host)
    assert (done.status, done.codes, served.asked) == (1, [code], [])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_ci_makes_a_recipe_somebody_elses(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(tmp_path, ("a.mp4", served.url(), sha256(walk)))
        argv = [str(PROGRAM), "fetch", str(recipe)]
        ci = environment(ENGINE) | {"CI": "true"}
        done = subprocess.run(argv, env=ci, capture_output=True, text=True, check=False)
    assert (done.returncode, served.asked) == (1, [])
    assert "error[fetch-untrusted]" in done.stderr


def _interrupted(recipe: Path, served: Served, number: signal.Signals, part: Path) -> subprocess.CompletedProcess[str]:
    argv = [str(PROGRAM), "fetch", recipe.name, "--json"]
    with subprocess.Popen(
        argv, cwd=recipe.parent, env=environment(ENGINE), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            wait_for(lambda: part.exists() and part.stat().st_size >= 100_000)
            child.send_signal(number)
            out, complaint = child.communicate(timeout=10)
        finally:
            child.kill()
    return subprocess.CompletedProcess(argv, child.returncode, out, complaint)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_has_come_for_the_next_time(tmp_path: Path, number: signal.Signals) -> None:
    """The server is silent when the signal comes, so the program is waiting for the network."""
    content = bytes(range(256)) * 1000
    part = tmp_path / f".montage-fetch-{sha256(content)[:16]}.part"
    with serving(a=Manner(content, slow_after=100_000)) as served:
        recipe = recipe_of(tmp_path, ("a.bin", served.url(), sha256(content)))
        done = _interrupted(recipe, served, number, part)
        assert done.returncode == 130
        assert "Traceback" not in done.stderr
        assert "fetch again to go on" in done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["status"] == "interrupted"
        assert not (tmp_path / "a.bin").exists()
        served.manners["/a.bin"].slow_after = None
        assert run(recipe, "fetch").status == 0
    assert (tmp_path / "a.bin").read_bytes() == content
    assert served.asked[-1].range == f"bytes={100_000}-"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.bin", "trip.yaml"]


def test_a_fetched_medium_is_locked_by_its_file(tmp_path: Path, walk: bytes) -> None:
    with serving(a=Manner(walk)) as served:
        recipe = recipe_of(tmp_path, ("footage/walk.mp4", served.url(), sha256(walk)))
        assert run(recipe, "fetch").status == 0
    assert run(recipe, "lock").status == 0
    assert f'"footage/walk.mp4" = {{size = {len(walk)}, sha256 = "{sha256(walk)}"}}' in (
        recipe.with_suffix(".lock").read_text()
    )
