"""Tests that run on fewer ffmpegs than they should do not pass for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_ci_refuses_to_test_on_one_ffmpeg_only() -> None:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MONTAGE_")}
    done = subprocess.run(
        (sys.executable, "-c", "import tests.engines"),
        env=kept | {"CI": "true", "PATH": "/nonexistent"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "CI tests on two ffmpegs, and here is only" in done.stderr
