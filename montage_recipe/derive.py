"""Rewrites the files that are derived from the code: `python -m montage_recipe.derive`; `--check` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from montage_recipe.recipe.schema import recipe_schema
from montage_recipe.resources import data_dir


def schema_text() -> str:
    """The JSON schema as it is committed."""
    return json.dumps(recipe_schema(), indent=2, ensure_ascii=False) + "\n"


def derived_files() -> dict[Path, str]:
    from montage_recipe.reference import reference_page

    folder = data_dir("schemas")
    return {folder / "recipe.schema.json": schema_text(), folder / "REFERENCE.md": reference_page()}


def stale_files() -> list[Path]:
    """The derived files that do not say what the code says."""
    return [file for file, text in derived_files().items() if not file.exists() or file.read_text("utf-8") != text]


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m montage_recipe.derive [--check]\n")
        return 2
    stale = stale_files()
    if arguments:
        sys.stderr.writelines(f"{file} is not up to date: run `python -m montage_recipe.derive`\n" for file in stale)
        return 1 if stale else 0
    for file, text in derived_files().items():
        if file in stale:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
