"""What a build tells people and programs."""

from __future__ import annotations

import errno
import io
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from montage_recipe.diagnostics import Diagnostic, Severity, StoreError
from montage_recipe.render.events import (
    BuildStarted,
    Event,
    HostEntered,
    JobFinished,
    JobLogged,
    JobProgress,
    JobStarted,
    JobStopped,
    OutputFinished,
    Tally,
    Warned,
    summary,
)
from montage_recipe.render.progress import Details, Done, JsonLines, PlainLines, TerminalBars, ending_text
from montage_recipe.report.model import Cause, JobReport, MemoryRecord, RenderReport, Status, StoppedJob
from montage_recipe.upscale.telling import Computed, Phase

JOB = JobReport(key="k", kind="video", label="clip [1]", wall_s=1.5, cpu_s=1.0, peak_rss_bytes=100)
STOPPED = StoppedJob(
    key="k", label="clip [1]", cause=Cause.LIMIT, at_s=0.5, rss_bytes=2 << 20, total_bytes=3 << 20, again=True
)
STOPPED_JSON = {
    "key": "k",
    "label": "clip [1]",
    "cause": "limit",
    "at_s": 0.5,
    "rss_bytes": 2 << 20,
    "total_bytes": 3 << 20,
    "again": True,
}
REPORT = RenderReport(
    output=Path("/films/[a].mp4"),
    status=Status.OK,
    frames=50,
    duration=Fraction(2),
    jobs=(JOB,),
    reused=3,
    warnings=(),
    faults=(),
    wall_s=1.75,
    peak_rss_bytes=3 << 20,
    peak_child_rss_bytes=2 << 20,
    temp_files=4,
    temp_bytes=2048,
    memory=MemoryRecord(
        limit_bytes=4 << 20, points=((0.0, 1 << 20), (1.0, 3 << 20)), stopped=(STOPPED,), longest_gap_s=0.0512
    ),
)
EVENTS: tuple[Event, ...] = (
    BuildStarted(output="/films/[a].mp4", jobs=4, to_run=1, work_s=2.0),
    JobFinished(key="z", kind="video", label="clip 2", reused=True),
    JobStarted(key="k", kind="video", label="clip [1]", duration_s=2.0),
    JobProgress(key="k", done_s=1.0, speed=None),
    JobStopped(job=STOPPED),
    JobStarted(key="k", kind="video", label="clip [1]", duration_s=2.0),
    JobProgress(key="k", done_s=1.5, speed=2.0),
    Warned(diagnostic=Diagnostic(code="c", message="m", hint="h", path=("clips", 0), severity=Severity.WARNING)),
    JobFinished(key="k", kind="video", label="clip [1]", reused=False, wall_s=1.5, peak_rss_bytes=100),
    OutputFinished(report=REPORT),
    summary([REPORT], status=Status.OK),
)


class FullFile(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_events_that_find_no_room_are_a_fault_with_a_cure() -> None:
    with pytest.raises(StoreError) as failure:
        JsonLines(FullFile())(EVENTS[0])
    (fault,) = failure.value.diagnostics
    assert (fault.code, fault.message) == ("disk-full", "cannot write the events of --json: the disk is full")


def test_every_event_is_one_json_object_a_line() -> None:
    stream = io.StringIO()
    for event in EVENTS:
        JsonLines(stream)(event)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "build-started",
        "job-finished",
        "job-started",
        "job-progress",
        "job-stopped",
        "job-started",
        "job-progress",
        "warning",
        "job-finished",
        "output-finished",
        "summary",
    ]
    assert lines[0]["jobs"] == {"total": 4, "to_run": 1, "reused": 3}


def test_the_summary_is_exactly_this() -> None:
    assert summary([REPORT], status=Status.OK).as_json() == {
        "event": "summary",
        "status": "ok",
        "output": "/films/[a].mp4",
        "frames": 50,
        "duration_s": 2.0,
        "jobs": {"run": 1, "reused": 3},
        "wall_s": 1.75,
        "peak_rss_bytes": 3 << 20,
        "memory": {
            "limit_bytes": 4 << 20,
            "points": [[0.0, 1 << 20], [1.0, 3 << 20]],
            "stopped": [STOPPED_JSON],
            "longest_gap_s": 0.051,
        },
        "temp": {"files": 4, "bytes": 2048},
    }


def test_several_outputs_are_summed_up() -> None:
    both = summary([REPORT, REPORT], status=Status.FAILED, wall_s=9.0).as_json()
    assert both["output"] == ["/films/[a].mp4", "/films/[a].mp4"]
    assert (both["frames"], both["jobs"], both["wall_s"]) == (100, {"run": 2, "reused": 6}, 9.0)
    assert both["temp"] == {"files": 8, "bytes": 4096}
    assert both["peak_rss_bytes"] == 3 << 20
    assert both["memory"]["points"] == [[0.0, 1 << 20], [1.0, 3 << 20], [1.75, 1 << 20], [2.75, 3 << 20]]
    assert [job["at_s"] for job in both["memory"]["stopped"]] == [0.5, 2.25]


def test_a_summary_of_nothing_can_be_given() -> None:
    nothing = summary([], status=Status.FAILED).as_json()
    assert (nothing["output"], nothing["memory"]) == (None, None)


def test_a_tally_keeps_the_reports_and_passes_everything_on() -> None:
    heard: list[Event] = []
    tally = Tally(heard.append)
    for event in EVENTS:
        tally(event)
    assert tally.reports == [REPORT]
    assert heard == list(EVENTS)


def test_progress_counts_seconds_of_output() -> None:
    done = Done()
    shares = []
    for event in EVENTS:
        done(event)
        shares.append(done.done_s)
    assert shares == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.5, 1.5, 2.0, 2.0, 2.0]
    assert (done.finished, done.jobs) == (1, 1)


def test_an_upscaling_counts_by_its_weight() -> None:
    done = Done()
    done(BuildStarted(output="a.mp4", jobs=2, to_run=2, work_s=22.0))
    done(JobStarted(key="u", kind="upscale", label="2x upscaling of clip 1", duration_s=2.0, weight=10.0))
    done(JobStarted(key="k", kind="video", label="clip 1", duration_s=2.0))
    done(JobProgress(key="u", done_s=1.0, speed=None))
    assert done.done_s == 10.0
    done(JobFinished(key="u", kind="upscale", label="2x upscaling of clip 1", reused=False))
    done(JobFinished(key="k", kind="video", label="clip 1", reused=False))
    assert done.done_s == done.total_s


def test_plain_lines_are_few() -> None:
    lines: list[str] = []
    hours = iter(range(0, 100, 6))
    plain = PlainLines(lines.append, clock=lambda: float(next(hours)))
    for event in EVENTS:
        plain(event)
    assert lines[0] == "[a].mp4: 1 job to do, 3 done before"
    assert lines[1] == "  clip [1]: stopped at 2 MB because the memory limit was near; it runs again, alone"
    assert lines[2] == "  75%, 0 of 1 jobs done"
    assert lines[-1].startswith("/films/[a].mp4: 2.00 s, 50 frames, made in 1.8 s by 1 job (3 reused)")


ENTERED = HostEntered(key="k", label="clip [1]", host="studio", phase=Phase.COMPUTING, chunk=2, chunks=3)


def test_what_a_host_is_at_is_told() -> None:
    lines: list[str] = []
    PlainLines(lines.append)(ENTERED)
    assert lines == ["  clip [1], studio: computing, chunk 2 of 3"]
    stream = io.StringIO()
    with TerminalBars(Console(file=stream, force_terminal=True, width=100)) as bars:
        for event in (EVENTS[0], EVENTS[2], ENTERED):
            bars(event)
    assert "clip [1], studio: computing, chunk 2 of 3" in stream.getvalue()
    told = ENTERED.as_json()
    assert (told["event"], told["phase"], told["chunk"], told["chunks"]) == ("host-phase", "computing", 2, 3)


def test_a_run_that_only_enlarges_speaks_of_clips() -> None:
    computed = Computed(host="studio", device="CPU", frames=50, seconds=1.0, peak_bytes=1, tile=256, batch=1)
    report = replace(REPORT, only_upscalings=True, store=Path("/store"), jobs=(replace(JOB, computed=(computed,)),))
    assert ending_text(report) == (
        "for [a].mp4: 1 clip enlarged on studio, 3 found from before; they are kept in /store"
    )
    stopped = replace(report, status=Status.INTERRUPTED, jobs=(), reused=0)
    assert ending_text(stopped).startswith("for [a].mp4: interrupted; 0 clips enlarged, 0 found from before")
    told = summary([report], status=Status.OK).as_json()
    assert (told["output"], told["frames"], told["jobs"]) == (None, 0, {"run": 1, "reused": 3})


def test_bars_survive_names_that_look_like_markup() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100)
    with TerminalBars(console) as bars:
        for event in EVENTS:
            bars(event)
    assert "/films/[a].mp4: 2.00 s, 50 frames" in stream.getvalue().replace("\n", "")


def test_what_ran_is_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "tok-12345-secret")
    told: list[str] = []
    event = JobLogged(
        key="k",
        kind="video",
        argv=("ffmpeg", "-i", "https://joe:s3cret-pw@example.org/a.mp4"),
        status=1,
        said="got tok-12345-secret",
        wall_s=1.0,
        peak_rss_bytes=1,
    )
    Details(told.append, verbosity=2)(event)
    assert told == ["  $ ffmpeg -i 'https://joe:***@example.org/a.mp4'", "    got ***"]
