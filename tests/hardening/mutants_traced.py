"""Sends mutants through the commands themselves, under strace: what is opened and connected to, by whatever is in them.

    python -m tests.hardening.mutants_traced --count 300 --seed 1

Python's own audit events, which `mutants` listens to, do not see what libraries open; the kernel does.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from montage_recipe.render.engine import find_engine
from tests.hardening.compiling import allowed_folders
from tests.hardening.drafts import RECIPE, ROOT
from tests.hardening.mutant_media import CANARY, make_place
from tests.hardening.mutating import Mutant, mutant
from tests.hardening.watching import Watch

_BATCH = 25  # recipes of one `validate`
_CALL = re.compile(r"\b(?P<call>open|openat|openat2|creat|connect)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_PATH = re.compile(r'"(?P<path>(?:[^"\\]|\\.)*)"')
_GOOD = ": no faults"

# What the system's loader, libraries and ffmpeg's own start look at, on any machine, for any command.
_SYSTEM = ("/etc/ld.so.cache", "/lib/", "/lib64/", "/usr/", "/proc/", "/sys/", "/dev/null", "/dev/urandom", "/etc/")


def traced(command: Sequence[str], folder: Path, log: Path) -> tuple[str, list[str]]:
    """What the command prints, and the calls it made: `open PATH`, `connect …`. It must neither crash nor report a bug."""
    argv = (
        "strace",
        "-f",
        "-qq",
        "-s",
        "4096",
        "-o",
        str(log),
        "-e",
        "trace=open,openat,openat2,creat,connect",
        *command,
    )
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
    said = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
    if done.returncode not in (0, 1):
        raise AssertionError(f"status {done.returncode} of {command}: {said[-2000:]}")
    return said, list(_calls(log.read_text(encoding="utf-8", errors="replace")))


def _calls(log: str) -> Iterator[str]:
    for line in log.splitlines():
        if (call := _CALL.search(line)) is None or (int(call["result"]) < 0 and call["call"] != "connect"):
            continue
        if call["call"] == "connect":
            yield f"connect {call['arguments']}"
        elif path := _PATH.search(call["arguments"]):
            yield f"open {path['path'].encode().decode('unicode_escape').encode('latin-1').decode('utf-8', 'replace')}"


def unexpected(calls: Sequence[str], allowed: Sequence[str], texts: str, folder: Path) -> Counter[str]:
    """The calls that no recipe has given a reason for: files outside of `allowed` that no text names, and connections."""
    found: Counter[str] = Counter()
    for call in calls:
        what, _, path = call.partition(" ")
        if what == "open":
            whole = str(folder / path)
            if (
                whole == str(ROOT)
                or any(f"{whole}/".startswith(prefix) for prefix in allowed)
                or (Path(path).name and Path(path).name in texts)
            ):
                continue
        found[call] += 1
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hardening.mutants_traced", description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    program = (str(Path(sys.executable).with_name("montage-recipe")),)
    with tempfile.TemporaryDirectory(prefix="traced-") as name, Watch() as watch:
        folder = Path(name)
        place = make_place(folder, port=watch.port)
        watch.add(folder / CANARY)
        python = (f"{sys.prefix}/", f"{sys.base_prefix}/")
        allowed = (*allowed_folders(folder, find_engine(None)), *_SYSTEM, *python)
        found: Counter[str] = Counter()
        opened = connected = plans = 0
        for first in range(0, given.count, _BATCH):
            mutants = [mutant(given.seed, number) for number in range(first, min(first + _BATCH, given.count))]
            texts = "\n".join(content.decode("utf-8", "replace") for one in mutants for content in one.files.values())
            folders = [_laid_out(one, place, folder / f"{first + n}") for n, one in enumerate(mutants)]
            recipes = [f"{one.name}/{RECIPE}" for one in folders]
            said, calls = traced((*program, "validate", "--probe", *recipes), folder, folder / "trace")
            good = [recipe for recipe in recipes if f"{recipe}{_GOOD}" in said]
            for recipe in good:
                told, more = traced((*program, "plan", "--stage", "jobs", recipe), folder, folder / "trace")
                assert told.startswith("#"), told[:500]
                calls += more
            plans += len(good)
            opened += sum(call.startswith("open") for call in calls)
            connected += sum(call.startswith("connect") for call in calls)
            found += unexpected(calls, allowed, texts, folder)
        touched = watch.touched()
    print(
        f"{given.count} recipes validated and {plans} of them planned: {opened:,} files opened, {connected} connections"
    )
    print("the canary was touched:", touched or "never")
    for call, count in found.most_common():
        print(f"unexpected, {count} times: {call}")
    return 1 if found or touched else 0


def _laid_out(one: Mutant, place: Path, folder: Path) -> Path:
    """A folder of the mutant's own, with all that lies beside a recipe."""
    folder.mkdir()
    for other in place.iterdir():
        (folder / other.name).symlink_to(other)
    for name, content in one.files.items():
        (folder / name).write_bytes(content)
    return folder


if __name__ == "__main__":
    sys.exit(main())
