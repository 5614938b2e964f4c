"""`montage-recipe lock`: writes, compares, and writes anew."""

from __future__ import annotations

import hashlib
import json
import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from montage_recipe.diagnostics import StoreError
from montage_recipe.lockfile.files import read_lock, write_lock
from tests.endtoend import footage
from tests.engines import ENGINES
from tests.lockfile.scene import Scene, font_of_another_edition, scene

pytestmark = pytest.mark.ffmpeg
OTHERS = [engine for engine in ENGINES if engine.build_id != ENGINES[0].build_id]


@pytest.fixture
def trip(tmp_path: Path) -> Scene:
    made = scene(tmp_path / "films", upscale=True)
    done = made.run("lock")
    assert (done.status, done.stdout) == (0, "trip.lock: written, with 5 files and the ffmpeg; commit it\n")
    return made


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_lock_has_a_line_for_each_thing(trip: Scene) -> None:
    lines = trip.lock.read_text(encoding="utf-8").splitlines()
    media = trip.folder / "a.mp4"
    assert f'"a.mp4" = {{size = {media.stat().st_size}, sha256 = "{sha256(media)}"}}' in lines
    brand = sha256(trip.folder / "fonts" / "brand.ttf")
    assert f'"fonts/brand.ttf" = {{name = "Noto Sans Regular", sha256 = "{brand}"}}' in lines
    version, build = ENGINES[0].version_text, ENGINES[0].build_id
    assert f'ffmpeg = {{version = "{version}", build = "{build}"}}' in lines
    for start in ('"NotoSans[wght].ttf"', '"realesr-animevideov3/realesr-animevideov3-x2.bin"', "montage-recipe ="):
        assert any(line.startswith(start) for line in lines)
    assert trip.lock.stat().st_mode & 0o777 == trip.recipe.stat().st_mode & 0o777
    assert [file.name for file in trip.folder.iterdir() if file.name.startswith(".")] == []


def test_nothing_changed_is_nothing_written(trip: Scene) -> None:
    before = trip.lock.stat().st_mtime_ns
    for flag in ((), ("--check",), ("--update",)):
        done = trip.run("lock", *flag)
        assert (done.status, done.stdout, done.stderr) == (0, "trip.lock: nothing has changed\n", "")
    assert trip.lock.stat().st_mtime_ns == before


def test_each_difference_is_one_line_with_its_place(trip: Scene) -> None:
    old = sha256(trip.folder / "a.mp4")
    footage.pattern(trip.folder / "a.mp4", seconds=1, size="32x18")
    new = sha256(trip.folder / "a.mp4")
    trip.edit("[fonts]\n", f'"gone.mp4" = {{size = 1, sha256 = "{old}"}}\n\n[fonts]\n')
    trip.edit('"realesr-animevideov3/realesr-animevideov3-x2.bin"', '"realesr-animevideov3/other.bin"')
    trip.edit('montage-recipe = "0.1.0"', 'montage-recipe = "0.0.9"')
    done = trip.run("lock", "--check")
    assert done.status == 3
    assert done.stdout.splitlines() == [
        "trip.lock:6:1: montage-recipe: 0.0.9 -> 0.1.0",
        f"trip.yaml:3:17: a.mp4: its content changed (sha256 {old[:12]}… -> {new[:12]}…)",
        "trip.lock:12:1: gone.mp4: in trip.lock, and no longer used",
        "trip.lock:21:1: realesr-animevideov3/other.bin: in trip.lock, and no longer used",
        "trip.yaml:7:49: realesr-animevideov3/realesr-animevideov3-x2.bin: not in trip.lock",
        "trip.lock: 5 differences",
        "help: bring back what was locked; or, where it is meant: `montage-recipe lock trip.yaml --update`",
    ]


def test_a_lock_that_differs_is_left_as_it_is_without_update(trip: Scene) -> None:
    font_of_another_edition(trip.folder / "fonts" / "brand.ttf", revision=2.0)
    before = trip.lock.read_bytes()
    done = trip.run("lock")
    assert (done.status, trip.lock.read_bytes()) == (1, before)
    assert "fonts/brand.ttf: the font changed (sha256 " in done.stdout
    assert "error[lock-out-of-date]: trip.lock is left as it is" in done.stderr
    assert "`montage-recipe lock trip.yaml --update`" in done.stderr


def test_update_shows_what_changed_and_writes_it(trip: Scene) -> None:
    font_of_another_edition(trip.folder / "fonts" / "brand.ttf", revision=2.0)
    done = trip.run("lock", "--update")
    assert done.status == 0
    assert "fonts/brand.ttf: the font changed" in done.stdout
    assert done.stdout.endswith("trip.lock: written anew, 1 difference\n")
    assert trip.run("lock", "--check").status == 0


def test_writing_is_refused_in_ci(trip: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from montage_recipe.cli.main import main

    monkeypatch.setenv("CI", "true")
    monkeypatch.chdir(trip.folder)
    before = trip.lock.read_bytes()
    with pytest.raises(SystemExit) as ending:
        main(["lock", "trip.yaml", "--update", "--trusted"])
    assert (ending.value.code, trip.lock.read_bytes()) == (1, before)
    trip.lock.unlink()
    with pytest.raises(SystemExit) as ending:
        main(["lock", "trip.yaml", "--trusted"])
    assert (ending.value.code, trip.lock.exists()) == (1, False)


@pytest.mark.skipif(not OTHERS, reason="there is only one ffmpeg here")
def test_another_ffmpeg_is_told_by_its_version(trip: Scene) -> None:
    done = trip.run("lock", "--check", engine=OTHERS[0])
    assert done.status == 3
    line = f"trip.lock:7:1: ffmpeg: {ENGINES[0].version_text} -> {OTHERS[0].version_text}"
    assert done.stdout.splitlines()[:-1] == [line, "trip.lock: 1 difference"]


def test_another_build_of_the_same_version_is_told_too(trip: Scene) -> None:
    trip.edit(ENGINES[0].build_id, "cd" * 32)
    done = trip.run("lock", "--check")
    assert f"ffmpeg: another build of {ENGINES[0].version_text} (build cdcdcdcdcdcd… -> " in done.stdout


def test_json_has_every_difference_with_both_values(trip: Scene) -> None:
    trip.edit('montage-recipe = "0.1.0"', 'montage-recipe = "0.0.9"')
    done = trip.run("lock", "--check", "--json")
    data = json.loads(done.stdout)
    assert (done.status, done.stderr, data["lock"], data["status"]) == (3, "", "trip.lock", "differs")
    (difference,) = data["differences"]
    assert "`montage-recipe lock trip.yaml --update`" in difference["hint"]
    updated = json.loads(trip.run("lock", "--update", "--json").stdout)
    assert [each["hint"] for each in updated["differences"]] == [""]
    found = {key: difference[key] for key in ("item", "locked", "now", "code", "file", "line")}
    assert found == {
        "item": "montage-recipe",
        "locked": "0.0.9",
        "now": "0.1.0",
        "code": "lock-release-differs",
        "file": "trip.lock",
        "line": 6,
    }


def test_a_file_of_another_program_is_never_written_over(trip: Scene) -> None:
    trip.lock.write_text("[[package]]\nname = 'x'\n")
    for flag in ((), ("--check",), ("--update",)):
        done = trip.run("lock", *flag)
        assert (done.status, "error[lock-unusable]" in done.stderr) == (1, True)
    assert trip.lock.read_text() == "[[package]]\nname = 'x'\n"


def test_a_lock_with_the_marks_of_a_merge_is_written_anew_by_update(trip: Scene) -> None:
    trip.edit("[media]\n", "<<<<<<< HEAD\n[media]\n")
    assert "trip.lock:9:1: error[lock-unusable]" in trip.run("lock").stderr
    assert trip.run("lock", "--update").status == 0
    assert trip.run("lock", "--check").status == 0


def test_two_recipes_of_a_folder_have_two_locks(trip: Scene) -> None:
    before = trip.lock.read_bytes()
    other = Scene(recipe=trip.folder / "montage.yaml")
    other.recipe.write_text("recipe: 1\nclips: [{src: a.mp4}]\n")
    assert other.run("lock").status == 0
    assert (trip.folder / "montage.lock").is_file()
    assert trip.lock.read_bytes() == before


def test_two_recipes_that_would_share_a_lock_are_told_so(trip: Scene) -> None:
    other = Scene(recipe=trip.folder / "trip.yml")
    other.recipe.write_text(trip.recipe.read_text())
    done = other.run("lock", "--update")
    assert (done.status, "error[lock-of-another-recipe]" in done.stderr) == (1, True)
    named_so = Scene(recipe=trip.folder / "own.lock")
    named_so.recipe.write_text(trip.recipe.read_text())
    done = named_so.run("lock", "--update")
    assert (done.status, "the recipe itself" in done.stderr) == (1, True)
    assert named_so.recipe.read_text() == trip.recipe.read_text()


def test_a_link_in_the_place_of_the_lock_is_replaced_and_not_followed(trip: Scene) -> None:
    kept = trip.folder / "kept.txt"
    trip.lock.rename(kept)
    trip.lock.symlink_to(kept)
    trip.edit('montage-recipe = "0.1.0"', 'montage-recipe = "0.0.9"')
    before = kept.read_bytes()
    assert trip.run("lock", "--update").status == 0
    assert (kept.read_bytes(), trip.lock.is_symlink()) == (before, False)


def test_paths_are_as_the_recipe_writes_them(tmp_path: Path) -> None:
    elsewhere = footage.pattern(tmp_path / "else.mp4", seconds=1, size="64x36")
    films = tmp_path / "films"
    (films / "parts").mkdir(parents=True)
    for name in ("b.mp4", "parts/c.mp4"):
        (films / name).write_bytes(elsewhere.read_bytes())
    (films / "parts" / "more.yaml").write_text("media: {c: c.mp4}\nclips: [{src: c}]\n")
    recipe = films / "trip.yaml"
    recipe.write_text(
        f"recipe: 1\nvars: {{root: {tmp_path}, name: b}}\n"
        "clips: [{src: '${root}/else.mp4'}, {src: ../else.mp4}, {src: 'parts/../${name}.mp4'}, {include: parts/more.yaml}]\n"
    )
    assert Scene(recipe=recipe).run("lock").status == 0
    names = [line.split('"')[1] for line in recipe.with_suffix(".lock").read_text().splitlines() if "size" in line]
    # The absolute one and `../else.mp4` are the same file: it has one line, by its first mention.
    assert names == [str(elsewhere), "b.mp4", "parts/c.mp4"]


def test_a_pointer_of_git_lfs_is_explained(trip: Scene) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 123456789\n"
    (trip.folder / "a.mp4").write_text(pointer)
    (trip.folder / ".git").mkdir()
    for command in (("lock",), ("lock", "--check"), ("build", "--locked"), ("build",), ("validate", "--probe")):
        done = trip.run(*command)
        assert done.status == 1
        said = done.stdout + done.stderr
        assert "trip.yaml:3:17: error[git-lfs-pointer]" in said
        assert "118 MB" in said
        assert "`git lfs pull --include a.mp4`" in said


def test_a_disk_that_takes_no_more_leaves_the_old_lock(trip: Scene) -> None:
    old = read_lock(trip.recipe)
    assert old is not None
    before = trip.lock.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        with pytest.raises(StoreError) as failure:
            write_lock(trip.recipe, replace(old.lock, release="9.9.9"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert failure.value.diagnostics[0].code == "disk-full"
    assert trip.lock.read_bytes() == before
    assert [file.name for file in trip.folder.iterdir() if file.name.endswith(".part")] == []
