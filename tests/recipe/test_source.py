"""Reading YAML: what values become, and where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.diagnostics import Diagnostic, RecipeError
from montage_recipe.recipe.source import LARGEST_FILE, read_recipe, read_source
from tests.recipe.making import FILE, codes_of, source_of


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("16:9", "16:9"),
        ("12:20", "12:20"),
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("-3", -3),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("2026-11-02", "2026-11-02"),
        ("=", "="),
        ("-3dB", "-3dB"),
        ('"5"', "5"),
        ("'true'", "true"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    read = source_of(f"value: {written}").data["value"]
    assert (read, type(read)) == (value, type(value))


def test_every_key_and_value_has_its_place() -> None:
    source = source_of("recipe: 1\nclips:\n  - {id: walk, src: a.mp4}\n")
    at = source.at(("clips", 0, "src"))
    assert (at.file, at.line, at.column, at.length, at.text) == (str(FILE), 3, 21, 5, "  - {id: walk, src: a.mp4}")
    assert (source.at_key(("clips", 0, "src")).column, source.at_key(("clips", 0, "src")).length) == (16, 3)


def test_a_place_that_does_not_exist_is_the_nearest_one_around_it() -> None:
    source = source_of("recipe: 1\nclips:\n  - {id: walk}\n")
    assert source.at(("clips", 0, "transition", "duration")) == source.at(("clips", 0))


def test_a_block_is_marked_by_its_first_line() -> None:
    source = source_of("clips:\n  - id: walk   # a comment\n    src: a.mp4\n")
    assert (source.at(("clips", 0)).column, source.at(("clips", 0)).length) == (5, len("id: walk"))


def test_columns_count_characters_and_not_bytes() -> None:
    assert source_of("{a: Žluťoučký, b: 1}").at(("b",)).column == 19


def test_windows_line_ends_and_a_byte_order_mark_change_no_place() -> None:
    source = read_source("\ufeffrecipe: 1\r\ntitle: Hello\r\n", FILE)
    assert (source.at(("title",)).line, source.at(("title",)).text) == (2, "title: Hello")


def test_a_located_diagnostic_stays_as_it_is() -> None:
    source = source_of("title: Hello\n")
    located = source.locate(Diagnostic(code="x", message="y", path=("title",)))
    assert located.location == source.at(("title",))
    assert source.locate(located) is located


def test_all_faults_of_one_reading_come_at_once() -> None:
    assert codes_of("a: .nan\nb: &x 1\nc: !t 2\na: 3\nd: *x\n") == [
        "bad-number",
        "yaml-alias",
        "yaml-tag",
        "duplicate-key",
        "yaml-alias",
    ]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("yaml-alias", "clips: [" + "*a," * 5000 + "]\n"),
        ("yaml-tag", "clips: [" + "!a b," * 5000 + "]\n"),
        ("duplicate-key", "clips: 1\n" * 5000),
        ("bad-number", "clips: [" + ".inf," * 5000 + "]\n"),
    ],
)
def test_of_very_many_faults_of_the_text_the_first_ones_are_told(code: str, text: str) -> None:
    assert codes_of(text) == [code] * 1000 + ["too-many-faults"]


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    assert set(codes_of("\n".join(lines))) == {"yaml-alias"}


def test_a_file_over_the_limit_is_refused() -> None:
    assert codes_of("a: " + "x" * LARGEST_FILE) == ["too-large"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_depth_is_a_fault_and_not_a_crash(text: str) -> None:
    assert codes_of(text) == ["too-deep"]


def test_a_missing_file_is_a_fault_with_the_name_of_the_file() -> None:
    with pytest.raises(RecipeError, match=r"cannot read nowhere/trip.yaml: there is no such file"):
        read_recipe(Path("nowhere/trip.yaml"))


def test_a_folder_is_not_a_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="it is a folder"):
        read_recipe(tmp_path)


def test_bytes_that_are_no_utf8_are_a_fault_in_their_line(tmp_path: Path) -> None:
    file = tmp_path / "trip.yaml"
    file.write_bytes(b"recipe: 1\ntitle: St\xe4dte\n")
    with pytest.raises(RecipeError) as caught:
        read_recipe(file)
    (fault,) = caught.value.diagnostics
    assert fault.code == "not-utf8"
    assert fault.location is not None and fault.location.line == 2
