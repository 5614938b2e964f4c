"""Programs that stand in for an ffmpeg that misbehaves in a way no real one does on demand."""

from __future__ import annotations

import sys
from pathlib import Path

PROGRAMS = {
    # 200 MB of messages, then a good end
    "flooding": "import sys\nfor _ in range(200): sys.stderr.write('[error] nonsense\\n' * 61681)\n",
    # as above, but it never ends
    "babbling": "import sys\nwhile True: sys.stderr.write('[error] nonsense\\n' * 4096)\n",
    "sleeping": "import time\ntime.sleep(600)\n",
    # does not listen to SIGTERM, and has a child that holds its pipes open
    "stubborn": (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('progress=continue', flush=True)\n"
        "time.sleep(600)\n"
    ),
    # ends well, but leaves a child behind that holds its pipes open
    "littering": (
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "sys.stderr.write('[info] good bye\\n')\n"
    ),
    "environment": "import os, sys\nsys.stderr.write(' '.join(f'{k}={v}' for k, v in os.environ.items()))\n",
    "silent": "",
    "closing": "import os, time\nos.close(1); os.close(2); time.sleep(0.5)\n",
}


def fake(folder: Path, name: str) -> str:
    """The path of a program that can be run in ffmpeg's place."""
    program = folder / name
    program.write_text(f"#!{sys.executable} -S\n{PROGRAMS[name]}")
    program.chmod(0o755)
    return str(program)
