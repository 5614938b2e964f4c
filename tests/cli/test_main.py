"""What each ending means: the exit status, and what a user sees of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from montage_recipe import __version__
from montage_recipe.cli import main as main_module
from montage_recipe.cli.main import COMMANDS, ExitCode, main
from montage_recipe.diagnostics import Diagnostic, Interrupted
from montage_recipe.render.hardware import SHARES


def status_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert isinstance(ending.value.code, int)
    return ending.value.code


def test_help_lists_every_command_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == ExitCode.OK
    shown = capsys.readouterr().out
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in shown
        assert line in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(name, "--help") == ExitCode.OK
    assert f"montage-recipe {name}" in capsys.readouterr().out


def test_build_says_which_shares_of_the_memory_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("build", "--help") == ExitCode.OK
    small, medium, large = (round(100 * share.of_free_memory) for share in SHARES.values())
    shown = " ".join(capsys.readouterr().out.split())
    assert f"default: {small}, {medium} or {large} % of what is free" in shown


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--version") == ExitCode.OK
    assert capsys.readouterr().out == f"montage-recipe {__version__}\n"


def test_a_mistyped_command_is_wrong_usage_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("biuld") == ExitCode.USAGE
    assert "did you mean `build`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [("build",), ("build", "a.yaml", "--nope"), ("plan", "a.yaml", "--stage", "nope"), ("completion", "tcsh")],
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert status_of(*arguments) == ExitCode.USAGE


def test_a_setting_that_cannot_be_used_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("build", "a.yaml", "--jobs", "none") == ExitCode.USAGE
    assert "--jobs" in capsys.readouterr().err


def test_a_recipe_that_fails_is_1_and_says_why(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert status_of("build", str(tmp_path / "missing.yaml")) == ExitCode.FAILED
    assert "error[unreadable-recipe]" in capsys.readouterr().err


def _raising(error: BaseException) -> click.Command:
    def fail() -> None:
        raise error

    return click.Command("fail", callback=fail)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> object:
    """Puts a command in the program's list that raises what it is told to."""

    def install(error: BaseException) -> None:
        module = type(sys)("tests_failing_command")
        module.command = _raising(error)  # type: ignore[attr-defined] # a module made on the spot
        monkeypatch.setitem(sys.modules, "tests_failing_command", module)
        monkeypatch.setitem(main_module.COMMANDS, "fail", ("tests_failing_command", "Fails."))

    return install


def test_a_bug_is_70_with_a_report_and_no_traceback(
    failing: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert callable(failing)
    failing(ZeroDivisionError("no way"))
    assert status_of("fail") == ExitCode.BUG
    shown = capsys.readouterr().err
    assert "montage-recipe has a bug: ZeroDivisionError: no way" in shown
    assert "Traceback" not in shown
    (report,) = tmp_path.glob("montage-recipe-bug-*.txt")
    assert str(report) in shown
    assert "Traceback" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), Interrupted([Diagnostic(code="interrupted", message="stopped")])]
)
def test_an_interruption_is_130(failing: object, error: BaseException) -> None:
    assert callable(failing)
    failing(error)
    assert status_of("fail") == ExitCode.INTERRUPTED


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("completion", shell) == ExitCode.OK
    assert "_MONTAGE_RECIPE_COMPLETE" in capsys.readouterr().out


def test_help_imports_nothing_that_is_slow() -> None:
    code = "import sys; from montage_recipe.cli.main import _run; _run(['--help']); print('loaded:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.partition("loaded:")[2].split())
    assert not loaded & {"av", "jsonschema", "yaml", "paramiko", "rich", "ffmpeg", "fontTools", "psutil", "sqlite3"}


def test_a_shell_is_told_the_commands_and_options_that_fit() -> None:
    def completed(words: str) -> list[str]:
        asking = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_MONTAGE_RECIPE_COMPLETE": "bash_complete"}
        program = str(Path(sys.executable).with_name("montage-recipe"))
        done = subprocess.run([program], env=os.environ | asking, capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert completed("montage-recipe va") == ["plain,validate"]
    assert completed("montage-recipe build --j") == ["plain,--jobs", "plain,--json"]


def test_ctrl_c_while_the_program_starts_ends_it_without_a_word() -> None:
    """By the signal itself, as it does any program that does not care for it; a shell says 130."""
    code = (
        "import builtins, os, signal\n"
        "from montage_recipe.cli.start import main\n"
        "real = builtins.__import__\n"
        "def slow(name, *rest):\n"
        "    if name == 'click': os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = slow\n"
        "main()\n"
    )
    heeded = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); exec(sys.argv.pop(1))"
    done = subprocess.run(
        (sys.executable, "-c", heeded, code, "--version"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_what_is_said_into_a_full_disk_is_a_fault_and_no_bug(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("montage-recipe")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            (program, "explain", "codes"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == ExitCode.FAILED
    assert done.stderr.startswith("error[disk-full]: cannot write what there is to say: the disk is full")
