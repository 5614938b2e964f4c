"""Plans are run by real ffmpegs: what runs, what is reused, what is left when something goes wrong."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from montage_recipe.diagnostics import Interrupted, MontageError, RenderError
from montage_recipe.engine import Engine
from montage_recipe.jobs.loudness import measured
from montage_recipe.jobs.model import Expected, Plan
from montage_recipe.render.events import BuildStarted, Event, JobFinished, JobStarted, OutputFinished, Warned
from montage_recipe.render.execute import execute
from montage_recipe.render.ffmpeg_log import without_levels
from montage_recipe.render.memory import Limits
from montage_recipe.render.process import run
from montage_recipe.render.sources import stamps_of
from montage_recipe.render.store import Store
from montage_recipe.report.model import RenderReport, Status
from tests.processes import children
from tests.render.factory import (
    MIB,
    RATE,
    ROOMY,
    Recorder,
    copy_of,
    levelled_job,
    montage,
    picture_job,
    sound_job,
    waiting_for,
)

pytestmark = pytest.mark.ffmpeg


def build(
    plan: Plan,
    root: Path,
    engine: Engine,
    *,
    limits: Limits = ROOMY,
    listener: Recorder | None = None,
    stop: threading.Event | None = None,
) -> RenderReport:
    with Store.open(root) as store:
        return execute(
            plan,
            store=store,
            engine=engine,
            limits=limits,
            on_event=listener or Recorder(),
            stop=stop or threading.Event(),
        )


def temporary_files(root: Path) -> list[Path]:
    """Everything that only a running build may have."""
    return [path for path in (root / "runs").iterdir() if path.is_dir()] if (root / "runs").exists() else []


def test_a_plan_becomes_its_file(engine: Engine, tmp_path: Path, output: Path) -> None:
    report = build(montage(output, [picture_job(n) for n in range(3)]), tmp_path / "store", engine)
    assert output.stat().st_size > 0
    assert (report.status, report.frames, len(report.jobs), report.reused) == (Status.OK, 15, 4, 0)
    assert report.peak_child_rss_bytes > MIB
    assert report.peak_rss_bytes > report.peak_child_rss_bytes
    assert temporary_files(tmp_path / "store") == []
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_one_core_runs_the_jobs_in_the_order_of_the_plan(engine: Engine, tmp_path: Path, output: Path) -> None:
    listener = Recorder()
    plan = montage(output, [picture_job(n) for n in (2, 0, 1)])
    build(plan, tmp_path / "store", engine, limits=replace(ROOMY, jobs=1), listener=listener)
    assert listener.labels(JobStarted) == ["clip 3", "clip 1", "clip 2", "join"]


def test_the_same_bytes_come_from_one_job_at_a_time_and_from_four(engine: Engine, tmp_path: Path, output: Path) -> None:
    plan = montage(output, [picture_job(n) for n in range(5)])
    build(plan, tmp_path / "one", engine, limits=replace(ROOMY, jobs=1))
    once = output.read_bytes()
    build(plan, tmp_path / "four", engine, limits=replace(ROOMY, jobs=4))
    assert output.read_bytes() == once


def test_a_second_build_of_an_untouched_output_does_nothing(engine: Engine, tmp_path: Path, output: Path) -> None:
    plan = montage(output, [picture_job(n) for n in range(3)])
    build(plan, tmp_path / "store", engine)
    before = output.stat()
    report = build(plan, tmp_path / "store", engine)
    assert (len(report.jobs), report.reused) == (0, 4)
    assert output.stat().st_mtime_ns == before.st_mtime_ns


def test_a_touched_output_is_joined_again_from_the_store(engine: Engine, tmp_path: Path, output: Path) -> None:
    plan = montage(output, [picture_job(n) for n in range(3)])
    build(plan, tmp_path / "store", engine)
    good = output.read_bytes()
    output.write_bytes(b"spoiled")
    report = build(plan, tmp_path / "store", engine)
    assert ([job.label for job in report.jobs], report.reused) == (["join"], 3)
    assert output.read_bytes() == good


def test_only_the_segment_that_changed_runs_again(engine: Engine, tmp_path: Path, output: Path) -> None:
    build(montage(output, [picture_job(n) for n in range(4)]), tmp_path / "store", engine)
    listener = Recorder()
    changed = montage(output, [picture_job(0), picture_job(9), picture_job(2), picture_job(3)])
    report = build(changed, tmp_path / "store", engine, listener=listener)
    assert [job.label for job in report.jobs] == ["clip 10", "join"]
    reused = [e.label for e in listener.events if isinstance(e, JobFinished) and e.reused]
    assert reused == ["clip 1", "clip 3", "clip 4"]


def test_what_only_a_stored_job_needs_is_not_made(engine: Engine, tmp_path: Path, output: Path) -> None:
    mix = sound_job(samples=4800)
    level = waiting_for(sound_job(samples=2400), mix)
    plan = montage(output, [picture_job(0)])
    plan = replace(plan, jobs=(plan.jobs[0], mix, level, waiting_for(plan.final, level)))
    build(plan, tmp_path / "store", engine)
    output.unlink()
    with Store.open(tmp_path / "store") as store:
        store.forget(mix.key)
    report = build(plan, tmp_path / "store", engine)
    assert [job.label for job in report.jobs] == ["join"]


def test_a_torn_object_is_made_again(engine: Engine, tmp_path: Path, output: Path) -> None:
    segments = [picture_job(n) for n in range(2)]
    build(montage(output, segments), tmp_path / "store", engine)
    good = output.read_bytes()
    with Store.open(tmp_path / "store") as store:
        torn = store.find(segments[1].key)
    assert torn is not None
    os.truncate(torn, torn.stat().st_size // 2)
    output.unlink()
    report = build(montage(output, segments), tmp_path / "store", engine)
    assert [job.label for job in report.jobs] == ["clip 2", "join"]
    assert output.read_bytes() == good


def test_what_a_killed_build_left_is_swept_even_when_there_is_nothing_to_do(
    engine: Engine, tmp_path: Path, output: Path
) -> None:
    plan = montage(output, [picture_job(0)])
    build(plan, tmp_path / "store", engine)
    left = tmp_path / "store" / "runs" / "1-abc"
    left.mkdir()
    (left / "out.mp4").write_bytes(b"x" * 100)
    report = build(plan, tmp_path / "store", engine)
    assert (len(report.jobs), report.temp_files, report.temp_bytes) == (0, 1, 100)
    assert temporary_files(tmp_path / "store") == []


def test_loudness_is_measured_first_and_then_levelled(engine: Engine, tmp_path: Path, output: Path) -> None:
    level = levelled_job(samples=96000)
    plan = montage(output, [picture_job(0)])
    plan = replace(plan, jobs=(plan.jobs[0], level, waiting_for(plan.final, level)))
    listener = Recorder()
    build(plan, tmp_path / "store", engine, listener=listener)
    with Store.open(tmp_path / "store") as store:
        made = store.find(level.key)
    assert made is not None
    argv = (engine.path, "-nostdin", "-i", str(made), "-af", "ebur128=framelog=verbose:peak=true", "-f", "null", "-")
    log = run(argv, cwd=tmp_path, stop=lambda: False).stderr
    assert measured(without_levels(log)).integrated == pytest.approx(-16, abs=0.2)


def test_loudness_that_cannot_be_read_is_a_fault(engine: Engine, tmp_path: Path, output: Path) -> None:
    level = replace(
        levelled_job(samples=4800), measure=("-nostdin", "-f", "lavfi", "-i", "anullsrc=d=1", "-f", "null", "-")
    )
    plan = montage(output, [picture_job(0)])
    plan = replace(plan, jobs=(plan.jobs[0], level, waiting_for(plan.final, level)))
    with pytest.raises(RenderError) as failure:
        build(plan, tmp_path / "store", engine)
    assert [d.code for d in failure.value.diagnostics] == ["loudness-not-measured"]


def test_jobs_are_admitted_under_the_memory_limit(engine: Engine, tmp_path: Path, output: Path) -> None:
    own = psutil.Process().memory_info().rss
    running: set[str] = set()
    most = [0]

    def count(event: Event) -> None:
        if isinstance(event, JobStarted):
            running.add(event.key)
            most[0] = max(most[0], len(running))
        if isinstance(event, JobFinished):
            running.discard(event.key)

    plan = montage(output, [picture_job(n, memory_bytes=600 * MIB) for n in range(4)])
    # 80 % of it is room for two such jobs beside a Python that may grow by some megabytes, never for three.
    limits = Limits(jobs=4, memory_bytes=(own + 1500 * MIB) * 5 // 4)
    build(plan, tmp_path / "store", engine, limits=limits, listener=Recorder(count))
    assert most[0] == 2


def test_a_job_larger_than_the_limit_runs_alone_and_says_so(engine: Engine, tmp_path: Path, output: Path) -> None:
    listener = Recorder()
    plan = montage(output, [picture_job(n, memory_bytes=900 * MIB) for n in range(2)])
    limits = Limits(jobs=4, memory_bytes=psutil.Process().memory_info().rss + 700 * MIB)
    report = build(plan, tmp_path / "store", engine, limits=limits, listener=listener)
    codes = [event.diagnostic.code for event in listener.events if isinstance(event, Warned)]
    assert codes == ["job-over-memory-limit"]
    assert [warning.code for warning in report.warnings] == codes


def test_a_fault_ends_the_others_and_names_its_place(engine: Engine, tmp_path: Path, output: Path) -> None:
    at = ("clips", 1, "effects", 0)
    broken = picture_job(1, filters="crop@clips_1_effects_0=w=100:h=100", origins=(("clips_1_effects_0", at),))
    slow = picture_job(2, frames=1000, realtime=True)
    listener = Recorder()
    with pytest.raises(RenderError) as failure:
        build(montage(output, [slow, broken]), tmp_path / "store", engine, listener=listener)
    assert [(d.code, d.path) for d in failure.value.diagnostics] == [("ffmpeg-failed", at)]
    assert "Invalid too big or non positive size" in failure.value.diagnostics[0].message
    assert isinstance(listener.events[-1], OutputFinished)
    assert listener.events[-1].report.status is Status.FAILED
    assert listener.events[-1].report.wall_s < 20
    assert not output.exists()
    assert children() == []
    assert temporary_files(tmp_path / "store") == []


def test_what_finished_before_a_fault_is_kept(engine: Engine, tmp_path: Path, output: Path) -> None:
    broken = picture_job(1, filters="crop@x=w=100:h=100")
    with pytest.raises(RenderError):
        build(montage(output, [picture_job(0), broken]), tmp_path / "store", engine, limits=replace(ROOMY, jobs=1))
    report = build(montage(output, [picture_job(0), picture_job(1)]), tmp_path / "store", engine)
    assert report.reused == 1


def test_an_output_other_than_planned_is_refused_and_the_old_one_stays(
    engine: Engine, tmp_path: Path, output: Path
) -> None:
    output.parent.mkdir()
    output.write_bytes(b"the old one")
    plan = montage(output, [picture_job(0)])
    final = replace(plan.final, expected=Expected(frames=6, rate=RATE))
    with pytest.raises(RenderError) as failure:
        build(replace(plan, jobs=(*plan.jobs[:-1], final)), tmp_path / "store", engine)
    assert failure.value.diagnostics[0].code == "output-not-as-planned"
    assert "5 frames instead of 6" in failure.value.diagnostics[0].message
    assert output.read_bytes() == b"the old one"
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_a_segment_other_than_planned_is_not_kept(engine: Engine, tmp_path: Path, output: Path) -> None:
    wrong = picture_job(0, expected=Expected(frames=4))
    with pytest.raises(RenderError):
        build(montage(output, [wrong]), tmp_path / "store", engine)
    with Store.open(tmp_path / "store") as store:
        assert store.find(wrong.key) is None


@pytest.mark.parametrize("link", ["symbolic", "hard", "none"])
def test_an_output_that_is_a_source_is_refused(engine: Engine, tmp_path: Path, link: str) -> None:
    source = tmp_path / "footage.mp4"
    build(montage(source, [picture_job(0)]), tmp_path / "other", engine)
    content = source.read_bytes()
    output = source if link == "none" else tmp_path / "montage.mp4"
    if link == "symbolic":
        output.symlink_to(source)
    if link == "hard":
        output.hardlink_to(source)
    with pytest.raises(RenderError) as failure:
        build(montage(output, [copy_of(source, frames=5)]), tmp_path / "store", engine)
    assert failure.value.diagnostics[0].code == "output-is-source"
    assert source.read_bytes() == content


def test_a_source_that_changes_in_mid_build_is_refused(engine: Engine, tmp_path: Path, output: Path) -> None:
    source = tmp_path / "footage.mp4"
    build(montage(source, [picture_job(0)]), tmp_path / "other", engine)

    def change(event: Event) -> None:
        if isinstance(event, BuildStarted):
            source.write_bytes(source.read_bytes() + b"\0")

    with pytest.raises(RenderError) as failure:
        build(montage(output, [copy_of(source, frames=5)]), tmp_path / "store", engine, listener=Recorder(change))
    assert [d.code for d in failure.value.diagnostics] == ["source-changed"]
    assert not output.exists()


def test_a_source_that_is_gone_is_named(engine: Engine, tmp_path: Path, output: Path) -> None:
    job = copy_of(tmp_path / "gone.mp4", frames=5, content=b"")
    with pytest.raises(RenderError) as failure:
        build(montage(output, [job]), tmp_path / "store", engine)
    assert failure.value.diagnostics[0].code == "no-such-file"
    assert "gone.mp4" in failure.value.diagnostics[0].message


def test_stopping_leaves_no_child_and_no_temporary_file(engine: Engine, tmp_path: Path, output: Path) -> None:
    stop = threading.Event()

    def stop_it(event: Event) -> None:
        if isinstance(event, JobStarted):
            threading.Timer(0.5, stop.set).start()

    listener = Recorder(stop_it)
    plan = montage(output, [picture_job(n, frames=1000, realtime=True) for n in range(3)])
    with pytest.raises(Interrupted):
        build(plan, tmp_path / "store", engine, listener=listener, stop=stop)
    assert isinstance(listener.events[-1], OutputFinished)
    report = listener.events[-1].report
    assert report.status is Status.INTERRUPTED
    assert report.temp_files in (
        1,
        2,
    )  # what the running jobs had written; on a busy machine the second has nothing yet
    assert children() == []
    assert temporary_files(tmp_path / "store") == []
    assert not output.exists()


def test_a_listener_that_fails_ends_the_build_cleanly(engine: Engine, tmp_path: Path, output: Path) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, JobFinished):
            raise BrokenPipeError("the reader has gone")

    plan = montage(output, [picture_job(0), picture_job(1, frames=1000, realtime=True)])
    with pytest.raises(BrokenPipeError):
        build(plan, tmp_path / "store", engine, listener=Recorder(fail))
    assert children() == []
    assert temporary_files(tmp_path / "store") == []


def test_an_output_on_another_filesystem_is_complete_or_absent(engine: Engine, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second filesystem that everybody may write to")
    output = elsewhere / f"montage-test-{os.getpid()}" / "montage.mp4"
    plan = montage(output, [picture_job(0)])
    try:
        broken = replace(plan.final, expected=Expected(frames=99))
        with pytest.raises(RenderError):
            build(replace(plan, jobs=(*plan.jobs[:-1], broken)), tmp_path / "store", engine)
        assert list(output.parent.iterdir()) == []
        build(plan, tmp_path / "store", engine)
        assert [path.name for path in output.parent.iterdir()] == ["montage.mp4"]
        assert not output.is_symlink()
    finally:
        for path in output.parent.iterdir():
            path.unlink()
        output.parent.rmdir()


def test_a_folder_in_the_output_place_is_refused(engine: Engine, tmp_path: Path, output: Path) -> None:
    output.mkdir(parents=True)
    with pytest.raises(MontageError) as failure:
        build(montage(output, [picture_job(0)]), tmp_path / "store", engine)
    assert failure.value.diagnostics[0].code == "output-is-folder"


def damaged_in_place(part: Path) -> None:
    """Other bytes, the same size: only reading it tells."""
    part.write_bytes(b"\xa5" * part.stat().st_size)


def test_a_damaged_part_of_the_store_fails_one_build_and_is_made_anew_by_the_next(
    engine: Engine, tmp_path: Path, output: Path
) -> None:
    segments = [picture_job(n) for n in range(2)]
    plan = montage(output, segments)
    build(plan, tmp_path / "store", engine)
    good = output.read_bytes()
    with Store.open(tmp_path / "store") as store:
        part = store.find(segments[1].key)
    assert part is not None
    damaged_in_place(part)
    output.write_bytes(b"touched")
    with pytest.raises(RenderError) as failure:
        build(plan, tmp_path / "store", engine)
    assert "a part in the store was damaged" in failure.value.diagnostics[0].hint
    assert output.read_bytes() == b"touched"
    report = build(plan, tmp_path / "store", engine)
    assert [job.label for job in report.jobs] == ["clip 2", "join"]
    assert output.read_bytes() == good


def test_a_sound_part_does_not_pay_for_a_fault_of_the_job_that_reads_it(
    engine: Engine, tmp_path: Path, output: Path
) -> None:
    segment = picture_job(0)
    plan = montage(output, [segment])
    wrong = replace(plan, jobs=(segment, replace(plan.final, expected=Expected(frames=99))))
    with pytest.raises(RenderError) as failure:
        build(wrong, tmp_path / "store", engine)
    assert "store" not in failure.value.diagnostics[0].hint
    with Store.open(tmp_path / "store") as store:
        assert store.find(segment.key) is not None


def test_a_fault_of_our_own_closes_the_output_too(any_engine: Engine, tmp_path: Path, output: Path) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, JobStarted):
            raise ZeroDivisionError

    listener = Recorder(fail)
    with pytest.raises(ZeroDivisionError):
        build(montage(output, [picture_job(0)]), tmp_path / "store", any_engine, listener=listener)
    assert isinstance(listener.events[-1], OutputFinished)
    assert listener.events[-1].report.status is Status.FAILED


@pytest.mark.parametrize("new", ["same size and time", "another file"])
def test_a_source_that_changed_since_it_was_fingerprinted_is_refused(
    any_engine: Engine, tmp_path: Path, output: Path, new: str
) -> None:
    source = tmp_path / "footage.mp4"
    build(montage(source, [picture_job(0)]), tmp_path / "other", any_engine)
    job = copy_of(source, frames=5)
    sources = stamps_of([str(source)])
    times = source.stat()
    if new == "another file":
        build(montage(tmp_path / "new.mp4", [picture_job(1)]), tmp_path / "other", any_engine)
        (tmp_path / "new.mp4").replace(source)
    else:
        source.write_bytes(bytes(times.st_size))
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    with Store.open(tmp_path / "store") as store, pytest.raises(RenderError) as failure:
        execute(
            montage(output, [job]),
            store=store,
            engine=any_engine,
            limits=ROOMY,
            on_event=Recorder(),
            stop=threading.Event(),
            sources=sources,
        )
    assert [d.code for d in failure.value.diagnostics] == ["source-changed"]
    assert not output.exists()


def test_a_folder_whose_name_is_not_utf8_is_built_in(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    plan = montage(folder / "montage.mp4", [picture_job(0)])
    build(plan, folder / "store", engine)
    assert build(plan, folder / "store", engine).jobs == ()
