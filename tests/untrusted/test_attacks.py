"""Recipes that attack, each refused with its reason; and those that are harmless, with the proof."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from montage_recipe.cli.main import main
from montage_recipe.codes import CODES
from tests.conftest import Golden
from tests.engines import ENGINES
from tests.untrusted.hostile import ATTACKS, CANARY, NAMES, Hostile, hostile

_PATIENCE_S = 60.0  # far more than any refusal takes; a bomb that goes off takes for ever


@pytest.fixture(scope="session")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return hostile(tmp_path_factory.mktemp("stranger"), ENGINES[0])


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("MONTAGE_FFMPEG", ENGINES[0].path)
    monkeypatch.setenv("MONTAGE_GPU_HOSTS", "studio=ssh:nobody@127.0.0.1:9")


def run(arguments: list[str]) -> int:
    """The program's exit status."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert isinstance(ending.value.code, int)
    return ending.value.code


def said(capfd: pytest.CaptureFixture[str], handed_in: Hostile) -> str:
    out, err = capfd.readouterr()
    return (out + err).replace(str(handed_in.folder), "FOLDER")


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_is_refused_with_its_golden(
    name: str, golden: Golden, handed_in: Hostile, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(handed_in.folder)
    before, begun = handed_in.foreign(), time.monotonic()
    status = run(["validate", "--probe", "--untrusted", f"{name}.yaml"])
    text = said(capfd, handed_in)
    assert (status, "error[" in text) == (1, True), text
    golden.check(f"attacks/{name}.txt", text)
    for command in (["plan"], ["build", "--json"]):
        assert run([*command, "--untrusted", f"{name}.yaml"]) == 1
        text += said(capfd, handed_in)
    assert CANARY not in text
    assert handed_in.foreign() == before
    assert not (handed_in.folder / "dist").exists()
    assert time.monotonic() - begun < _PATIENCE_S


def test_every_answer_belongs_to_an_attack(golden: Golden) -> None:
    golden.check_no_orphans("attacks/*.txt", {f"attacks/{name}.txt" for name in NAMES})


def test_there_are_many_attacks() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_every_refusal_has_a_place_a_code_and_a_cure(name: str) -> None:
    text = (ATTACKS / f"{name}.txt").read_text(encoding="utf-8")
    faults = text.split("\n\n")[:-1]
    assert faults
    for fault in faults:
        found = re.match(r"\S+:\d+:\d+: (?:error|warning)\[([a-z0-9-]+)\]", fault)
        assert found and found[1] in CODES, fault
        assert "\n  help: " in fault, fault
