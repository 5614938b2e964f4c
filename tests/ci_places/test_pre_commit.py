"""The hook, by the real pre-commit, which installs it from this repository's last commit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci_places.runner import REPOSITORY
from tests.ci_places.scene import RECIPE
from tests.diff.repositories import git

HOOK = "montage-recipe-validate"


def test_the_hook_refuses_a_bad_recipe_and_leaves_other_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    git(tmp_path, "init", "-q", str(folder))
    revision = git(REPOSITORY, "rev-parse", "HEAD").strip()
    repository = {"repo": REPOSITORY.as_uri(), "rev": revision, "hooks": [{"id": HOOK}]}
    files = {
        ".pre-commit-config.yaml": yaml.safe_dump({"repos": [repository]}),
        "recipes/good.yaml": RECIPE,
        "trip.montage.yml": RECIPE,
        "recipes/bad.yaml": RECIPE.replace("src: lamps, out", "src: lamps, outt"),
        "recipes/parts/style.yaml": "recipe: 1\ncanvas: {size: 64x64}\n",
        "notes.yaml": "recipe: of a cake\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    bad = run(folder, tmp_path / "home")
    assert bad.returncode == 1, bad.stdout
    assert "recipes/bad.yaml:10:" in bad.stdout
    assert "notes.yaml" not in bad.stdout and "style.yaml" not in bad.stdout
    git(folder, "rm", "-q", "-f", "recipes/bad.yaml")
    good = run(folder, tmp_path / "home")
    assert good.returncode == 0, good.stdout
    assert "recipes/good.yaml: no faults" in good.stdout and "trip.montage.yml: no faults" in good.stdout


@pytest.mark.parametrize(
    "name", ["trip.recipe.yaml", "a/b.montage.yml", "montage.yaml", "x/montage.yml", "recipes/a.yml"]
)
def test_what_counts_as_a_recipe(name: str) -> None:
    assert re.search(files(), name)


@pytest.mark.parametrize(
    "name", ["trip.yaml", "my-montage.yaml", "recipes/parts/a.yaml", "x/recipes/a.yaml", "a.recipe.json"]
)
def test_what_does_not(name: str) -> None:
    assert not re.search(files(), name)


def files() -> str:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == HOOK
    return str(hook["files"])


def run(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "pre-commit"
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        (str(program), "run", "--all-files", "--verbose", "--color=never"),
        cwd=folder,
        env=environment | {"PRE_COMMIT_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
