"""The stand-in is as unpleasant as cgpu itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.upscale.hosts.cgpu_fixture import StandIn, install_stand_in
from tests.upscale.hosts.cgpu_stand_in import CUT, LONGEST, MODES

BANNER = "Authenticated as Stand In <stand-in@example.com>\n"


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return install_stand_in(tmp_path, monkeypatch)


def cgpu(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("cgpu", *words), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=20
    )


@pytest.mark.usefixtures("stand_in")
def test_a_status_is_passed_on() -> None:
    assert cgpu("run", "--", "( exit 7 )").returncode == 7


@pytest.mark.usefixtures("stand_in")
def test_a_command_that_exits_takes_its_status_along() -> None:
    done = cgpu("run", "--", "exit 3")
    assert (done.returncode, done.stderr.strip()) == (1, CUT)


@pytest.mark.usefixtures("stand_in")
def test_empty_lines_vanish_and_both_outputs_are_one() -> None:
    shown = cgpu("run", "--", r"printf 'a\n\n\nb'; echo c >&2").stdout
    assert shown.startswith(BANNER)
    assert shown.endswith("a\nbc\n")


@pytest.mark.usefixtures("stand_in")
def test_some_lines_vanish() -> None:
    shown = cgpu("run", "--", r"printf 'a\nexit\nlogout\nstty -echo\nb\n'").stdout
    assert shown.endswith("a\nb\n")


@pytest.mark.usefixtures("stand_in")
def test_what_is_typed_shows_in_some_calls_only() -> None:
    shown = ["__COLAB_CLI_STATUS" in cgpu("run", "--", "echo hello").stdout for _ in MODES]
    assert shown == [mode == "echo" for mode in MODES]


@pytest.mark.usefixtures("stand_in")
def test_the_other_words_are_quoted_and_the_first_is_not() -> None:
    shown = cgpu("run", "echo $((1+1))", "$((1+1))").stdout
    assert shown.endswith("2 $((1+1))\n")


@pytest.mark.usefixtures("stand_in")
def test_options_are_swallowed() -> None:
    assert cgpu("run", "bash", "-c", "echo", "one").returncode != 0  # bash has only `one` left to run
    assert cgpu("run", "--", "bash -c 'echo one'").stdout.endswith("one\n")


@pytest.mark.usefixtures("stand_in")
def test_a_very_long_line_is_cut_off_silently() -> None:
    done = cgpu("run", "--", f"head -c {LONGEST + 1000} /dev/zero | tr '\\0' x")
    assert done.returncode == 0
    assert max(map(len, done.stdout.split("\n"))) == LONGEST


def test_a_file_is_copied_over_another(stand_in: StandIn, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (stand_in.content / "there").write_text("old")
    done = cgpu("copy", str(tmp_path / "new"), f"/../{stand_in.content}/there")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{BANNER}Uploaded: new → ")
    assert (stand_in.content / "there").read_text() == "new"


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("new", "nowhere/there", "Upload failed (500 Internal Server Error): {"),
        ("new", "nowhere/there", "[Errno 2] No such file or directory: "),
        ("new", "", "[Errno 21] Is a directory: "),
        ("new", ".hidden", "Upload failed (400 Bad Request): {"),
        ("absent", "there", "ENOENT: no such file or directory, stat '/"),
        ("content", "there", ": not a file."),
    ],
)
def test_copy_refuses(stand_in: StandIn, tmp_path: Path, source: str, target: str, words: str) -> None:
    (tmp_path / "new").write_text("new")
    done = cgpu("copy", str(tmp_path / source), f"{stand_in.content}/{target}")
    assert done.returncode == 1
    assert words in done.stderr
