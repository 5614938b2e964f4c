"""The program that looks after jobs on a host: started they run alone, ended they are gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from montage_recipe.upscale import script
from tests.processes import wait_until
from tests.upscale.hosts.opening import small_disk

JOB = "0123456789abcdef"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    (tmp_path / "agent.py").write_text(script.agent()[1])
    return tmp_path


def ask(host: Path, *words: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "agent.py", *words], cwd=host, capture_output=True, text=True, timeout=60, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert isinstance(answer, dict)
    return answer


def job(host: Path, commands: str, name: str = JOB) -> Path:
    folder = host / "jobs" / name
    folder.mkdir(parents=True)
    (folder / "run.sh").write_text(f"trap 'echo $? > exit_status' EXIT\n{commands}\n")
    return folder


def test_a_job_that_is_not_there_is_told_so(host: Path) -> None:
    seen = ask(host, "poll", JOB)
    assert (seen["started"], seen["alive"], seen["exit_status"], seen["files"]) == (False, False, None, {})


def test_a_started_job_outlives_who_started_it(host: Path) -> None:
    job(host, "sleep 60")
    assert ask(host, "start", JOB) == {"started": True}
    seen = ask(host, "poll", JOB)
    assert (seen["alive"], seen["exit_status"]) == (True, None)
    pid = json.loads((host / "jobs" / JOB / "process.json").read_text())["pid"]
    assert os.getsid(pid) == pid
    ask(host, "remove", JOB)


def test_a_running_job_is_not_started_twice(host: Path) -> None:
    job(host, "sleep 60")
    ask(host, "start", JOB)
    assert ask(host, "start", JOB) == {"started": False}
    ask(host, "remove", JOB)


def test_a_failed_job_tells_its_status_and_the_end_of_its_log(host: Path) -> None:
    job(host, "echo out of luck >&2; exit 3")
    ask(host, "start", JOB)
    wait_until(lambda: ask(host, "poll", JOB)["exit_status"] is not None)
    seen = ask(host, "poll", JOB)
    assert (seen["alive"], seen["exit_status"]) == (False, 3)
    assert "out of luck" in seen["log"]


def test_a_job_that_was_killed_has_no_status(host: Path) -> None:
    job(host, "sleep 60")
    ask(host, "start", JOB)
    pid = json.loads((host / "jobs" / JOB / "process.json").read_text())["pid"]
    os.killpg(pid, signal.SIGKILL)
    wait_until(lambda: not ask(host, "poll", JOB)["alive"])
    assert ask(host, "poll", JOB)["exit_status"] is None


def test_events_are_told_once_and_only_in_whole_lines(host: Path) -> None:
    folder = job(host, "")
    (folder / "events.jsonl").write_text('{"n": 1}\n{"n": 2}\n{"n"')
    seen = ask(host, "poll", JOB)
    assert seen["events"] == [{"n": 1}, {"n": 2}]
    (folder / "events.jsonl").write_text('{"n": 1}\n{"n": 2}\n{"n": 3}\n')
    assert ask(host, "poll", JOB, str(seen["offset"]))["events"] == [{"n": 3}]


def test_removing_a_job_ends_it_with_all_that_it_started(host: Path) -> None:
    job(host, "trap '' TERM; sleep 1000 & sleep 1000")
    ask(host, "start", JOB)
    inside = str(host / "jobs")
    wait_until(lambda: any(p.info["cmdline"][-1:] == ["1000"] for p in here(inside)))
    assert ask(host, "remove", JOB) == {"removed": True}
    assert here(inside) == []
    assert not (host / "jobs" / JOB).exists()


def here(folder: str) -> list[psutil.Process]:
    found = psutil.process_iter(["cwd", "cmdline"])
    return [p for p in found if str(p.info["cwd"] or "").startswith(folder) and p.status() != psutil.STATUS_ZOMBIE]


def test_another_process_with_the_same_number_is_not_taken_for_the_job(host: Path) -> None:
    folder = job(host, "")
    (folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "born": 1}))
    assert ask(host, "poll", JOB)["alive"] is False
    assert ask(host, "abort", JOB) == {"aborted": False}


def test_a_job_that_ended_before_its_number_was_noted_is_not_alive(host: Path) -> None:
    folder = job(host, "")
    (folder / "process.json").write_text(json.dumps({"pid": 1 << 30, "born": None}))
    assert ask(host, "poll", JOB)["alive"] is False


def test_a_job_whose_folder_has_gone_is_told_so(host: Path) -> None:
    assert ask(host, "start", JOB) == {"started": False, "gone": True}


def test_a_run_has_the_log_and_the_events_of_itself_only(host: Path) -> None:
    folder = job(host, "echo second; exit 1")
    (folder / "log.txt").write_text("first: CUDA error: an illegal memory access was encountered\n")
    (folder / "events.jsonl").write_text('{"event": "out-of-memory"}\n')
    ask(host, "start", JOB)
    wait_until(lambda: ask(host, "poll", JOB)["exit_status"] is not None)
    seen = ask(host, "poll", JOB)
    assert (seen["log"], seen["events"]) == ("second\n", [])


def begun_job(host: Path, name: str, *, phase: str, tiles: int = 7, beat: int = 1) -> None:
    state = host / "jobs" / name / "state.json"
    if not state.exists():
        job(host, "sleep 60", name)
        ask(host, "start", name)
    state.write_text(json.dumps({"phase": phase, "done": 0, "tiles": tiles, "beat": beat}))


def looked(host: Path, name: str, *, ago_s: float, quiet_s: float) -> None:
    """Makes the last look at a job one of so long ago, at which it had been quiet for so long."""
    file = host / "jobs" / name / "quiet.json"
    last = json.loads(file.read_text())
    file.write_text(json.dumps({**last, "at": time.time() - ago_s, "quiet_s": quiet_s}))


HUNG, SLOW, WAITING = (f"{digit}" * 16 for digit in "123")


def alive(host: Path) -> dict[str, bool]:
    return {one["job"]: one["alive"] for one in ask(host, "list")["jobs"]}


def test_a_job_that_hangs_is_ended_by_who_waits_for_its_turn_although_its_heart_beats(host: Path) -> None:
    for name in (HUNG, SLOW):
        begun_job(host, name, phase="running")
    begun_job(host, WAITING, phase="waiting")
    for name in (SLOW, HUNG):  # who computes waits for nobody
        ask(host, "poll", name)
    assert not (host / "jobs" / HUNG / "quiet.json").exists()
    ask(host, "poll", WAITING)
    for name, tiles in ((HUNG, 7), (SLOW, 8)):
        looked(host, name, ago_s=5, quiet_s=1199)
        begun_job(host, name, phase="running", tiles=tiles, beat=2)
    ask(host, "poll", WAITING)
    assert alive(host) == {HUNG: False, SLOW: True, WAITING: True}
    for name in (HUNG, SLOW, WAITING):
        ask(host, "remove", name)


def test_who_waits_writes_nothing_to_jobs_that_are_dead_so_they_grow_old(host: Path) -> None:
    begun_job(host, WAITING, phase="waiting")
    (job(host, "", SLOW) / "state.json").write_text('{"phase": "running"}')
    ask(host, "poll", WAITING)
    assert not (host / "jobs" / SLOW / "quiet.json").exists()
    ask(host, "remove", WAITING)


def test_a_job_that_cannot_be_noted_does_not_run(host: Path) -> None:
    folder = job(host, "sleep 60")
    no_room = f"ulimit -f 0; exec {sys.executable} agent.py start {JOB}"
    done = subprocess.run(["sh", "-c", no_room], cwd=host, capture_output=True, text=True, timeout=60, check=False)
    assert "File too large" in done.stderr
    wait_until(lambda: not any(process.info["cwd"] == str(folder) for process in psutil.process_iter(["cwd"])))


def test_a_job_is_not_taken_for_hung_after_a_pause_of_the_machine(host: Path) -> None:
    begun_job(host, SLOW, phase="running")
    begun_job(host, WAITING, phase="waiting")
    ask(host, "poll", WAITING)
    looked(host, SLOW, ago_s=9000, quiet_s=5)
    ask(host, "poll", WAITING)
    assert all(alive(host).values())
    for name in (SLOW, WAITING):
        ask(host, "remove", name)


def test_what_others_put_among_the_jobs_is_none(host: Path) -> None:
    job(host, "sleep 60")
    (host / "jobs" / ".ipynb_checkpoints").mkdir()
    ask(host, "start", JOB)
    assert list(alive(host)) == [JOB]
    assert ask(host, "sweep", "0") == {"removed": []}
    ask(host, "remove", JOB)


def test_old_jobs_are_swept_and_running_ones_are_not(host: Path) -> None:
    old, running, new = (f"{digit}" * 16 for digit in "123")
    for name in (old, running, new):
        job(host, "sleep 60" if name == running else "", name)
    ask(host, "start", running)
    for name in (old, running):
        for path in [host / "jobs" / name, *(host / "jobs" / name).iterdir()]:
            os.utime(path, (1, 1))
    assert ask(host, "sweep", "3600") == {"removed": [old]}
    ask(host, "remove", running)


def test_what_is_written_while_a_job_is_removed_goes_too(host: Path) -> None:
    folder = job(host, "")
    writer = "import os, time, sys\nfor n in range(200):\n os.makedirs(sys.argv[1] + f'/{n}', exist_ok=True); time.sleep(0.001)"
    with subprocess.Popen([sys.executable, "-c", writer, str(folder)]) as writing:
        wait_until(lambda: (folder / "0").exists())
        while writing.poll() is None:
            assert ask(host, "remove", JOB) == {"removed": True}
        assert ask(host, "remove", JOB) == {"removed": True}
    assert not folder.exists()


def test_what_cannot_be_removed_is_not_called_removed(host: Path) -> None:
    with small_disk(job(host, "") / "busy", "size=1m"):
        assert ask(host, "remove", JOB) == {"removed": False}
    assert ask(host, "remove", JOB) == {"removed": True}


def test_cleaning_removes_everything_of_ours_and_nothing_else(host: Path) -> None:
    job(host, "sleep 60")
    ask(host, "start", JOB)
    (host / "weights").mkdir()
    (host / "weights" / f"{'0a' * 32}.pth").write_bytes(b"x" * 1000)
    (host / "packages-0a1b").mkdir()
    (host / "pieces.part-0a1b").mkdir()
    (host / ".new-12").write_text("")
    (host / "thesis.txt").write_text("not ours")
    gone = ask(host, "clean")
    assert gone["removed"] == [JOB]
    assert 1000 < gone["freed"] < 2000
    assert sorted(path.name for path in host.iterdir()) == ["agent.py", "thesis.txt"]


def test_cleaning_leaves_what_others_keep_in_folders_of_the_same_names(host: Path) -> None:
    job(host, "")
    theirs = [host / "jobs" / "application.pdf", host / "weights" / "resnet.pth"]
    for file in theirs:
        file.parent.mkdir(exist_ok=True)
        file.write_text("not ours")
    assert ask(host, "clean")["removed"] == [JOB]
    assert all(file.exists() for file in theirs)


def test_the_agent_is_nothing_that_cleaning_frees(host: Path) -> None:
    (host / "agent.py").rename(host / "agent-0a1b.py")
    told = subprocess.run(
        (sys.executable, "agent-0a1b.py", "clean"), cwd=host, capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(told) == {"removed": [], "freed": 0}
    assert list(host.iterdir()) == []


def test_a_survey_tells_what_a_host_has(host: Path) -> None:
    found = ask(host, "survey")
    assert found["cores"] == os.cpu_count()
    assert found["memory"] == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    assert isinstance(found["disk_free"], int)


def test_a_gpu_is_told_as_nvidia_smi_tells_it(host: Path) -> None:
    program = host / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'Tesla T4, 15360, 100, 15260, 550.54.15'\n")
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    (gpu,) = ask(host, "survey", env=env)["gpus"]
    assert (gpu["name"], gpu["total"], gpu["driver"]) == ("Tesla T4", 15360 << 20, "550.54.15")
    program.write_text("#!/bin/sh\necho 'NVIDIA GB10, [N/A], [N/A], [N/A], 580.95.05'\n")
    assert ask(host, "survey", env=env)["gpus"][0]["total"] == 0
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed because ...'; exit 9\n")
    assert "has failed" in ask(host, "survey", env=env)["gpus"]["fault"]


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "x" * 16])
def test_a_job_s_name_is_no_path(name: str, host: Path) -> None:
    done = subprocess.run([sys.executable, "agent.py", "remove", name], cwd=host, capture_output=True, check=False)
    assert done.returncode != 0
