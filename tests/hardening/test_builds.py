"""A few of the faults of `python -m tests.hardening.builds`, each done to a real build."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from montage_recipe.disk import disk_fault
from tests.engines import ENGINES
from tests.hardening.builds import KINDS, Case, Kind, logged, run_case, table
from tests.hardening.scene import Scene, set_scene

pytestmark = pytest.mark.ffmpeg

NEEDS = {"call-fails": "strace", "ballast": "mount"}
QUICK = ("kill", "sigint", "ballast", "pair", "source", "call-fails", "torn-store", "odd-name", "long-path")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return set_scene(tmp_path_factory.mktemp("scene"), ENGINES[0])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in QUICK], ids=lambda kind: kind.name)
def test_a_build_survives(kind: Kind, scene: Scene, tmp_path: Path) -> None:
    need = NEEDS.get(kind.name)
    if need and (shutil.which(need) is None or (need == "mount" and os.geteuid() != 0)):
        pytest.skip(f"this machine cannot do it: {need} is missing, or only root may use it")
    case = run_case(kind, 0, 1, scene, tmp_path)
    assert not case.broken, case.outcome


def test_the_table_of_a_log_says_what_was_kept_and_what_was_broken() -> None:
    lines = (
        "kept kill 0: killed 2 times; 1 s",
        "BROKEN kill 1: another film; ",
        "  a line of a log",
        "kept nothing 3: x; y",
    )
    cases: list[Case] = list(logged(lines))
    assert [(case.number, case.outcome, case.did) for case in cases] == [
        (0, "killed 2 times", "1 s"),
        (1, "another film", ""),
    ]
    assert "| 2 | **broken: 1** (cases [1]): 1 × killed 2 times |" in table(cases)


def test_a_file_system_without_locks_is_told_with_a_cure() -> None:
    fault = disk_fault(OSError(37, "No locks available"), "use /x as the store")
    assert (fault.code, fault.hint) == ("store-without-locks", "keep the store on a disk of this machine: --cache DIR")
