"""Settings come from four places, and every wrong one is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from montage_recipe.diagnostics import SettingsError
from montage_recipe.settings import GIB, Hardware, load_settings, parse_size, user_file


def load(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None, **flags: Any) -> Any:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return load_settings(flags, environment=environment or {}, file=file, dotenv=tmp_path / ".env")


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


def test_a_byte_order_mark_as_windows_editors_write_it_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\ufeffMONTAGE_JOBS=2\n", encoding="utf-8")
    settings = load(tmp_path, "\ufeffparallel_jobs = 3\n")
    assert (settings.jobs, settings.parallel_jobs) == (2, 3)


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


@pytest.mark.parametrize("text", ["9" * 400, "9" * 400 + "G", "9" * 5000 + "G", "8E", "8388608T", "1." + "0" * 5000])
def test_a_size_beyond_all_sense_is_refused_too(text: str) -> None:
    with pytest.raises(ValueError, match=r"is (not a size|more than there is anywhere): write 512M"):
        parse_size(text)


def test_sizes_are_exact() -> None:
    assert parse_size("9007199254740993") == 9007199254740993
    assert parse_size("8388607T") == 8388607 * 1024 * GIB


@pytest.mark.parametrize("text", ["8G", "0", "lots", "9" * 400])
def test_a_wrong_number_of_gigabytes_is_told_as_it_was_written(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environment={"MEMORY_LIMIT_GB": text})
    (fault,) = caught.value.diagnostics
    assert fault.message == f"MEMORY_LIMIT_GB: {text!r} is not a number of gigabytes"
    assert fault.hint == "write 8 or 1.5"


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000])
def test_a_number_beyond_all_sense_is_told_as_any_wrong_one(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not a number of them"):
        load(tmp_path, environment={"MONTAGE_JOBS": text})


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


GIVEN = {
    "MEMORY_LIMIT_GB": ("2", "memory_limit_bytes", 2 * GIB),
    "MAX_CLIPS_IN_RAM": ("6", "open_inputs", 6),
    "MAX_PARALLEL_JOBS": ("3", "parallel_jobs", 3),
    "PARALLEL_ENHANCE": ("2", "parallel_upscales", 2),
    "FFMPEG_PRESET": ("veryfast", "preset", "veryfast"),
    "AUTO_CLEANUP": ("no", "auto_cleanup", False),
    "CGPU_GPU_ENABLED": ("false", "cgpu", False),
    "UPSCALE": ("0", "upscale", False),
    "NUM_VARIANTS": ("2", "variants", 2),
    "VERBOSE": ("true", "verbosity", 1),
    "MONTAGE_HARDWARE": ("Small", "hardware", Hardware.SMALL),
}


@pytest.mark.parametrize("variable", GIVEN)
def test_every_variable_is_read_from_the_environment_and_from_a_dotenv(variable: str, tmp_path: Path) -> None:
    text, name, value = GIVEN[variable]
    settings = load(tmp_path, environment={variable: text})
    assert (getattr(settings, name), settings.origin(name)) == (value, variable)
    (tmp_path / ".env").write_text(f"# of this project\nOTHER=1\nexport {variable}='{text}'\n")
    settings = load(tmp_path)
    assert (getattr(settings, name), settings.origin(name)) == (value, f"{variable} in {tmp_path / '.env'}")


@pytest.mark.parametrize("variable", GIVEN)
def test_a_wrong_value_is_told_with_where_it_is(variable: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environment={variable: "-7"})
    (fault,) = caught.value.diagnostics
    assert fault.code == "bad-setting"
    assert fault.message.startswith(f"{variable}: '-7")
    assert fault.hint.startswith("write ")


def test_the_environment_goes_before_a_dotenv_and_that_before_the_user_s_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('MAX_PARALLEL_JOBS=2 # a comment\nNUM_VARIANTS="2"   # another\n')
    settings = load(tmp_path, "parallel_jobs = 1\nvariants = 1\nopen_inputs = 1\n", {"MAX_PARALLEL_JOBS": "3"})
    assert (settings.parallel_jobs, settings.variants, settings.open_inputs) == (3, 2, 1)


@pytest.mark.parametrize("variable", ["MONTAGE_FFMPEG", "MONTAGE_CACHE_DIR", "MONTAGE_UNTRUSTED"])
def test_a_dotenv_names_no_program_and_no_folder(variable: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{variable}=./evil\n")
    with pytest.raises(SettingsError, match="not taken from here"):
        load(tmp_path)


def test_enhancing_in_parallel_may_be_answered_by_yes_or_no(tmp_path: Path) -> None:
    assert load(tmp_path, environment={"PARALLEL_ENHANCE": "true"}).parallel_upscales is None
    assert load(tmp_path, environment={"PARALLEL_ENHANCE": "no"}).parallel_upscales == 1


@pytest.mark.parametrize(
    ("text", "environment", "flags", "untrusted"),
    [
        ("", {"MONTAGE_UNTRUSTED": "1"}, {}, True),
        ("", {"CI": "true"}, {}, True),
        ("", {"CI": "true", "MONTAGE_UNTRUSTED": "no"}, {}, False),
        ("untrusted = true", {}, {}, True),
        ("untrusted = true", {}, {"untrusted": False}, False),
    ],
)
def test_a_dotenv_counts_unless_recipes_are_somebody_else_s(
    text: str, environment: dict[str, str], flags: dict[str, Any], untrusted: bool, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("MONTAGE_JOBS=50\nMONTAGE_CACHE_DIR=/tmp\n" if untrusted else "MONTAGE_JOBS=50\n")
    settings = load(tmp_path, text, environment, **flags)
    assert settings.untrusted is untrusted
    assert (settings.jobs, [str(dotenv) in note for note in settings.notes]) == (
        (None, [True]) if untrusted else (50, [])
    )


def test_a_variable_that_is_nearly_one_of_ours_is_told(tmp_path: Path) -> None:
    others = (
        "GPU_HOSTS",
        "RECIPE_COMPLETE",
        "UID",
        "HOME",
        "ROOT",
        "TOKEN",
        "PORT",
        "URL",
        "DEBUG",
        "VERSION",
        "OUTPUT",
    )
    given = {"MONTAGE_PARALEL_JOBS": "3"} | {f"MONTAGE_{name}": "7" for name in others}
    assert load(tmp_path, environment=given).notes == (
        "MONTAGE_PARALEL_JOBS is no setting; MONTAGE_PARALLEL_JOBS is one",
    )


@pytest.mark.parametrize(("word", "text"), [("memory_limit", "4"), ("memory_limit", "1.5"), ("log_size", "50")])
def test_a_few_bytes_are_a_unit_that_is_missing(word: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, f"{word} = {text}")
    (fault,) = caught.value.diagnostics
    assert fault.hint == "write a unit with it, as in 512M or 4G"


def test_what_compose_has_taken_from_its_dotenv_is_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MONTAGE_UNTRUSTED=no\nMONTAGE_JOBS=2\n")
    settings = load(tmp_path, environment={"CI": "true", "MONTAGE_UNTRUSTED": "no", "MONTAGE_JOBS": "2"})
    assert (settings.untrusted, settings.origin("jobs"), settings.notes) == (False, "MONTAGE_JOBS", ())
