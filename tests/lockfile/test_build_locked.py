"""`build --locked`: what is not as the lock says is not built from."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.compiler import compile_recipe
from montage_recipe.diagnostics import RecipeError
from tests.endtoend import footage
from tests.endtoend.commands import Done
from tests.endtoend.recipes import movie
from tests.engines import ENGINES
from tests.lockfile.scene import Scene, font_of_another_edition, scene

pytestmark = pytest.mark.ffmpeg
OTHERS = [engine for engine in ENGINES if engine.build_id != ENGINES[0].build_id]


def locked(folder: Path, *, upscale: bool = False) -> Scene:
    made = scene(folder, upscale=upscale)
    assert made.run("lock").status == 0
    return made


def assert_refused(done: Done, trip: Scene, code: str, *texts: str) -> None:
    """By one fault that says which, before any job began."""
    assert done.status == 1
    faults = [event for event in done.events if event["event"] == "error"]
    assert [fault["code"] for fault in faults] == [code]
    for text in texts:
        assert text in faults[0]["message"]
    assert not any(event["event"] in ("build-started", "job-started") for event in done.events)
    assert not movie(trip.recipe).exists()
    said = trip.run("build", "--locked", "--dry-run").stderr
    assert said.count("error[") == (1 if code != "lock-ffmpeg-differs" else 0)


def test_what_is_as_locked_is_built(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    done = trip.run("build", "--locked", "--json")
    assert (done.status, done.codes) == (0, [])
    assert movie(trip.recipe).exists()


def test_a_touched_and_a_renamed_recipe_folder_change_nothing(tmp_path: Path) -> None:
    trip = locked(tmp_path / "films")
    (trip.folder / "a.mp4").touch()
    moved = Scene(recipe=trip.folder.rename(tmp_path / "moved") / "trip.yaml")
    assert moved.run("build", "--locked", "--dry-run").status == 0


def test_another_source_is_refused(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    footage.pattern(trip.folder / "a.mp4", seconds=0.2, size="32x18")  # the clip would also be too long for it
    done = trip.run("build", "--locked", "--json")
    assert_refused(done, trip, "lock-media-differs", "a.mp4: its content changed (sha256 ")
    assert (done.events[0]["file"], done.events[0]["line"]) == ("trip.yaml", 3)


@pytest.mark.skipif(not OTHERS, reason="there is only one ffmpeg here")
def test_another_ffmpeg_is_refused(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    done = trip.run("build", "--locked", "--json", engine=OTHERS[0])
    versions = f"ffmpeg: {ENGINES[0].version_text} -> {OTHERS[0].version_text}"
    assert_refused(done, trip, "lock-ffmpeg-differs", versions)


def test_another_font_is_refused(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    font_of_another_edition(trip.folder / "fonts" / "brand.ttf", revision=2.0)
    done = trip.run("build", "--locked", "--json")
    assert_refused(done, trip, "lock-font-differs", "fonts/brand.ttf: the font changed (sha256 ")


def test_another_built_in_font_is_refused(tmp_path: Path) -> None:
    """As if an older release of its package had been installed when the lock was written."""
    trip = locked(tmp_path)
    line = next(line for line in trip.lock.read_text().splitlines() if line.startswith('"NotoSans[wght].ttf"'))
    trip.edit(line, f'"NotoSans[wght].ttf" = {{name = "Noto Sans", sha256 = "{"ab" * 32}"}}')
    done = trip.run("build", "--locked", "--json")
    text = "NotoSans[wght].ttf (built-in font): the built-in font changed (sha256 abababababab… -> "
    assert_refused(done, trip, "lock-font-differs", text)


def test_other_weights_of_a_model_are_refused(tmp_path: Path) -> None:
    """As if the lock had been written by a release with other weights."""
    trip = locked(tmp_path, upscale=True)
    name = "realesr-animevideov3/realesr-animevideov3-x2.bin"
    line = next(line for line in trip.lock.read_text().splitlines() if line.startswith(f'"{name}"'))
    trip.edit(line, f'"{name}" = {{sha256 = "{"ab" * 32}"}}')
    done = trip.run("build", "--locked", "--json")
    text = f"{name}: the weights of the upscaling model changed (sha256 abababababab… -> 548a36f9c3f4…)"
    assert_refused(done, trip, "lock-model-differs", text)


def test_what_the_lock_does_not_have_is_refused(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    line = next(line for line in trip.lock.read_text().splitlines() if line.startswith('"a.mp4"'))
    trip.edit(f"{line}\n", "")
    done = trip.run("build", "--locked", "--json")
    assert_refused(done, trip, "not-in-lock", "a.mp4: not in trip.lock")


def test_what_only_the_lock_has_is_no_reason_to_refuse(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    trip.edit("[media]\n", f'[media]\n"gone.mp4" = {{sha256 = "{"ab" * 32}"}}\n')
    assert trip.run("build", "--locked", "--dry-run").status == 0


def test_without_a_lock_it_is_refused_with_the_cure(tmp_path: Path) -> None:
    trip = scene(tmp_path)
    done = trip.run("build", "--locked", "--json")
    assert_refused(done, trip, "lock-missing", "there is no trip.lock")
    assert "`montage-recipe lock trip.yaml`" in done.events[0]["hint"]


def test_without_the_flag_a_lock_says_nothing(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    trip.edit('montage-recipe = "0.1.0"', 'montage-recipe = "0.0.9"')
    assert trip.run("build", "--dry-run").status == 0


def test_somebody_elses_lock_is_read_in_their_folder_only(tmp_path: Path) -> None:
    trip = locked(tmp_path / "films")
    outside = tmp_path / "outside.lock"
    trip.lock.rename(outside)
    trip.lock.symlink_to(outside)
    done = trip.run("build", "--locked", "--json", "--untrusted")
    assert (done.status, done.codes) == (1, ["lock-unusable"])


def test_a_source_that_is_exchanged_after_the_look_at_the_lock_is_refused(tmp_path: Path) -> None:
    trip = locked(tmp_path)
    other = footage.pattern(tmp_path / "other.mp4", seconds=1, size="32x18")
    looks = 0

    def exchange() -> bool:
        """Asked once while the file is compared with the lock, then before it is probed."""
        nonlocal looks
        looks += 1
        if looks == 2:
            other.replace(trip.folder / "a.mp4")
        return False

    with pytest.raises(RecipeError) as failure:
        compile_recipe(trip.recipe, engine=ENGINES[0], stop=exchange, locked=True)
    assert [fault.code for fault in failure.value.diagnostics] == ["media-changed"]
