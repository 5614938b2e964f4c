"""Whatever is written, the answer is recipes or diagnostics: never another exception."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from montage_recipe.diagnostics import Diagnostic
from montage_recipe.recipe.model import Recipe
from tests.recipe.making import faults_of, recipes_of

BASE: dict[str, Any] = {
    "recipe": 1,
    "title": "Three days",
    "vars": {"place": "Lofoten", "n": 2},
    "canvas": {"size": "1280x720", "fps": 29.97, "background": "black"},
    "media": {"hike": "b.mov", "waves": {"generate": "sea", "duration": "6s"}, "tune": {"generate": "tune", "duration": "9s"}},
    "defaults": {"fit": "blur", "transition": "crossfade", "volume": "50%", "speed": 2, "effects": ["grayscale"]},
    "clips": [
        {"id": "open", "src": "waves", "in": "2s", "out": "5s"},
        {"id": "walk", "src": "hike", "duration": "${n}", "effects": [{"denoise": "light"}, {"color": {"gamma": 1.2}}]},
        {"src": "c.mp4", "transition": {"type": "wipe-left", "duration": "0.5s"}, "volume": "-3dB", "speed": "50%"},
    ],
    "titles": [{"text": "In ${place}", "start": "walk.start + 1s", "duration": "3s", "color": "#ff8800", "size": "6%"}],
    "audio": [{"src": "tune", "loop": True, "volume": "-12dB", "fade_out": "2s", "end": "end - 1s"}],
    "loudness": {"integrated": "-14LUFS", "true_peak": -1},
    "outputs": [
        {"file": "dist/a.mp4", "crf": 20, "preset": "fast", "canvas": {"size": "720x1280"}, "vars": {"place": "Oslo"}},
        {"file": "dist/b.mp4", "name": "b", "copy": "never", "fit": "cover"},
    ],
}  # fmt: skip
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2.5, 10**30, 1e-300, "", " ", "x", "-", "${place}", "${", "$${x}", "${nope}", "\n",
    "ünï", "end", "walk.end", "a/b.mp4", "\u0000", "\ud7ff", [], {}, [None], {"": None}, {"x": {}}, [[]], "none",
    {"generate": "sea"}, {"include": 5}, "1" * 5000, ".5.5", "99999999999999999999s", "1:99",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for name, entry in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(entry, (*path, name))


def mutated(seed: int) -> dict[str, Any]:
    """The base recipe with one to four changes of structure: values replaced, removed, renamed, doubled."""
    chance = random.Random(seed)
    recipe = copy.deepcopy(BASE)
    for _ in range(chance.randint(1, 4)):
        path = chance.choice([path for path in places(recipe) if path])
        holder: Any = recipe
        for part in path[:-1]:
            holder = holder[part]
        match chance.randrange(4):
            case 0:
                holder[path[-1]] = copy.deepcopy(chance.choice(ODD))
            case 1:
                del holder[path[-1]]
            case 2 if isinstance(holder, dict):
                holder[chance.choice(["in", "src", "file", "x", "text", "", "include", "vars"])] = holder.pop(path[-1])
            case _:
                other = chance.choice(list(places(BASE)))
                value: Any = BASE
                for part in other:
                    value = value[part]
                holder[path[-1]] = copy.deepcopy(value)
    return recipe


def answer(recipe: dict[str, Any]) -> tuple[Diagnostic, ...] | tuple[Recipe, ...]:
    text = json.dumps(recipe)
    faults = faults_of(text)
    return faults if any(fault.severity == "error" for fault in faults) else recipes_of(text)


def test_the_base_of_the_mutations_is_without_fault() -> None:
    assert faults_of(json.dumps(BASE)) == ()


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_mutated_recipes_are_answered_with_recipes_or_diagnostics(start: int) -> None:
    for seed in range(start, start + 100):
        result = answer(mutated(seed))
        assert result, f"seed {seed}"
        for entry in result:
            assert isinstance(entry, Recipe) or (entry.location and entry.message and entry.hint), (
                f"seed {seed}: {entry}"
            )


def test_torn_recipes_are_answered_with_recipes_or_diagnostics() -> None:
    text = "recipe: 1\nmedia: {a: 'x.mp4'}\nclips:\n  - {src: a, in: 2s, effects: [{denoise: light}]}\n  - src: \"b.mp4\"\n"
    for end in range(len(text)):
        faults_of(text[:end])
        faults_of(text[end:])
        faults_of(text[:end] + "\t" + text[end:])
        faults_of(text[:end] + "{[" + text[end:])
