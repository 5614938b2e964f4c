from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from montage_recipe.cli.doctor import command
from tests.engines import ENGINES


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the person who runs the tests."""
    monkeypatch.delenv("MONTAGE_FFMPEG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.ffmpeg
def test_a_usable_machine_is_described_and_the_status_is_0(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--json"])
    data = json.loads(result.stdout)
    assert (result.exit_code, data["ok"], data["diagnostics"]) == (0, True, [])
    assert data["engine"]["origin"].startswith("imageio-ffmpeg")
    assert Path(data["font"]).is_file()
    assert data["store"]["path"] == str(tmp_path / ".montage")
    assert data["store"]["disk_free_bytes"] > 0 and data["memory_bytes"] > 0 and data["cores"] >= 1


@pytest.mark.ffmpeg
def test_what_the_engine_lacks_is_told_with_its_cost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    poor = tmp_path / "ffmpeg"
    poor.write_text(f"#!/bin/sh\n'{ENGINES[0].path}' \"$@\" | sed '/ zscale /d'\n")
    poor.chmod(0o755)
    monkeypatch.setenv("MONTAGE_FFMPEG", str(poor))
    result = CliRunner().invoke(command)
    assert result.exit_code == 0
    assert "filter zscale: no HDR (PQ, HLG) and wide-gamut footage" in result.stdout
    assert "from MONTAGE_FFMPEG" in result.stdout


def test_an_unusable_engine_is_a_fault_and_everything_else_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONTAGE_FFMPEG", "/no/such/ffmpeg")
    result = CliRunner().invoke(command)
    assert result.exit_code == 1
    assert "engine-missing" in result.stderr
    assert "for a build" in result.stdout


def test_the_json_of_an_unusable_machine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONTAGE_FFMPEG", "/no/such/ffmpeg")
    data = json.loads(CliRunner().invoke(command, ["--json"]).stdout)
    assert (data["ok"], data["engine"]) == (False, None)
    assert data["diagnostics"][0]["code"] == "engine-missing"
