from __future__ import annotations

import re

import pytest

from montage_recipe.diff.formats import as_data, as_markdown, as_text
from montage_recipe.diff.model import Kind
from tests.diff.making import changes, diff_of, films

HEAD = "recipe: 1\ncanvas: {size: 320x180, fps: 30}\nclips: [{src: a.mp4}]\ntitles:\n"
BARE = "recipe: 1\ncanvas: {size: 320x180, fps: 30}\n"
HOSTILE = (
    "@everyone look",
    "see #1 and owner/name#2",
    "a `b` ``c``",
    "`",
    "``` x",
    "![x](https://example.org/x.png)",
    "<img src=x onerror=alert(1)>",
    "</code></pre><script>",
    "# heading | cell | **bold**",
    "$HOME \\` x",
)


def markdown(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    new = f'{HEAD}  - {{text: "{quoted}", start: 1s, duration: 1s}}\n'
    old = f"{HEAD}  - {{text: old, start: 1s, duration: 1s}}\n"
    return as_markdown(diff_of(films(old), films(new)))


def without_code(line: str) -> str:
    """What is left of a line of Markdown when its code spans are taken out, as CommonMark finds them: a run of backticks, up
    to the next run of the same length."""
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


@pytest.mark.parametrize("text", HOSTILE)
def test_an_author_s_text_stands_in_code_and_nowhere_else(text: str) -> None:
    said = markdown(text)
    assert text in said
    (line,) = (line for line in said.splitlines() if line.startswith("- "))
    assert without_code(line) == "- **0:01.00 to 0:02.00** title 1  with another text: text  → "


def test_pictures_stand_on_one_line_under_their_change() -> None:
    old = "clips: [{src: a.mp4, out: 1s}, {id: b, src: b.mp4, out: 2s}]\n"
    diff = diff_of(films(BARE + old), films(BARE + old.replace("out: 2s", "out: 2s, fit: fill")))
    (output,) = diff.outputs
    before, after = "https://example.org/a b/1-old.png", 'https://example.org/"><b>.png'
    plain = as_markdown(diff).splitlines()
    seen = as_markdown(diff, {(output.name, 0): (before, after)}).splitlines()
    (images,) = (line for line in seen if line not in plain)
    assert [line for line in seen if line != images] == plain
    assert seen[seen.index(images) - 1].startswith("- **0:01.00 to 0:03.00** clip 2 `b` ")
    assert images.startswith("  ") and images.count("<img ") == 2 and images.index("before") < images.index("after")
    assert "<b>" not in images and f'src="{before}"' in images


def test_what_is_new_has_one_picture() -> None:
    old = "clips: [{src: a.mp4, out: 1s}]\n"
    diff = diff_of(films(BARE + old), films(BARE + old.replace("}]", "}, {src: b.mp4, out: 2s}]")))
    said = as_markdown(diff, {(diff.outputs[0].name, 0): (None, "https://example.org/new.png")})
    assert said.count("<img ") == 1 and 'alt="after"' in said


@pytest.mark.parametrize("text", ["one\\ntwo", "one\\n\\n# two", "\\n- [ ] one"])
def test_a_text_of_several_lines_stays_on_one(text: str) -> None:
    old = f"{HEAD}  - {{text: old, start: 1s, duration: 1s}}\n"
    new = f'{HEAD}  - {{text: "{text}", start: 1s, duration: 1s}}\n'
    diff = diff_of(films(old), films(new))
    heading, _, output, _, change, _, work = as_markdown(diff).splitlines()
    assert heading.startswith("### ") and output.startswith("**")
    assert change.startswith("- **") and work.endswith("reused.")
    assert " ⏎ " in as_text(diff)


def test_what_turns_the_direction_of_text_is_not_obeyed() -> None:
    assert "\u202e" not in markdown("abc \u202e cba")


def test_a_long_text_is_cut() -> None:
    assert len(max(markdown("long " * 500).splitlines(), key=len)) < 600


def test_nothing_is_said_of_what_only_comes_later() -> None:
    old = "clips: [{src: a.mp4, out: 1s}, {id: b, src: b.mp4, out: 2s}]\n"
    late = "titles: [{text: x, start: b.start, duration: 1s}]\naudio: [{src: m.flac, start: b.start, loop: true}]\n"
    diff = changes(old + late, old.replace("out: 1s", "out: 3s") + late)
    assert [change.kinds for change in diff.changes] == [(Kind.RETIMED,), (Kind.SHIFTED,)]


def test_data_tells_whether_nothing_changes() -> None:
    one = films("recipe: 1\nclips: [{src: a.mp4}]\n")
    assert as_data(diff_of(one, one))["nothing_changes"] is True


def test_a_change_that_has_no_words_is_told_by_its_jobs() -> None:
    old = films(
        "recipe: 1\nclips: [{src: a.mp4}]\ntitles: [{text: a, start: 0, duration: 1s}, {text: b, start: 0, duration: 1s}]"
    )
    new = films(
        "recipe: 1\nclips: [{src: a.mp4}]\ntitles: [{text: b, start: 0, duration: 1s}, {text: a, start: 0, duration: 1s}]"
    )
    assert "Nothing on the timeline changes, but other bytes are made." in as_text(diff_of(old, new))
