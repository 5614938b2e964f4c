"""The log of a run: every event, what ffmpeg said, no secret, and no more of it than is wanted."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.render.events import JobLogged, JobProgress, JobStarted, Warned
from montage_recipe.render.run_log import RunLog

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def log(folder: Path, *, runs: int = 10, size_bytes: int = 1 << 20, now: datetime = NOON, **environment: str) -> RunLog:
    return RunLog(folder, runs=runs, size_bytes=size_bytes, now=lambda: now, environment=environment)


def logged(said: str) -> JobLogged:
    argv = ("ffmpeg", "-i", "a b.mp4")
    return JobLogged(key="k" * 64, kind="video", argv=argv, status=0, said=said, wall_s=1.0, peak_rss_bytes=5)


def test_events_are_kept_as_they_come_but_for_progress(tmp_path: Path) -> None:
    kept = log(tmp_path)
    kept.hear(JobStarted(key="k", kind="video", label="clip 1", duration_s=1.0))
    kept.hear(JobProgress(key="k", done_s=0.5, speed=1.0))
    (line,) = (kept.folder / "run.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "at": "2026-11-27T12:00:00.000000Z",
        "event": "job-started",
        "key": "k",
        "kind": "video",
        "label": "clip 1",
        "duration_s": 1.0,
        "weight": 1.0,
    }
    kept.close()


def test_what_ffmpeg_said_has_a_file_of_its_own_with_the_command(tmp_path: Path) -> None:
    kept = log(tmp_path)
    kept.hear(logged("first"))
    kept.hear(logged("second"))
    kept.close()
    assert (kept.folder / "video-kkkkkkkkkkkk.log").read_text() == (
        "$ ffmpeg -i 'a b.mp4'\nfirst\n$ ffmpeg -i 'a b.mp4'\nsecond\n"
    )


def test_values_of_variables_that_are_called_like_secrets_are_masked_anywhere(tmp_path: Path) -> None:
    kept = log(tmp_path, COLAB_TOKEN="s3cr3t-value", PATH="/usr/bin", API_KEY="tiny")
    kept.hear(Warned(diagnostic=Diagnostic(code="x", message="said s3cr3t-value of /usr/bin, tiny", hint="")))
    kept.hear(logged("opening s3cr3t-value"))
    kept.close()
    text = "".join(file.read_text() for file in kept.folder.iterdir())
    assert "s3cr3t-value" not in text
    assert "/usr/bin, tiny" in text


def test_only_so_many_runs_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        log(tmp_path, runs=3, now=NOON + timedelta(minutes=number)).close()
    assert [run.name[:19] for run in sorted(tmp_path.iterdir())] == [
        f"2026-11-27T12-0{number}-00" for number in (2, 3, 4)
    ]


def test_old_runs_go_when_all_together_are_too_large(tmp_path: Path) -> None:
    for number in range(4):
        kept = log(tmp_path, size_bytes=2500, now=NOON + timedelta(minutes=number))
        kept.hear(logged("x" * 1000))
        assert not number or len(list(tmp_path.iterdir())) == min(number + 1, 3)
        kept.close()
    assert [run.name[14:16] for run in sorted(tmp_path.iterdir())] == ["02", "03"]


def test_a_run_that_has_written_its_share_keeps_the_end_of_what_is_said(tmp_path: Path) -> None:
    kept = log(tmp_path, size_bytes=10_000)
    for _ in range(50):
        kept.hear(logged("frame\n" * 1000 + "it failed"))
    kept.close()
    (file,) = kept.folder.glob("video-*.log")
    text = file.read_text()
    assert text.startswith("$ ffmpeg -i 'a b.mp4'\nframe")  # the first one fits
    assert text.count("it failed\n") == 50
    assert text.count("[4032 characters are left out: this run's log has reached `log_size`]\n") == 49
    assert len(text) < 49 * 2_100 + 7_000
    assert len((kept.folder / "run.jsonl").read_text().splitlines()) == 50


def test_what_is_left_out_leaves_no_half_of_a_secret(tmp_path: Path) -> None:
    kept = log(tmp_path, size_bytes=1, A_TOKEN="s3cr3t-value" * 200)
    kept.hear(logged("s3cr3t-value" * 200 + "!" * 1990))
    kept.close()
    assert "value" not in "".join(file.read_text() for file in kept.folder.iterdir())


def test_a_log_that_cannot_be_written_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    kept = log(tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, kept._file.fileno())
    os.close(full)
    for _ in range(2):
        kept.hear(JobStarted(key="k", kind="video", label="clip 1", duration_s=1.0))
    assert kept.fault is not None
    assert kept.fault.code == "disk-full"
    kept.close()
