"""Which line of a log states the root, and what it is the root of."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from montage_recipe.cli.diagnose import command
from montage_recipe.upscale.causes import ALL_CAUSES, CAUSES, OK, UNKNOWN
from montage_recipe.upscale.diagnosis import diagnose
from montage_recipe.upscale.log_lines import log_lines, variants
from montage_recipe.upscale.rules import ALL_RULES
from montage_recipe.upscale.rules.words import words_of

OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.96 GiB. GPU 0 has a total capacity of 14.74 GiB"
LOGS = Path(__file__).with_name("logs.jsonl")
SHARED = Path(__file__).parents[3] / "shared" / "logs" / "failures.jsonl"
# What one log may be called by either of: whether a line was cut or refused, it cannot tell.
NEIGHBOURS = ({"connection-lost", "connection-closed", "connection-reset"},)


def corpus(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True, slots=True)
class Score:
    wrong_causes: list[str]
    wrong_roots: list[str]
    false_alarms: list[str]
    logs: int
    roots: int


def score(entries: Iterable[dict[str, Any]]) -> Score:
    wrong, roots, alarms, counts = [], [], [], Counter[str]()
    for entry in entries:
        found = diagnose(entry["log"], entry["exit_code"])
        counts["logs"] += 1
        if not _same(found.cause.name, entry["label"]):
            wrong.append(f"{entry['id']}: {entry['label']} was called {found.cause.name}: {found.root_line[:120]}")
            if entry["label"] == OK:
                alarms.append(wrong[-1])
        if entry["root_line"]:
            counts["roots"] += 1
            wanted = [line.text for line in log_lines(entry["root_line"])]
            if [found.root_line] != wanted:
                roots.append(f"{entry['id']}: {found.root_line[:160]!r} instead of {wanted}")
    return Score(wrong, roots, alarms, counts["logs"], counts["roots"])


def _same(one: str, other: str) -> bool:
    return one == other or any({one, other} <= group for group in NEIGHBOURS)


def test_the_logs_of_the_project_are_told_apart() -> None:
    """Each was written for this test, in the words of real programs of several versions."""
    entries = corpus(LOGS)
    assert {entry["label"] for entry in entries} == CAUSES.keys() - {UNKNOWN}
    found = score(entries)
    assert not found.false_alarms
    assert len(found.wrong_causes) <= 0.02 * found.logs, "\n".join(found.wrong_causes)
    assert len(found.wrong_roots) <= 0.05 * found.roots, "\n".join(found.wrong_roots)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="uses ../shared, which is not here")
@pytest.mark.parametrize("known_exit", [True, False], ids=["exit code known", "exit code unknown"])
def test_real_failure_logs_are_told_apart(known_exit: bool) -> None:
    entries = [entry if known_exit else entry | {"exit_code": None} for entry in corpus(SHARED)]
    found = score(entries)
    assert not found.false_alarms
    assert len(found.wrong_causes) <= 0.05 * found.logs, "\n".join(found.wrong_causes)
    assert len(found.wrong_roots) <= 0.1 * found.roots, "\n".join(found.wrong_roots)


def test_every_rule_names_a_cause_and_every_cause_has_a_rule() -> None:
    by_cause = defaultdict(list)
    for rule in ALL_RULES:
        by_cause[rule.cause].append(rule)
        assert rule.seen
    assert by_cause.keys() == CAUSES.keys() - {OK, UNKNOWN}


def test_a_rule_is_not_passed_over_where_its_pattern_is_found() -> None:
    texts = {text for entry in corpus(LOGS) for line in log_lines(entry["log"]) for text in variants(line.text)}
    found = Counter(
        any(word in text.lower() for word in rule.words)
        for text in texts
        for rule in ALL_RULES
        if rule.pattern.search(text)
    )
    assert found[True] > 1500
    assert not found[False]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?:abc){0}x_y", {"x_y"}),
        (r"abcd?|E\d\d", set()),
        (r"(?i)a (?P<what>GPU|CUDA) (?=device)", {"gpu", "cuda"}),
        (r"\[a\]{2} [bcd]ef", {"[a]"}),
        (r"abc+d", {"abc"}),
    ],
)
def test_words_are_those_that_a_pattern_cannot_do_without(pattern: str, words: set[str]) -> None:
    assert words_of(pattern) == words


@pytest.mark.parametrize("pattern", [r"\x41bcd", r"(?x)foo bar", r"(?>foo)", r"(foo)\1", r"\N{BULLET}abc"])
def test_a_pattern_whose_words_are_not_known_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="what is meant by"):
        words_of(pattern)


def test_causes_say_what_to_do() -> None:
    assert len(CAUSES) == len(ALL_CAUSES)
    assert all(cause.title and cause.remedy for cause in ALL_CAUSES)
    assert CAUSES["session-lost"].again == "the same again may work"
    assert CAUSES["bad-arguments"].again == "the same again would fail again"
    assert [cause.name for cause in ALL_CAUSES if not cause.again] == ["ok", "unknown"]


RETRIED = "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(\"Read timed out.\")': /simple/ncnn/"
MISSING = "ERROR: No matching distribution found for ncnn==9"


@pytest.mark.parametrize(
    ("log", "cause", "root"),
    [
        (f"{RETRIED}\nCollecting ncnn\n{MISSING}", "pip-no-match", MISSING),
        (
            "Stored session invalid, forcing login\nAuthenticated as user\nFailed to create remote terminal: Not Found",
            "session-lost",
            "Failed to create remote terminal: Not Found",
        ),
        (
            "Error: read ECONNRESET\nAuthenticated as user\nFailed to create remote terminal: Not Found",
            "session-lost",
            "Failed to create remote terminal: Not Found",
        ),
    ],
)
def test_what_was_tried_again_and_done_is_no_root(log: str, cause: str, root: str) -> None:
    found = diagnose(log, 1)
    assert (found.cause.name, found.root_line) == (cause, root)


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (f"{RETRIED}\n{MISSING}", "connection-timeout"),
        ("Failed to create remote terminal: Not Found\nAuthenticated as user", "session-lost"),
        ("curl: (6) Could not resolve host: models.lan\nCollecting ncnn\nx: command not found", "dns-failure"),
        (f"{RETRIED}\nCollecting environment information...\nTerminated", "connection-timeout"),
    ],
)
def test_what_nothing_shows_to_be_over_stays_the_root(log: str, cause: str) -> None:
    assert diagnose(log, 1).cause.name == cause


@pytest.mark.parametrize(
    "harmless",
    [
        "'rocm-smi' is not recognized as an internal or external command,",
        "Failed to initialize NVML: Unknown Error",
        "[ExpandableSegmentVA] cuMemAddressReserve ok 20 GiB",
        "A module that was compiled using NumPy 1.x cannot be run in\nUserWarning: _ARRAY_API not found",
    ],
)
def test_what_may_be_harmless_gives_way_to_an_error(harmless: str) -> None:
    assert diagnose(f"{harmless}\n{OOM}", 1).cause.name == "cuda-oom"


def test_of_modules_that_are_tried_in_turn_the_last_is_missing() -> None:
    one, other = (f"ModuleNotFoundError: No module named '{name}'" for name in "ab")
    handling = "During handling of the above exception, another exception occurred:"
    assert diagnose(f"{one}\n\n{handling}\n\n{other}", 1).root_line == other
    assert diagnose(f"{one}\n\n{other}", 1).root_line == one
    assert diagnose(f"{one}\n\n{handling}\n\nSystemExit: 1\nRuntimeError: 1\n{other}", 1).root_line == one


@pytest.mark.parametrize(
    ("log", "cause", "root"),
    [
        (f"frame=   12 fps=3.1 q=-0.0 size=     256kB speed=1.09x    {OOM}\nConversion failed!", "cuda-oom", OOM),
        (f"\x1b[1;31m{OOM}\x1b[m\r\n", "cuda-oom", OOM),
        (
            f"    title           : {OOM}\nbash: line 1: ffmpeg: command not found",
            "command-missing",
            "bash: line 1: ffmpeg: command not found",
        ),
        (f"Input #0, mov, from '{OOM}.mp4':\nUnknown encoder 'x'", "encoder-missing", "Unknown encoder 'x'"),
        (f'{OOM}\n{{"ev": "progress", "done": 8}}\nSegmentation fault', "segfault", "Segmentation fault"),
        (
            f"{OOM}, retrying with tile 256\nRuntimeError: CUDA error: device-side assert triggered",
            "cuda-device-assert",
            "RuntimeError: CUDA error: device-side assert triggered",
        ),
        (
            f'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    raise E("{OOM}")\nMemoryError',
            "host-oom",
            "MemoryError",
        ),
    ],
    ids=["behind progress", "in colours", "metadata", "a file's name", "survived", "tried again", "a line of source"],
)
def test_a_line_counts_only_where_a_program_says_it_of_its_end(log: str, cause: str, root: str) -> None:
    found = diagnose(log, 1)
    assert (found.cause.name, found.root_line) == (cause, root)


@pytest.mark.parametrize(
    "wrapper",
    [
        "Mar 03 22:10:14 node7 upscale[2231]: {}",
        "upscale-1  | {}",
        "2026-01-01T00:00:00.000000000Z stderr F {}",
        "[1,0]<stderr>:{}",
        "2026-03-02 11:20:01.771 | ERROR    | app.main:run:33 - {}",
        "2026-03-02 11:20:01,771 - sr.worker - ERROR - {}",
        "2026-03-02 11:20:01 ERROR [main] sr - {}",
        "(worker pid=312) {}",
        "[2026-04-20, 08:00:00 UTC] {{subprocess.py:93}} INFO - {}",
        'time="2026-03-02T11:20:01Z" level=error msg="{}"',
        '{{"stream": "stderr", "log": "{}\\n"}}',
        "    {}",
    ],
)
def test_what_is_written_in_front_of_each_line_hides_nothing(wrapper: str) -> None:
    said = ("Traceback (most recent call last):", '  File "a.py", line 3, in f', f"    raise E('{OOM}')", "MemoryError")
    escaped = [line.replace('"', '\\"') if 'msg="' in wrapper or '"log"' in wrapper else line for line in said]
    found = diagnose("\n".join(wrapper.format(line) for line in escaped), 1)
    assert (found.cause.name, found.root_line) == ("host-oom", wrapper.format("MemoryError").strip())


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("UserWarning: The NVIDIA driver on your system is too old\nOSError: [Errno 28] No space left", "disk-full"),
        ("UserWarning: The NVIDIA driver on your system is too old\nTypeError: x", "driver-too-old"),
        (
            "debug3: no such identity: /home/u/.ssh/id_rsa: No such file\nu@h: Permission denied (publickey).",
            "auth-denied",
        ),
        ("no such identity: /home/u/.ssh/id_rsa: No such file\nu@h: Permission denied (publickey).", "key-missing"),
    ],
    ids=[
        "a warning before the root",
        "a warning is all",
        "one of the keys that ssh tried",
        "the key that was asked for",
    ],
)
def test_what_a_program_says_on_its_way_is_the_root_only_where_nothing_says_more(log: str, cause: str) -> None:
    assert diagnose(log, 1).cause.name == cause


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (None, OK),
        (0, OK),
        (1, UNKNOWN),
        (124, "timeout"),
        (127, "command-missing"),
        (137, "killed-sigkill"),
        (-15, "killed-term"),
    ],
)
def test_where_no_line_says_why_the_exit_status_does(status: int | None, cause: str) -> None:
    assert diagnose("frame 1\nframe 2\n", status).cause.name == cause


def test_status_0_means_ok_whatever_was_said_but_for_a_full_disk() -> None:
    assert diagnose(OOM, 0).cause.name == OK
    assert diagnose("Error writing trailer of out.mkv: No space left on device", 0).cause.name == "disk-full"


def test_a_good_end_means_ok_where_the_status_is_not_known() -> None:
    assert diagnose(f'{OOM}\n{{"ev": "end", "ok": true, "frames": 10}}').cause.name == OK


def test_at_most_ten_lines_are_shown_with_the_root_among_them() -> None:
    log = "\n".join([*(f"line {n}" for n in range(50)), OOM, *(f"after {n}" for n in range(50))])
    found = diagnose(log, 1)
    assert len(found.lines) <= 10 and OOM in found.lines and found.lines[-1] == "after 49"
    assert found.root_number == 51


def test_the_command_prints_one_object_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    file.write_text(f"one\n{OOM}\n")
    said = json.loads(CliRunner().invoke(command, [str(file), "--exit-code", "1", "--json"]).output)
    assert said == {
        "cause": "cuda-oom",
        "root_line": OOM,
        "transient": False,
        "remedy": CAUSES["cuda-oom"].remedy,
        "lines": ["one", OOM],
    }


def test_the_command_tells_people_where_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    file.write_text(f"one\n{OOM}\n")
    told = CliRunner().invoke(command, [str(file)]).output
    assert f"{file}:2: torch.OutOfMemoryError" in told and CAUSES["cuda-oom"].remedy in told


def test_a_flood_is_read_at_both_ends(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    file.write_bytes(b"x" * 79 + b"\n" + (b"\xff noise " * 100 + b"\n") * 12_000 + OOM.encode())
    told = CliRunner().invoke(command, [str(file)])
    assert told.exit_code == 0
    assert "cuda-oom" in told.output and "bytes between them were not" in told.output
    assert f"{file}: {OOM}"[:80] in told.output  # which line that is, nobody has counted


def test_a_large_log_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    file.write_text(("noise " * 100 + "\n") * 7000 + f"{OOM}\n" + "noise\n" * 3000)
    told = CliRunner().invoke(command, [str(file)])
    assert f"{file}:7001: {OOM}" in told.output


def test_a_log_that_is_not_there_is_wrong_usage() -> None:
    assert CliRunner().invoke(command, ["nowhere.log"]).exit_code == 2


@pytest.mark.parametrize(("exit_status", "cause"), [(None, "unknown"), (1, "unknown"), (0, "ok")])
def test_an_exception_that_ends_the_log_is_a_failure_whoever_raised_it(exit_status: int | None, cause: str) -> None:
    frames = 'Traceback (most recent call last):\n  File "/opt/a.py", line 3, in f\n    check(frame)\n'
    found = diagnose(f"{frames}ValueError: frame 12 has an odd width\n", exit_status)
    assert found.cause.name == cause
    assert found.root_line == ("" if cause == "ok" else "ValueError: frame 12 has an odd width")
    assert diagnose(f"{frames}ValueError: odd\nwent on without it\n").cause.name == "ok"
