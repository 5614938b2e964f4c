"""What looks like an attack and is none: built as untrusted, on both ffmpegs, with the proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from montage_recipe.compiler import compile_recipe
from montage_recipe.engine import Engine
from montage_recipe.settings import Settings
from tests.endtoend.commands import montage_recipe
from tests.engines import ENGINE_IDS, ENGINES

# Texts that a filter, a subtitle, a shell, Python or a template would obey.
TEXTS = {
    "filter": "x',metadata=print:file=evil.txt,drawtext=text='y",
    "movie": "[a];movie=/etc/passwd[b];[b]null",
    "expansion": "%{pts} %{metadata:title} 50% off",
    "ass-override": r"{\fnevil}{\p1}m 0 0 l 9 9{\p0}",
    "ass-event": "a\nDialogue: 0,0:00:00.00,9:00:00.00,Default,,0,0,0,,evil",
    "shell": "$(touch evil) `touch evil` ; touch evil | touch evil",
    "option": "-i /etc/passwd -y evil.mp4",
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "quotes": "'\"\\\\'''",
    "address": "http://127.0.0.1:9/ file:///etc/passwd",
}


def footage(folder: Path, name: str) -> None:
    from tests.endtoend.footage import pattern

    pattern(folder / "take.mp4", seconds=1)
    (folder / "take.mp4").rename(folder / name)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("ffmpeg", ENGINES, ids=ENGINE_IDS)
def test_texts_reach_ffmpeg_in_files_only(ffmpeg: Engine, tmp_path: Path) -> None:
    footage(tmp_path, "take.mp4")
    for name, text in TEXTS.items():
        recipe = tmp_path / f"{name}.yaml"
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        one_line = quoted.replace("\\n", " ")
        recipe.write_text(
            f'recipe: 1\ntitle: "{one_line}"\nvars: {{words: "{quoted}"}}\ncanvas: {{size: 320x180}}\n'
            'clips: [{src: take.mp4, out: 0.5s}]\ntitles: [{text: "${words}", start: 0s, duration: 0.4s, fade: 0s}]\n'
        )
        (one,) = compile_recipe(recipe, engine=ffmpeg, settings=Settings(untrusted=True))
        drawn = [file.text for job in one.plan.jobs for file in job.files if file.name.endswith(".ass")]
        assert len(drawn) == 1 and drawn[0].count("Dialogue:") == 1 + text.count("Dialogue:")
        assert len([line for line in drawn[0].splitlines() if line.startswith("Dialogue:")]) == 1
        for job in one.plan.jobs:
            words = [word for word in job.argv if not word.startswith("title=")]
            assert not any(part in word for word in words for part in ("evil", "passwd", "127.0.0.1", "7 * 7"))


@pytest.mark.ffmpeg
@pytest.mark.parametrize(
    "name",
    (
        "-i.mp4",
        "%03d.mp4",
        "a b;touch evil.mp4",
        "x'y\".mp4",
        "[a];movie=b.mp4",
        "concat:a|b.mp4",
        "{{ 7 }}.mp4",
        "a,b=c.mp4",
    ),
)
def test_names_of_files_reach_no_command(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "folder"
    folder.mkdir()
    footage(folder, name)
    quoted = name.replace('"', '\\"')
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        f'recipe: 1\ncanvas: {{size: 320x180}}\nclips: [{{src: "{quoted}", out: 0.5s}}]\n'
        f'outputs: [{{file: "dist/{quoted}", copy: never}}]\n'
    )
    (one,) = compile_recipe(recipe, engine=ENGINES[0], settings=Settings(untrusted=True))
    assert not any(name in word for job in one.plan.jobs for word in job.argv)
    done = montage_recipe(ENGINES[0], "build", recipe, "--untrusted", "--json", "--no-cache")
    assert done.status == 0, done.stdout + done.stderr
    assert {entry.name for entry in folder.iterdir()} == {name, "recipe.yaml", "dist"}
    assert [entry.name for entry in (folder / "dist").iterdir()] == [name]


@pytest.mark.ffmpeg
def test_an_output_over_a_link_replaces_the_link_and_not_what_it_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    footage(tmp_path, "take.mp4")
    (tmp_path / "kept.mp4").write_text("kept")
    (tmp_path / "out.mp4").symlink_to("kept.mp4")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("recipe: 1\nclips: [{src: take.mp4, out: 0.5s}]\noutputs: [{file: out.mp4}]\n")
    done = montage_recipe(ENGINES[0], "build", recipe, "--untrusted", "--json")
    assert done.status == 0, done.stdout + done.stderr
    assert (tmp_path / "kept.mp4").read_text() == "kept"
    assert not (tmp_path / "out.mp4").is_symlink()


@pytest.mark.ffmpeg
@pytest.mark.parametrize("ffmpeg", ENGINES, ids=ENGINE_IDS)
def test_an_untrusted_build_makes_the_same_bytes(
    ffmpeg: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    footage(tmp_path, "take.mp4")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "recipe: 1\ncanvas: {size: 320x180}\nclips: [{src: take.mp4}, {src: take.mp4, transition: crossfade}]\n"
        "titles: [{text: hello, start: 0s, duration: 1s}]\nloudness: {integrated: -16LUFS}\n"
    )
    made = []
    for flag in ("--trusted", "--untrusted"):
        done = montage_recipe(ffmpeg, "build", recipe, flag, "--json", "--no-cache")
        assert (done.status, done.codes) == (0, []), done.stdout
        made.append((tmp_path / "dist" / "recipe.mp4").read_bytes())
    assert made[0] == made[1]
