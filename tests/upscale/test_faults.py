"""Whatever happens on the way, what can finish finishes, with the same bytes, and leaves nothing behind.

`python -m tests.upscale.faults` does the same for hundreds of jobs and prints a table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upscale.faults import FOR_GOOD, run_many
from tests.upscale.hosts.sshd import hindrance

pytestmark = pytest.mark.ffmpeg


@pytest.mark.parametrize("colab", [False, True], ids=["ssh", "cgpu"])
def test_jobs_finish_under_a_hail_of_faults(colab: bool, tmp_path: Path) -> None:
    if reason := hindrance():
        pytest.fail(reason)
    result = run_many(tmp_path, jobs=1, workers=1, chance=0.3, seed=2, colab=colab, spared=FOR_GOOD)
    assert sum(result.faults.values()) > 1
    assert (result.finished, result.equal, result.taken_over) == (1, 1, 0), result.errors
    assert result.done_twice == 0
    assert (result.left_on_host, result.left_processes) == (0, 0)
    assert colab or result.left_to_later == 0  # without a login nothing can be removed there
