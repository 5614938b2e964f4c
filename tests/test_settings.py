"""Settings come from four places, and every wrong one is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from montage_recipe.diagnostics import SettingsError
from montage_recipe.settings import GIB, load_settings, parse_size, user_file


def load(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None, **flags: Any) -> Any:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return load_settings(flags, environment=environment or {}, file=file)


def test_each_place_goes_before_the_one_before_it(tmp_path: Path) -> None:
    text = 'jobs = 1\ncache_limit = "1G"\nmemory_limit = "1G"\nffmpeg = "ffmpeg"\n'
    environment = {"MONTAGE_JOBS": "2", "MONTAGE_CACHE_LIMIT": "2G"}
    settings = load(tmp_path, text, environment, jobs=3, memory_limit_bytes=None)
    assert (settings.jobs, settings.cache_limit_bytes, settings.memory_limit_bytes) == (3, 2 * GIB, GIB)
    assert [settings.origin(n) for n in ("jobs", "cache_limit_bytes", "memory_limit_bytes", "cache_dir")] == [
        "--jobs",
        "MONTAGE_CACHE_LIMIT",
        f"memory_limit in {tmp_path / 'settings.toml'}",
        "default",
    ]


def test_without_any_there_are_defaults(tmp_path: Path) -> None:
    settings = load_settings(environment={}, file=tmp_path / "absent.toml")
    assert (settings.ffmpeg, settings.cache_dir, settings.jobs, settings.memory_limit_bytes) == (None, None, None, None)
    assert settings.cache_limit_bytes == 20 * GIB
    assert user_file().name == "settings.toml"


def test_the_memory_limit_may_be_given_in_gigabytes_and_more_exactly(tmp_path: Path) -> None:
    assert load(tmp_path, environment={"MEMORY_LIMIT_GB": "1.5"}).memory_limit_bytes == 3 * GIB // 2
    both = {"MEMORY_LIMIT_GB": "1.5", "MONTAGE_MEMORY_LIMIT": "1G"}
    assert load(tmp_path, environment=both).memory_limit_bytes == GIB


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4G", 4 * GIB),
        ("512M", GIB // 2),
        ("1.5GiB", 3 * GIB // 2),
        ("10kb", 10240),
        ("7", 7),
        (7, 7),
        ("0", 0),
        (" 1T ", 1024 * GIB),
    ],
)
def test_sizes_are_read(text: str | int, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "4X", "-1", "4G\n4G", "1e9", "nan", "4 G", True, None, "4GG", "٤G\u0000"])
def test_what_is_no_size_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


WRONG = {
    "not TOML": "jobs = = 1\n",
    "unknown": "job = 1\n",
    "no number": 'jobs = "many"\n',
    "zero": "jobs = 0\n",
    "a truth": "jobs = true\n",
    "no size": 'cache_limit = "huge"\n',
    "no room": 'cache_limit = "0"\n',
    "no program": "ffmpeg = 9\n",
    "no folder": 'cache = ""\n',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_told_with_its_place_and_a_cure(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError) as failure:
        load(tmp_path, WRONG[name])
    assert len(failure.value.diagnostics) == 1
    assert "settings.toml" in failure.value.diagnostics[0].message
    assert failure.value.diagnostics[0].hint


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as failure:
        load(tmp_path, "jobs = 0\njob = 1\n", {"MONTAGE_JOBS": "x"}, memory_limit_bytes="y")
    assert len(failure.value.diagnostics) == 4
