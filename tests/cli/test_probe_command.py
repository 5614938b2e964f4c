from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from montage_recipe.cli.probe import command
from montage_recipe.media.record import from_json
from tests.engines import ENGINES
from tests.media.odd_sources import ODD_SOURCES, build

SOURCES = {source.name: source for source in ODD_SOURCES}


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(SOURCES["rotated-90.mp4"], ENGINES[0].path, tmp_path_factory.mktemp("probe"))


@pytest.mark.ffmpeg
def test_people_get_the_facts_in_words(phone: Path) -> None:
    result = CliRunner().invoke(command, [str(phone)])
    assert result.exit_code == 0
    for words in ("h264, 160x90, shown turned by 90° clockwise", "25 a second", "aac, 48 kHz, stereo"):
        assert words in result.stdout


@pytest.mark.ffmpeg
def test_programs_get_exact_facts(phone: Path) -> None:
    result = CliRunner().invoke(command, ["--json", str(phone)])
    (entry,) = json.loads(result.stdout)["media"]
    facts = from_json(entry)
    assert facts.video is not None and facts.video.rotation == 90


@pytest.mark.ffmpeg
def test_an_unreadable_file_does_not_hide_the_others_and_the_status_is_1(phone: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "absent.mp4"), str(phone)])
    assert result.exit_code == 1
    assert "160x90" in result.stdout
    assert "missing-media" in result.stderr


@pytest.mark.ffmpeg
def test_faults_are_part_of_the_json(phone: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--json", str(tmp_path / "absent.mp4"), str(phone)])
    data = json.loads(result.stdout)
    assert [fault["code"] for fault in data["diagnostics"]] == ["missing-media"]
    assert len(data["media"]) == 1
