"""Whatever is written in a recipe, the answer is a plan or diagnostics with a place, a cure and a code that is explained."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from montage_recipe.codes import ALL_CODES
from montage_recipe.compiler import compile_recipe
from montage_recipe.diagnostics import Diagnostic, Location, RecipeError
from montage_recipe.recipe.source import read_recipe, read_source
from montage_recipe.recipe.validate import examine
from montage_recipe.suggest import closest
from montage_recipe.titles.fonts import builtin_fonts
from tests.engines import ENGINES
from tests.hardening.compiling import explained, lines_of, wrong_place
from tests.hardening.drafts import RECIPE
from tests.hardening.mutants import Tally, send_all
from tests.hardening.mutating import KINDS, mutant
from tests.hardening.recipe_trees import tree_of, written
from tests.hardening.watching import Watch

COUNT = 240


@pytest.fixture(scope="module")
def tally(tmp_path_factory: pytest.TempPathFactory) -> Tally:
    folder = tmp_path_factory.mktemp("mutants")
    tally = Tally(seed=2, folder=folder / "failures")
    send_all(2, range(COUNT), 2, tally, folder)
    return tally


def test_every_mutant_is_answered_as_it_must_be(tally: Tally) -> None:
    assert tally.sorts == {}, f"see {tally.folder}"
    assert sum(row.count for row in tally.rows.values()) == COUNT


def test_mutants_are_of_all_kinds_and_come_to_all_stages(tally: Tally) -> None:
    assert set(tally.rows) == set(KINDS)
    codes = {code for row in tally.rows.values() for code in row.codes}
    assert {"yaml-syntax", "not-utf8", "unreadable-include", "wrong-kind", "unknown-clip", "missing-media"} <= codes
    assert sum(row.compiled for row in tally.rows.values()) > COUNT / 40


def test_a_mutant_is_decided_by_its_number() -> None:
    assert [mutant(5, number) for number in range(60)] == [mutant(5, number) for number in range(60)]


# --- that failures would be seen -------------------------------------------------------------------------------------


def test_a_diagnostic_outside_of_its_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(RECIPE).write_text("recipe: 1\nclips\n", encoding="utf-8")

    def told(line: int, column: int, code: str = "missing-key", hint: str = "add it", file: str = RECIPE) -> str:
        location = Location(file=file, line=line, column=column)
        return wrong_place(Diagnostic(code=code, message="a fault", hint=hint, location=location)).partition(":")[0]

    assert told(2, 6) == "" == told(3, 1)
    assert told(2, 7) == told(4, 1) == told(0, 1) == "outside of its file"
    assert told(1, 1, code="no-such-code") == "not explained"
    assert told(1, 1, hint="") == "without message or cure"
    assert told(1, 1, file="other.yaml") == "in no file"
    assert wrong_place(Diagnostic(code="missing-key", message="a", hint="b")).startswith("without a place")


def test_files_and_connections_that_nothing_asks_for_are_seen(tmp_path: Path) -> None:
    program = (
        "import sys, socket, pathlib\n"
        "from tests.hardening.compiling import Opened\n"
        "from tests.hardening.mutating import Mutant\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "for name in ('in/a', 'out/named', 'out/other'):\n"
        "    (folder / name).parent.mkdir(exist_ok=True)\n"
        "    (folder / name).touch()\n"
        "opened = Opened((f'{folder}/in/',))\n"
        "opened.listen()\n"
        "opened.begin(Mutant('x', {'m.yaml': b'include: ../out/named'}))\n"
        "for name in ('in/a', 'out/named', 'out/other'):\n"
        "    (folder / name).read_text()\n"
        "(folder / 'in/b').write_text('x')\n"
        "try:\n"
        "    socket.socket().connect(('127.0.0.1', 9))\n"
        "except OSError:\n"
        "    pass\n"
        "print([told.split()[-1].rpartition('/')[2] for told in opened.end() if 'open' in told])\n"
        "print(any('connect' in told for told in opened.end()))\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        (sys.executable, "-c", program), cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "['other', 'b']\nTrue\n"


def test_a_touched_canary_is_seen(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    with Watch() as watch:
        watch.add(tmp_path)
        assert watch.touched() == []
        (tmp_path / "secret").read_bytes()
        assert any(told.startswith("secret") for told in watch.touched())
        socket.create_connection(("127.0.0.1", watch.port)).close()
        assert any("a connection" in told for told in watch.touched())


# --- what would take minutes -------------------------------------------------------------------------------------------


def examined(data: object) -> tuple[Counter[str], float]:
    """How often each code is met, and the seconds of CPU that it took."""
    begun = time.process_time()
    found = examine(read_source(json.dumps(data), Path("m.yaml")), check_files=False).diagnostics
    return Counter(one.code for one in found), time.process_time() - begun


def test_many_slips_among_many_names_are_quick_to_tell() -> None:
    names = [f"walk{number}" for number in range(1500)]
    clips = [{"src": "a.mp4", "id": name} for name in names]
    titles = [{"text": "x", "start": f"{name.replace('al', 'la')}.start", "duration": 1} for name in names[:900]]
    codes, took_s = examined({"recipe": 1, "clips": clips, "titles": titles})
    assert codes == {"unknown-clip": 900}
    assert took_s < 10  # it was 50 s when each slip was compared with each name


def test_a_slip_of_a_letter_is_found_among_many_names() -> None:
    names = [f"beach-{number}" for number in range(500)]
    assert closest("baech-77", names) == closest("Beach_7x7", ["beach-77", *names]) == "beach-77"
    assert closest("mountain", names) is None


def test_variables_do_not_multiply_into_gigabytes() -> None:
    title = {"text": "${a}" * 200, "start": 0, "duration": 1}
    codes, took_s = examined(
        {"recipe": 1, "vars": {"a": "x" * 10_000}, "clips": [{"src": "a.mp4"}], "titles": [title] * 1000}
    )
    assert codes == {"too-large": 1}
    assert took_s < 2


def test_a_font_of_many_titles_is_read_once(tmp_path: Path) -> None:
    font = tmp_path / "fonts" / "own.ttf"
    font.parent.mkdir()
    shutil.copyfile(builtin_fonts()[0], font)
    title = {"text": "x", "start": 0, "duration": "1s", "font": "fonts/own.ttf"}
    sea = {"generate": "sea", "duration": "2s"}
    recipe = {"recipe": 1, "media": {"sea": sea}, "clips": [{"src": "sea"}], "titles": [title] * 50}
    (tmp_path / "m.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    with Watch() as watch:
        watch.add(font.parent)
        assert compile_recipe(tmp_path / "m.yaml", engine=ENGINES[0])
        assert sum(told.endswith("(mask 0x20)") for told in watch.touched()) == 1


def test_of_very_many_faults_the_first_thousand_are_told() -> None:
    codes, took_s = examined({"recipe": 1, "clips": ["x"] * 100_000})
    assert codes == {"wrong-kind": 1000, "too-many-faults": 1}
    assert took_s < 10


@pytest.mark.parametrize(
    ("clip", "code"),
    [({"src": "${absent}"}, "unknown-variable"), ({"src": "a.mp4", "in": "2s", "out": "1s"}, "out-before-in")],
)
def test_of_very_many_faults_of_what_is_meant_the_first_thousand_are_told_too(clip: object, code: str) -> None:
    codes, _ = examined({"recipe": 1, "clips": [clip] * 3000})
    assert codes == {code: 1000, "too-many-faults": 1}


# --- properties ------------------------------------------------------------------------------------------------------


def test_every_code_is_explained() -> None:
    assert {code.code for code in ALL_CODES} <= explained()


# What YAML takes as it is in double quotes: no control characters, halves of characters and non-characters.
LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufeff\x7f")
TEXTS = st.text(LETTERS, max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(lambda key: key != "<<"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS.filter(lambda key: key not in ("<<", "include", "clips")), TREES, max_size=4))
def test_data_written_as_json_is_read_back_as_it_was(data: dict[str, Any]) -> None:
    source = read_source(json.dumps(data, ensure_ascii=False), Path("m.yaml"))
    assert source.data == data
    assert {path for path, _ in below(data)} == set(source.places)
    for place in source.places.values():
        line = source.texts[Path("m.yaml")][place.value.line - 1]
        assert 1 <= place.value.column <= len(line)


def below(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in entries:
        yield from below(entry, (*path, name))


PIECES = st.sampled_from(
    ("recipe: 1\n", "clips:\n", "  - {src: a.mp4}\n", "- ", "{", "}", "[", "]", ": ", "? ", "|\n", ">-\n", "&a ", "*a", "<<: ",
     "!!str ", "%YAML 1.2\n", "---\n", "...\n", "\t", "\n", "\r", "\u0085", "\u2028", "\ufeff", "\0", '"', "'", "#",
     "${a}", "\\x")
)  # fmt: skip
RECIPES = st.binary(max_size=60) | st.lists(PIECES | TEXTS, max_size=14).map("".join).map(
    lambda text: text.encode("utf-8")
)


@settings(max_examples=300)
@given(RECIPES)
def test_any_bytes_are_answered_in_their_place(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any-bytes.yaml"
    file.write_bytes(raw)
    try:
        found = examine(read_recipe(file)).diagnostics
    except RecipeError as error:
        found = error.diagnostics
    assert [told for diagnostic in found if (told := wrong_place(diagnostic))] == []
    texts = lines_of(raw)
    for one in found:
        assert one.location
        # Not the text itself: what is invisible in it is shown as U+FFFD.
        assert len(one.location.text) in (0, len(texts[one.location.line - 1]))


@given(st.randoms(use_true_random=False), st.sampled_from(range(len(KINDS))))
def test_what_is_written_without_oddness_is_read_as_the_same_tree(chance: Any, number: int) -> None:
    """Otherwise mutants would be damaged by their writer, and not by their mutation."""
    text = "a: [1, {b: 'x: y', c: \"#\"}]\n'd e': {f: null, g: [], h: {}, i: \"1\"}\nj: word\n"
    tree = tree_of(text)
    assert read_source(written(tree, chance, 0), Path("m.yaml")).data == read_source(text, Path("m.yaml")).data
