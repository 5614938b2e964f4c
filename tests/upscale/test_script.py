"""What runs on a host: rendered scripts are goldens, they are sound programs, and no value can become part of them."""

from __future__ import annotations

import ast
import json
import subprocess
from fractions import Fraction
from pathlib import Path

import jinja2
import pytest

from montage_recipe import resources
from montage_recipe.upscale import script
from montage_recipe.upscale.hosts.inventory import Device, HostKind, HostSpec
from montage_recipe.upscale.job_files import scripts
from montage_recipe.upscale.packets import Chunk
from montage_recipe.upscale.request import Picture, UpscaleRequest
from tests.conftest import Golden

PICTURE = Picture(
    index=0,
    decoder=None,
    width=640,
    height=360,
    sar=Fraction(1),
    rate=Fraction(30000, 1001),
    deep=False,
    interlaced=False,
    full_range=False,
    matrix="bt709",
    tags=("bt709", "bt709", "bt709"),
)
REQUEST = UpscaleRequest(
    fingerprint="f" * 64,
    start=Fraction(1, 2),
    end=Fraction(3),
    factor=2,
    model="realesr-animevideov3",
    picture=PICTURE,
)
CHUNK = Chunk(number=0, packets=(0, 75), skip=3, frames=60)
SPEC = HostSpec(
    name="studio", kind=HostKind.SSH, address="me@studio", python="/opt/my venv/bin/python", device=Device.CPU
)
EVIL = "it's $(touch hacked) `touch hacked` \"; touch hacked #\n\\ {{ 7*7 }} é"


def rendered() -> dict[str, str]:
    return {**scripts(REQUEST, CHUNK, SPEC), "agent.py": script.agent()[1]}


@pytest.mark.parametrize("name", ["upscale.py", "run.sh", "agent.py"])
def test_scripts_are_as_they_were_reviewed(name: str, golden: Golden) -> None:
    golden.check(f"scripts/{name}.txt", rendered()[name])


def test_shell_scripts_are_sound(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_text(rendered()["run.sh"])
    subprocess.run(["bash", "-n", str(file)], check=True)


@pytest.mark.parametrize("name", ["upscale.py", "agent.py"])
def test_python_scripts_are_sound_for_python_3_8(name: str) -> None:
    ast.parse(rendered()[name], feature_version=(3, 8))


def test_every_template_is_rendered_here() -> None:
    templates = {file.name.removesuffix(".j2") for file in resources.data_dir("templates").iterdir()}
    assert templates == {*rendered(), "has_gpu.py"}  # which two of the others include


def test_a_value_stays_one_word_of_the_shell(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    text = script.render("run.sh", python=EVIL, packages="p")
    assignment = text[text.index("\npython=") : text.index("\npackages=")]
    file.write_text(f'{assignment}\nprintf %s "$python"')
    told = subprocess.run(["bash", str(file)], check=True, capture_output=True, cwd=tmp_path).stdout.decode()
    assert told == EVIL
    assert not (tmp_path / "hacked").exists()


def test_a_value_stays_one_literal_of_python() -> None:
    text = script.render("upscale.py", job=json.dumps({"name": EVIL}))
    assigned = next(n for n in ast.parse(text).body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "JOB")
    assert isinstance(assigned.value, ast.Call)
    assert json.loads(ast.literal_eval(assigned.value.args[0])) == {"name": EVIL}


def test_a_value_without_a_quoting_filter_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bare.sh.j2").write_text("echo {{ word }}\n")
    monkeypatch.setattr(resources, "data_dir", lambda name: tmp_path)
    script._environment.cache_clear()
    try:
        with pytest.raises(TypeError, match="without a quoting filter"):
            script.render("bare.sh", word="x")
    finally:
        script._environment.cache_clear()


def test_a_value_that_is_not_given_is_a_fault() -> None:
    with pytest.raises(jinja2.UndefinedError):
        script.render("run.sh", python="python3")


def test_a_comment_takes_no_line_break() -> None:
    with pytest.raises(ValueError, match="comment"):
        script.render("agent.py", version="1\nimport os")
