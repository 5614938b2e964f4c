"""Which files .dockerignore leaves, by its rules; and the steps that need no root, done in a small tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.containers.context import sent
from tests.containers.dockerfile import DockerfileError, read_stages
from tests.containers.run_steps import Builder, Image

FILES = ("a.py", "a.pyc", "docs/a.md", "docs/deep/b.md", "keys/secret", "recipes/dist/film.mp4")
RULES = {
    "": FILES,
    "*": (),
    "*\n!docs": ("docs/a.md", "docs/deep/b.md"),
    "*\n!docs\ndocs/deep": ("docs/a.md",),
    "*\n!docs/deep": ("docs/deep/b.md",),
    "*\n!**/*.mp4": ("recipes/dist/film.mp4",),
    "*.md": FILES,
    "**/*.md": ("a.py", "a.pyc", "keys/secret", "recipes/dist/film.mp4"),
    "# a comment\n\n/keys/\na.py?\n**/dist": ("a.py", "docs/a.md", "docs/deep/b.md"),
    "!keys\nkeys": ("a.py", "a.pyc", "docs/a.md", "docs/deep/b.md", "recipes/dist/film.mp4"),
}


@pytest.mark.parametrize("rules", RULES)
def test_the_last_rule_that_fits_decides(tmp_path: Path, rules: str) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sent(tmp_path, rules) == RULES[rules]


def test_a_rule_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not done here"):
        sent(tmp_path, "[ab].py")


def made(tmp_path: Path, text: str, target: str, **arguments: str) -> Image:
    (tmp_path / "base/etc").mkdir(parents=True)
    (tmp_path / "into").mkdir()
    builder = Builder(bases={"outside": tmp_path / "base"}, into=tmp_path / "into", arguments=arguments)
    return builder.build(read_stages(text), target, {})


STEPS = """FROM outside AS first
ARG WHO=7
ENV NAME=first PATH=/opt:$PATH
WORKDIR /work
WORKDIR deeper
COPY pyproject.toml LICENSE ./
COPY --chmod=600 LICENSE /etc/licence
COPY templates templates
USER $WHO:$WHO
FROM first AS second
FROM outside AS third
COPY --from=second /work/deeper /copied
VOLUME ["/copied"]
FROM outside AS never
"""


def test_steps_do_what_docker_does(tmp_path: Path) -> None:
    image = made(tmp_path, STEPS, "second", WHO="9")
    assert (image.user, image.folder, image.environment["NAME"]) == ("9:9", "/work/deeper", "first")
    assert image.environment["PATH"].startswith("/opt:/usr/local/sbin:")
    assert image.arguments == {}  # they end with their stage
    assert (image.tree / "etc/licence").stat().st_mode & 0o777 == 0o600
    assert {file.name for file in (image.tree / "work/deeper").iterdir()} == {"pyproject.toml", "LICENSE", "templates"}
    assert Image.load(image.tree) == image


def test_only_the_stages_that_are_needed_are_done(tmp_path: Path) -> None:
    image = made(tmp_path, STEPS, "third")
    assert (image.tree / "copied/templates/run.sh.j2").exists()
    assert image.command("VOLUME") == ("/copied",)
    assert {folder.name for folder in (tmp_path / "into").iterdir() if folder.is_dir()} == {
        "context",
        "first",
        "second",
        "third",
    }


@pytest.mark.parametrize(
    "step", ["COPY --link LICENSE /", "COPY *.md /", "COPY LICENSE", "COPY LICENSE ../../x", "ENV A=$B"]
)
def test_a_step_that_is_not_understood_is_refused(tmp_path: Path, step: str) -> None:
    with pytest.raises(DockerfileError):
        made(tmp_path, f"FROM outside AS one\n{step}\n", "one")
