"""The Action's steps as plain shell, on real repositories. The program in `bin` writes down what `gh` is called with."""

from __future__ import annotations

import re
import subprocess
import wave
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from montage_recipe.cli import lock
from tests.ci_places.runner import REPOSITORY, ActionRun, annotations_in
from tests.ci_places.scene import NAME, RECIPE, Scene, push, scene
from tests.diff.repositories import commit, git

GOOD = RECIPE.replace("text: Good evening", "text: Good night").replace("lamps, out: 1s", "lamps, out: 1.4s")
AFTER = {"Check the film", "Make the contact sheet", "Keep the store", "Hand in the video"}  # need a film
ALWAYS = {"Hand in the pictures and logs", "Tell"}


def test_it_installs_the_program_from_its_own_path(tmp_path: Path) -> None:
    ran = scene(tmp_path, GOOD).run(only=("Begin", "Install montage-recipe"), install=True)
    assert failed(ran) == {}
    assert ran.steps["Install montage-recipe"].said.startswith("montage-recipe")


def test_a_good_change_is_built_and_told_in_one_comment(tmp_path: Path) -> None:
    """The whole Action but its own installation; then the next commit of the same pull request."""
    made = scene(tmp_path, GOOD)
    inputs = {"stills-branch": "pictures", "check": "true"}
    ran = made.run(inputs)
    assert failed(ran) == {}
    assert [note for note in ran.annotations if note.severity == "error"] == []

    first = made.comment()
    assert first == ran.summary
    assert "- **0:00.20 to 0:00.80** title 1 `Good night` with another text" in first
    assert "- **0:01.00 to 0:02.40** clip 2 `town` retimed" in first
    assert "**The film is built, and passes its checks.**" in first and ".invalid" not in first and "data:" not in first
    shown = pictures(made, first)
    assert len(shown) >= 5 and shown == set(git(made.origin, "ls-tree", "-r", "--name-only", "pictures").split())
    for file in shown:
        assert blob(made, f"pictures:{file}").startswith(b"\x89PNG")
    assert re.fullmatch("films-evening-[0-9a-f]{6}-video", ran.steps["Hand in the video"].given["name"])
    assert [file.name for file in (made.temp / "montage-recipe" / "videos").iterdir()] == ["film.mp4"]
    report = made.temp / "montage-recipe" / "report"
    assert (report / "logs" / "build.txt").exists() and list(report.glob("logs/builds/*/run.jsonl"))

    push(made, GOOD.replace("Good night", "Sleep well"))
    again = made.run(inputs)
    assert failed(again) == {}
    assert "`Sleep well`" in made.comment() and "Good night" not in made.comment()
    writes = [call["arguments"] for call in made.calls() if any(word.startswith("body=") for word in call["arguments"])]
    (created, updated) = writes
    assert "repos/owner/film/issues/12/comments" in created
    assert "id=IC_1" in updated and any("updateIssueComment" in word for word in updated)
    assert {call["token"] for call in made.calls()} == {"a-token"}
    # The branch of pictures has no past, and what was shown before is gone.
    assert git(made.origin, "rev-list", "--count", "pictures").strip() == "1"
    assert pictures(made, made.comment()) == set(git(made.origin, "ls-tree", "-r", "--name-only", "pictures").split())
    assert again.steps["Keep the store"].given["key"] != ran.steps["Keep the store"].given["key"]


@pytest.mark.parametrize(
    ("wrong", "line", "step"),
    [
        ("src: lamps, outt: 1s", 10, "Validate the recipe"),
        ("src: lamps, out: 9s", 10, "Look into the media"),
    ],
)
def test_a_fault_is_told_at_its_line_and_nothing_is_built(tmp_path: Path, wrong: str, line: int, step: str) -> None:
    made = scene(tmp_path, RECIPE.replace("src: lamps, out: 1s", wrong))
    ran = made.run()
    assert failed(ran) == {step: 1}
    (error,) = ran.annotations
    assert (error.severity, error.file, error.line) == ("error", NAME, line)
    outcomes = ran.outcomes
    assert {outcomes[name] for name in AFTER} == {"skipped"} and {outcomes[name] for name in ALWAYS} == {"success"}
    comment = made.comment()
    assert "**The recipe has a fault.**" in comment and f"{NAME}:{line}:" in comment and "help:" in comment
    assert "To download: [logs](https://example.org/report)" in comment


def test_a_film_that_does_not_pass_its_checks_is_told_and_handed_in(tmp_path: Path) -> None:
    dark = RECIPE.replace("src: lamps, out: 1s", "src: lamps, out: 1s, effects: [{color: {brightness: -1}}]")
    many = "  - {file_size: 100MB}\n" * 900  # more lines than a comment has room for
    made = scene(tmp_path, f"{dark}checks:\n  - {{loudness: -14LUFS, tolerance: 1LU}}\n{many}")
    ran = made.run({"check": "true", "stills-branch": "pictures", "trusted": "true"})
    assert failed(ran) == {"Check the film": 3}
    errors = [note for note in ran.annotations if note.severity == "error"]
    assert {(error.file, error.line) for error in errors} == {(NAME, 10), (NAME, 18)}
    assert {ran.outcomes[name] for name in AFTER - {"Check the film"} | ALWAYS} == {"success"}
    comment = made.comment()
    assert "**The film is built, and does not pass its checks.**" in comment and "❌ **" in comment
    before, after = re.split(r"\(and \d+ more lines\)\n\n</details>\n", comment)
    assert before.count("<details>") == 1 and "### What changes" in after and "details" not in after
    (picture,) = re.findall(r"!\[[^\]]*\]\(\S+/raw/pictures/(\S+/check/[^)]+)\)", comment)
    assert blob(made, f"pictures:{picture}").startswith(b"\x89PNG")
    judged = ElementTree.parse(made.temp / "montage-recipe" / "report" / "check.xml")
    assert len(judged.findall(".//failure")) == len(errors) == 2


def test_a_recipe_cannot_run_or_say_anything_of_its_own(tmp_path: Path) -> None:
    """Neither by its name, nor by its texts; from a fork, whose token may not write."""
    name = "films/a \"b\" `c` $(touch hurt) ;touch hurt; 'd'&.yaml"
    text = '"::error file=x::obeyed\\n::error::obeyed <b> ``` $(touch hurt)"'
    hostile = RECIPE.replace("Good evening", text).replace("dist/film.mp4", '"dist/[!x]*$(touch hurt).mp4"')
    made = scene(tmp_path, hostile, base=None, name=name)
    (made.gh / "read-only").touch()
    ran = made.run({"recipe": name, "trusted": "true", "stills-branch": "pictures"}, head="stranger/film")
    assert failed(ran) == {}
    assert not list(tmp_path.rglob("hurt"))
    assert not [note for note in ran.annotations if note.severity == "error"]
    (notice,) = annotations_in(ran.steps["Tell"].said)
    assert "it stands in the summary" in notice.message
    assert "This recipe is new." in ran.summary and "<img" not in ran.summary
    (heading,) = (line for line in ran.summary.splitlines() if line.startswith("## "))
    assert heading == f"## ``{name}``"
    assert not (made.gh / "comment.md").exists()
    assert "pictures" not in git(made.origin, "branch", "--list")
    (video,) = (made.temp / "montage-recipe" / "videos").iterdir()
    assert re.fullmatch(r"[A-Za-z0-9._-]+\.mp4", video.name)


def test_a_name_with_a_line_of_its_own_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    name = "films/a\n::error::obeyed\n::set-output name=x::y.yaml"
    made = scene(tmp_path, RECIPE, base=None, name=name)
    ran = made.run({"recipe": name, "locked": "true"}, only=("Begin", "Build the film", "Tell"))
    assert failed(ran) == {"Build the film": 1}
    assert "\n::error::obeyed\n" in ran.steps["Build the film"].said
    assert [note for note in ran.annotations if "obeyed" in note.message] == []
    (heading,) = (line for line in made.comment().splitlines() if line.startswith("## "))
    assert heading == "## `films/a::error::obeyed::set-output name=x::y.yaml`"


def test_a_file_with_the_name_of_the_base_hides_nothing(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    (made.workspace / git(made.origin, "rev-parse", "--short", "main").strip()).write_text(GOOD)
    ran = made.run(only=("Begin", "Compare with the base", "Tell"))
    assert failed(ran) == {} and len(ran.annotations) == 1
    assert "What changes is not told" in made.comment()


def test_only_a_workflow_s_own_recipes_are_trusted(tmp_path: Path) -> None:
    made = scene(tmp_path, RECIPE.replace("{generate: tune, duration: 3s}", "../tune.wav"))
    write_sound(made.workspace / "tune.wav")
    steps = ("Begin", "Look into the media")
    assert failed(made.run({"trusted": "true"}, only=steps)) == {}
    for inputs, head in (({"trusted": "true"}, "stranger/film"), ({"trusted": "true"}, ""), ({}, "owner/film")):
        ran = made.run(inputs, head=head, only=steps)
        assert failed(ran) == {"Look into the media": 1}
        assert [error.line for error in ran.annotations] == [7]


def test_what_is_not_as_locked_is_told_at_its_line(tmp_path: Path) -> None:
    recipe = RECIPE.replace("{generate: tune, duration: 3s}", "tune.wav")
    made = scene(tmp_path, recipe)
    write_sound(made.workspace / "films" / "tune.wav")
    assert CliRunner().invoke(lock.command, [str(made.workspace / NAME)]).exit_code == 0
    write_sound(made.workspace / "films" / "tune.wav", sample=b"\0\1")
    ran = made.run({"locked": "true"}, only=("Begin", "Build the film", "Tell"))
    assert failed(ran) == {"Build the film": 1}
    (error,) = ran.annotations
    assert (error.file, error.line) == (NAME, 7) and "its content changed" in error.message
    assert "**The film could not be built.**" in made.comment() and "its content changed" in made.comment()


@pytest.mark.parametrize("base", ["nowhere", "--upload-pack=touch hurt;"])
def test_a_base_that_is_nowhere_is_a_warning(tmp_path: Path, base: str) -> None:
    made = scene(tmp_path, GOOD)
    ran = made.run({"base": base}, only=("Begin", "Compare with the base"))
    assert failed(ran) == {} and not list(tmp_path.rglob("hurt"))
    (warning,) = ran.annotations
    assert warning.severity == "warning" and "fetch-depth: 0" in warning.message


def test_what_others_have_changed_since_is_not_told(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    author = tmp_path / "author"
    git(author, "checkout", "-q", "-b", "later", "HEAD~1")
    (author / NAME).write_text(RECIPE.replace("hills, out: 1s", "hills, out: 1.7s"))
    commit(author, "somebody else's")
    git(author, "push", "-q", "origin", "HEAD:main")
    git(made.workspace, "fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
    for base in ("", "main"):
        ran = made.run({"base": base}, only=("Begin", "Compare with the base", "Tell"))
        assert failed(ran) == {}
        assert "`town` retimed" in made.comment() and "`open`" not in made.comment()


def test_a_film_before_that_has_a_fault_is_not_the_change_s(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD, base=RECIPE.replace("out: 1s", "outt: 1s"))
    ran = made.run(only=("Begin", "Compare with the base", "Tell"))
    assert failed(ran) == {}
    assert [note.severity for note in ran.annotations] == ["warning"]
    assert "cannot be told" in made.comment()


def test_pictures_are_never_pushed_over_something_else(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    before = git(made.origin, "rev-parse", "main")
    ran = made.run({"stills-branch": "main"}, only=("Begin", "Compare with the base", "Push the pictures", "Tell"))
    assert failed(ran) == {"Push the pictures": 1}
    assert "holds something else" in ran.annotations[0].message
    assert git(made.origin, "rev-parse", "main") == before
    assert "<img" not in made.comment() and "`town` retimed" in made.comment()


def test_a_token_that_may_not_push_leaves_the_comment_without_pictures(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    hook = made.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'no permission'; exit 1\n")
    hook.chmod(0o755)
    ran = made.run({"stills-branch": "pictures"}, only=("Begin", "Compare with the base", "Push the pictures", "Tell"))
    assert failed(ran) == {}
    assert "contents: write" in ran.annotations[0].message and "no permission" in ran.steps["Push the pictures"].said
    assert "<img" not in made.comment()


def test_without_a_pull_request_there_is_a_summary_and_no_comment(tmp_path: Path) -> None:
    made = scene(tmp_path, GOOD)
    ran = made.run(pull_request=False, only=("Begin", "Validate the recipe", "Compare with the base", "Tell"))
    assert failed(ran) == {} and made.calls() == []
    assert ran.summary.startswith("<!-- montage-recipe ") and "What changes" not in ran.summary


def test_a_comment_has_room_for_any_number_of_faults(tmp_path: Path) -> None:
    many = "".join(f"  - {{text: t, start: 0s, duration: 1s, wrong-{n}: {'x' * 60}}}\n" for n in range(200))
    made = scene(tmp_path, RECIPE.replace("titles:\n", f"titles:\n{many}"))
    ran = made.run(only=("Begin", "Validate the recipe", "Tell"))
    assert failed(ran) == {"Validate the recipe": 1}
    comment = made.comment()
    assert len(comment) < 65536  # what GitHub takes
    assert re.search(r"\(and \d+ more lines\)\n```\n", comment)


def test_the_markdown_of_a_fault_is_code_whatever_the_recipe_says(tmp_path: Path) -> None:
    made = scene(tmp_path, RECIPE.replace("preset: ultrafast", 'preset: "x ```` @all <b>"'))
    made.run(only=("Begin", "Validate the recipe", "Tell"))
    before, code, after = re.split(r"^`{5}$", made.comment(), flags=re.MULTILINE)
    assert "```` @all <b>" in code and "@all" not in before + after


def test_the_scripts_are_sound_shell() -> None:
    scripts = sorted((REPOSITORY / "ci" / "action").glob("*.sh"))
    assert len(scripts) >= 10
    for script in scripts:
        subprocess.run(("bash", "-n", str(script)), check=True)


def write_sound(file: Path, sample: bytes = b"\0\0") -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(sample * 24000)


def failed(ran: ActionRun) -> dict[str, int]:
    """The steps that fail, with their exit statuses."""
    return {name: step.status for name, step in ran.steps.items() if step.outcome == "failure"}


def pictures(made: Scene, comment: str) -> set[str]:
    """The files on the branch of pictures that a comment shows."""
    prefix = f"{made.server.as_uri()}/owner/film/raw/pictures/"
    addresses = re.findall(r'src="([^"]+)"', comment)
    assert all(address.startswith(prefix) for address in addresses)
    return {address.removeprefix(prefix) for address in addresses}


def blob(made: Scene, name: str) -> bytes:
    return subprocess.run(("git", "show", name), cwd=made.origin, capture_output=True, check=True).stdout
