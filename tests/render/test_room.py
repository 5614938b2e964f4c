"""Room on the disk: estimated before a build, watched while it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from montage_recipe.diagnostics import MontageError, StoreError
from montage_recipe.engine import Engine
from montage_recipe.jobs.model import JobKind, Plan
from montage_recipe.render.events import Event, JobFinished
from montage_recipe.render.room import Disk, RoomWatch, check_room, disk_of, needs_of
from montage_recipe.render.store import Store
from tests.render.factory import MIB, Recorder, montage, picture_job, sound_job
from tests.render.test_execute import build, temporary_files


def disk(free_bytes: int, *, size_bytes: int = 1000 * MIB, device: int = 1) -> Disk:
    return Disk(free_bytes=free_bytes, size_bytes=size_bytes, device=device)


def never_found(key: str) -> None:
    return None


def hour(output: Path) -> Plan:
    """Of pictures, and of samples."""
    sound = replace(sound_job(samples=3600 * 48000), kind=JobKind.SOUND)
    plan = montage(output, [picture_job(frames=90_000)])
    return replace(plan, jobs=(sound, *plan.jobs))


def codes(free_bytes: int, output: Path) -> list[str]:
    plan = hour(output)
    room = check_room(plan, plan.jobs, Path("/store"), never_found, look=lambda folder: disk(free_bytes))
    return [fault.code for fault in room]


def test_what_surely_does_not_fit_is_refused_and_what_may_not_is_warned_of(tmp_path: Path) -> None:
    output = tmp_path / "film.mp4"
    needs = needs_of(hour(output).jobs, never_found)
    samples = 3600 * 48000 * 8
    pictures = 90_000 * 64 * 36 * 0.2 / 8
    assert sum(need.expected for need in needs.values()) == pytest.approx(samples + 2 * pictures, rel=0.01)
    reserve = 10 * MIB  # a hundredth of the disk
    with pytest.raises(StoreError) as failure:
        codes(samples + reserve, output)
    (fault,) = failure.value.diagnostics
    assert fault.code == "disk-full" and "/store" in fault.message and "--cache DIR" in fault.hint
    assert codes(samples + reserve + int(0.1 * pictures), output) == ["disk-may-fill"]
    assert codes(samples + reserve + int(2.1 * pictures), output) == []


def test_store_and_output_on_two_disks_are_looked_at_apart(tmp_path: Path) -> None:
    plan = hour(tmp_path / "film.mp4")

    def look(folder: Path) -> Disk:
        return disk(0, device=2) if folder == tmp_path else disk(10_000 * MIB)

    with pytest.raises(StoreError) as failure:
        list(check_room(plan, plan.jobs, Path("/store"), never_found, look=look))
    assert [str(tmp_path) in fault.message for fault in failure.value.diagnostics] == [True]


def test_what_the_store_has_need_not_be_written_but_is_part_of_the_join(tmp_path: Path) -> None:
    segment = picture_job(frames=100)
    plan = montage(tmp_path / "film.mp4", [segment])
    (tmp_path / "object").write_bytes(b"x" * 5000)
    needs = needs_of([plan.final], lambda key: tmp_path / "object")
    assert needs[plan.final.key].expected == 5000


def test_the_watch_sees_a_disk_that_is_nearly_full_and_remembers() -> None:
    free = [20 * MIB, 10 * MIB, 500 * MIB]
    watch = RoomWatch((Path("/store"),), look=lambda folder: disk(free.pop(0)))
    watch.heed()
    assert [watch.is_short() for _ in range(3)] == [False, True, True]
    with pytest.raises(StoreError) as failure:
        watch.heed()
    assert [d.code for d in failure.value.diagnostics] == ["disk-full"]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("small_disk", ["16m"], indirect=True)
def test_a_build_ends_before_the_disk_is_full_and_goes_on_with_room(
    any_engine: Engine, tmp_path: Path, output: Path, small_disk: Path
) -> None:
    """Something else fills the disk of the store up to the reserve after the first job, while one of a minute runs."""
    root, ballast = small_disk / "store", small_disk / "ballast"
    plan = montage(output, [picture_job(0), picture_job(1, frames=1500, realtime=True)])

    def fill(event: Event) -> None:
        if isinstance(event, JobFinished) and not ballast.exists():
            ballast.write_bytes(b"x" * (disk_of(small_disk).free_bytes - 120_000))  # less than a hundredth is left

    with pytest.raises(MontageError) as failure:
        build(plan, root, any_engine, listener=Recorder(also=fill))
    assert [(d.code, "nearly full" in d.message) for d in failure.value.diagnostics] == [("disk-full", True)]
    assert temporary_files(root) == []
    assert not output.exists()
    ballast.unlink()
    with Store.open(root) as store:
        assert store.size().objects >= 1


@pytest.mark.ffmpeg
def test_a_build_that_may_not_fit_is_warned_of_and_made_where_it_fits(
    any_engine: Engine, output: Path, small_disk: Path
) -> None:
    """Black pictures take far less than expected."""
    listener = Recorder()
    plan = montage(output, [picture_job(0, frames=22_000, filters="drawbox@b=color=black:t=fill")])
    report = build(plan, small_disk / "store", any_engine, listener=listener)
    assert [warning.code for warning in report.warnings] == ["disk-may-fill"]
    assert output.stat().st_size > 0
