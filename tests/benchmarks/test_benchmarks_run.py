"""The benchmarks run. What they measure is not tested: a test with times fails on a busy machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bench import montage_frames
from benchmarks.section import Claim

ROOT = Path(__file__).parents[2]


@pytest.mark.ffmpeg
def test_a_quick_run_writes_a_table_and_the_same_figures_as_json(tmp_path: Path) -> None:
    arguments = ("--quick", "--only", "scaling", "--scaling", "2,3", "--work", str(tmp_path))
    subprocess.run((sys.executable, "-m", "benchmarks", *arguments), cwd=ROOT, check=True, capture_output=True)
    data = json.loads((tmp_path / "results-scaling.json").read_text())
    rows = data["sections"]["scaling"]
    assert [(row["clips"], row["planned"], row["frames"]) for row in rows] == [(2, 105, 105), (3, 150, 150)]
    assert all(row["measured"]["ffmpeg_peak_bytes"] > 10_000_000 for row in rows)
    text = (tmp_path / "RESULTS-scaling.md").read_text()
    assert "## Scaling" in text and "## What is promised" in text and "`--quick`" in text
    assert data["machine"]["ffmpeg"] in text


@pytest.mark.ffmpeg
def test_a_promise_is_kept_up_to_its_limit_and_not_beyond() -> None:
    assert [Claim(text="", measured=value, limit=2).kept for value in (1.9, 2, 2.1)] == [True, True, False]
    assert [Claim(text="", measured=value, limit=2, at_least=True).kept for value in (1.9, 2, 2.1)] == [
        False,
        True,
        True,
    ]


def test_a_crossfade_takes_its_length_from_the_montage() -> None:
    assert montage_frames(5, fade_frames=15) == 240
    assert montage_frames(5, fade_frames=0) == 300
