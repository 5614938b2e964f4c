"""Writes recipes: one line a clip, in YAML's flow style."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Entry = dict[str, Any]

LOSSLESS: Entry = {"preset": "ultrafast", "crf": 0}
QUICK: Entry = {"preset": "ultrafast", "crf": 20}


def write_recipe(
    folder: Path,
    clips: Sequence[Entry],
    *,
    fps: int | str = 30,
    size: str = "160x90",
    encoding: Entry = QUICK,
    name: str = "montage",
    **keys: Any,
) -> Path:
    """FOLDER/NAME.yaml, which makes FOLDER/NAME.mp4; `keys` are further keys of the recipe."""
    data = {
        "canvas": {"size": size, "fps": fps},
        **keys,
        "outputs": [{"file": f"{name}.mp4", **encoding}],
    }
    lines = ["recipe: 1", *(f"{key}: {_flow(value)}" for key, value in data.items()), "clips:"]
    lines += [f"  - {_flow(clip)}" for clip in clips]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def movie(recipe: Path) -> Path:
    """The file that a recipe of `write_recipe` makes."""
    return recipe.with_suffix(".mp4")


def crossfade(duration: str) -> Entry:
    return {"type": "crossfade", "duration": duration}


def _flow(value: Any) -> str:
    """JSON is YAML's flow style."""
    return json.dumps(value, ensure_ascii=False, default=str)
