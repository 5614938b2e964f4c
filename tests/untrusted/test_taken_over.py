"""What an ffmpeg that a file has taken over leaves behind, its process dead, leads nobody out of the sandbox."""

from __future__ import annotations

import shlex
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from montage_recipe.diagnostics import RenderError
from montage_recipe.engine import Engine
from montage_recipe.jobs.measuring import FRAME_FILE, Pass
from montage_recipe.jobs.model import Expected
from montage_recipe.render.custody import Custody
from montage_recipe.render.execute import execute
from montage_recipe.render.measuring import Bench, do_all
from montage_recipe.render.runs import RunFolder
from montage_recipe.render.store import Store
from montage_recipe.render.verify import verify
from montage_recipe.stopping import never
from montage_recipe.untrusted import Confinement
from tests.render.factory import ROOMY, Recorder, engine_at, montage, picture_job

SECRET = "CANARY-secret"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    return file


def taken_over(place: Path, command: str) -> Engine:
    """An ffmpeg that does something else, and says that all went well."""
    program = place / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{command}\n")
    program.chmod(0o755)
    return engine_at(program)


@pytest.mark.parametrize("held", [True, False], ids=["somebody else's", "own"])
def test_a_link_is_no_result(held: bool, secret: Path, tmp_path: Path) -> None:
    engine = taken_over(tmp_path, f"ln -s {shlex.quote(str(secret))} out.mp4")
    within = Confinement.around(tmp_path / "folder" / "recipe.yaml")
    output = tmp_path / "folder" / "dist" / "film.mp4"
    # Nothing is expected of them, so that nothing but the link is at fault.
    plan = montage(output, [replace(picture_job(), expected=Expected())])
    with Store.open(tmp_path / "store") as store, pytest.raises(RenderError) as refused:
        execute(
            plan,
            store=store,
            engine=engine,
            limits=ROOMY,
            on_event=Recorder(),
            stop=threading.Event(),
            custody=Custody(within=within, sandbox=None) if held else None,
        )
    assert "plain file" in str(refused.value)
    assert secret.read_text() == SECRET
    assert not output.exists()
    assert not [file for file in (tmp_path / "store" / "objects").rglob("*") if file.is_symlink()]


def test_a_link_is_not_verified(secret: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").symlink_to(secret)
    (fault,) = verify(replace(picture_job(), expected=Expected()), tmp_path / "out.mp4")
    assert "it is no plain file" in fault.message


def test_a_playlist_is_not_followed_by_who_verifies(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("ffconcat version 1.0\nfile '/etc/hostname'\n")
    (fault,) = verify(picture_job(), tmp_path / "out.mp4")
    assert "it cannot be read" in fault.message


def test_what_measures_a_film_leaves_no_link(secret: Path, tmp_path: Path) -> None:
    engine = taken_over(tmp_path, f"ln -s {shlex.quote(str(secret))} {FRAME_FILE}")
    custody = Custody(within=Confinement.around(tmp_path / "recipe.yaml"), sandbox=None)
    read: list[object] = []
    with RunFolder(tmp_path / "runs") as run, pytest.raises(RenderError) as refused:
        bench = Bench(engine=engine, run=run, limits=ROOMY, custody=custody, stop=never)
        do_all([Pass(name="frame", argv=(), links={}, may_fail=True)], bench, read.append)
    assert "no plain file" in str(refused.value)
    assert read == []
