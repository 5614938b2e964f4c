"""A lock as text: stable, one line an item, and read back or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from montage_recipe.lockfile.model import Item, Lock, Sort
from montage_recipe.lockfile.text import lock_from, quoted, text_of

AB, CD = "ab" * 32, "cd" * 32
LOCK = Lock(
    recipe="trip.yaml",
    release="0.1.0",
    ffmpeg_version="5.1.9-0+deb12u1",
    ffmpeg_build=AB,
    items=(
        Item(sort=Sort.MEDIUM, name="footage/a.mp4", sha256=AB, size_bytes=12),
        Item(sort=Sort.FONT, name="fonts/brand.ttf", sha256=CD, title="Brand Bold"),
        Item(sort=Sort.BUILT_IN_FONT, name="NotoSans[wght].ttf", sha256=CD, title="Noto Sans"),
        Item(sort=Sort.MODEL, name="realesrgan-x4plus/x4.bin", sha256=AB),
    ),
)
TEXT = f"""\
# montage-recipe lock: what the recipe was built from. Commit this file, and read its diff.
# Do not edit it: `montage-recipe lock RECIPE --update` writes it anew.

format = 1
recipe = "trip.yaml"
montage-recipe = "0.1.0"
ffmpeg = {{version = "5.1.9-0+deb12u1", build = "{AB}"}}

[media]
"footage/a.mp4" = {{size = 12, sha256 = "{AB}"}}

[fonts]
"fonts/brand.ttf" = {{name = "Brand Bold", sha256 = "{CD}"}}

[built-in-fonts]
"NotoSans[wght].ttf" = {{name = "Noto Sans", sha256 = "{CD}"}}

[models]
"realesrgan-x4plus/x4.bin" = {{sha256 = "{AB}"}}
"""


def test_a_lock_is_written_as_people_will_see_it_in_a_diff() -> None:
    assert text_of(LOCK) == TEXT


def test_the_order_of_the_items_changes_nothing() -> None:
    assert text_of(replace(LOCK, items=LOCK.items[::-1])) == TEXT


def test_what_is_written_is_read_back() -> None:
    assert lock_from(TEXT) == LOCK


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(names, names)
def test_any_name_survives(name: str, title: str) -> None:
    item = Item(sort=Sort.FONT, name=name, sha256=AB, title=title)
    lock = replace(LOCK, recipe=name, items=(item,))
    text = text_of(lock)
    assert lock_from(text) == lock
    assert [line for line in text.split("\n") if line.startswith(f"{quoted(name)} = ")] == [text.split("\n")[-2]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((TEXT, ""), "does not say `format`"),
        (("format = 1", "format = 2"), "its format is 2, and this montage-recipe knows 1"),
        (("format = 1", "format = true"), "its `format` cannot be right"),
        (('recipe = "trip.yaml"', "recipe = 3"), "its `recipe` cannot be right"),
        (('recipe = "trip.yaml"', ""), "does not say `recipe`"),
        (("[media]", "[medea]"), "unknown key `medea`"),
        ((f'sha256 = "{AB}"}}\n\n[f', 'sha256 = "1"}\n\n[f'), "the sha256 of `footage/a.mp4` cannot be right"),
        (("size = 12", "size = -1"), "the size of `footage/a.mp4`"),
        (("size = 12", "length = 12"), "its entry `footage/a.mp4` cannot be right"),
        (('{name = "Brand Bold", ', "{name = 7, "), "has no `name`"),
        ((f', build = "{AB}"', ""), "its entry `ffmpeg` has no `build`"),
        (("[media]\n", "<<<<<<< HEAD\n[media]\n"), "at line 9"),
        (("[media]\n", '[media]\n"footage/a.mp4" = {}\n'), "at line 11"),
        (("[media]\n", f"[media]\nx = {'[' * 5000}\n"), "nested too deeply|at line"),
    ],
)
def test_what_is_no_lock_is_refused_with_a_reason(change: tuple[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        lock_from(TEXT.replace(*change))
