"""The program's first moment and its last: Ctrl-C ends it without a word while Python imports its modules and clears up."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Runs the program. Nobody sees the traceback of a KeyboardInterrupt: before the program can take care of Ctrl-C, and
    when it has nothing to do any more, the signal ends the process as it does any other one."""
    # Who started this may have ignored it, which outlives exec; then no child could be waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # ignored, it stays so: `nohup`
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from montage_recipe.cli.main import main as program

    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        program()
    except KeyboardInterrupt:  # before the program looks after it
        sys.exit(130)
    finally:
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
