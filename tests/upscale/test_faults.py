"""Whatever happens on the way, what can finish finishes, with the same bytes, and leaves nothing behind.

`python -m tests.upscale.faults` does the same for hundreds of jobs and prints a table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upscale.faults import run_many
from tests.upscale.hosts.sshd import hindrance

pytestmark = pytest.mark.ffmpeg


@pytest.mark.parametrize("colab", [False, True], ids=["ssh", "cgpu"])
def test_jobs_finish_under_a_hail_of_faults(colab: bool, tmp_path: Path) -> None:
    if reason := hindrance():
        pytest.fail(reason)
    jobs = 1 if colab else 2  # each call of the stand-in is a process
    result = run_many(tmp_path, jobs=jobs, chance=0.3, seed=7, colab=colab)
    assert sum(result.faults.values()) > jobs
    assert (result.finished, result.equal) == (jobs, jobs), result.errors
    assert result.done_twice == 0
    assert (result.left_on_host, result.left_processes) == (0, 0)
