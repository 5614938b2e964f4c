"""How much memory is used, and how much may be."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from montage_recipe.render.hardware import SHARES, hardware_of, limits_for
from montage_recipe.render.memory import (
    Limits,
    MemoryWatch,
    available_cores,
    available_memory_bytes,
    oom_kills,
    peak_rss_bytes,
    total_memory_bytes,
)
from montage_recipe.render.trimming import drop_caches
from montage_recipe.settings import Hardware, Settings
from montage_recipe.titles.fonts import builtin_facts
from tests.render.factory import MIB, late_s

GIB = 1024 * MIB


def test_the_watch_sees_this_process_and_its_children_together() -> None:
    code = "import sys; x = bytearray(80 << 20); print(flush=True); sys.stdin.readline()"
    argv = (sys.executable, "-c", code)
    with MemoryWatch() as watch, subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        watch.add(child.pid)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.3)
        watch.remove(child.pid)
        child.communicate(b"\n")
    assert 80 * MIB < watch.peak_child_bytes < 160 * MIB
    assert watch.peak_total_bytes > watch.peak_child_bytes + 10 * MIB


def test_children_that_are_no_jobs_count_and_those_that_are_count_once() -> None:
    code = "import sys; x = bytearray(80 << 20); print(flush=True); sys.stdin.readline()"
    watch = MemoryWatch()
    with subprocess.Popen((sys.executable, "-c", code), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        before = watch.sample()
        watch.add(child.pid)
        after = watch.sample()
        watch.remove(child.pid)
        child.communicate(b"\n")
    assert (before.children, after.others_bytes) == ({}, 0)
    assert 80 * MIB < before.others_bytes < 160 * MIB
    assert after.children == {child.pid: pytest.approx(before.others_bytes, rel=0.1)}


def test_what_passes_the_limit_is_ended_at_once() -> None:
    # 250 MB a second; ffmpeg grows by up to 600 when it starts, and the watch looks ahead for that.
    code = "import time; x = []\nfor _ in range(60): x.append(bytearray(1 << 20)); time.sleep(0.003)\ntime.sleep(600)"
    limit = psutil.Process().memory_info().rss + 50 * MIB
    with MemoryWatch(limit) as watch, subprocess.Popen((sys.executable, "-c", code)) as child:
        watch.add(child.pid)
        assert child.wait(20) == -9
        seen = watch.remove(child.pid)
    assert seen is not None
    assert watch.peak_total_bytes < limit + 2 * late_s(watch.pressure.longest_gap_s) * 250 * MIB


def test_the_longest_time_without_a_look_is_known() -> None:
    watch = MemoryWatch()
    watch.sample()
    time.sleep(0.2)
    watch.sample()
    watch.sample()
    assert 0.2 <= watch.pressure.longest_gap_s <= watch.now_s()


def test_a_process_made_smaller_reads_its_fonts_again() -> None:
    builtin_facts()
    drop_caches()
    assert builtin_facts.cache_info().currsize == 0


KILLS = {
    "version 2": ("0::/a\n", {"a/memory.events": "low 0\noom 2\noom_kill 1\noom_group_kill 0\n"}, 1),
    "version 1": ("4:memory:/a\n", {"memory/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"}, 3),
    "an old kernel": ("4:memory:/a\n", {"memory/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"}, None),
    "no cgroup": ("", {}, None),
}


@pytest.mark.parametrize("name", KILLS)
def test_what_the_kernel_has_killed_is_counted_where_it_says_so(tmp_path: Path, name: str) -> None:
    lines, files, expected = KILLS[name]
    assert oom_kills(cgroups(tmp_path, lines, files)) == expected


def test_a_childs_own_high_mark_counts_where_the_parents_covers_it() -> None:
    """The kernel starts a child's ru_maxrss at the size of the process that forked it."""
    assert peak_rss_bytes(300 * 1024, 300 * MIB, 40 * MIB) == 40 * MIB
    assert peak_rss_bytes(500 * 1024, 300 * MIB, 480 * MIB) == 500 * MIB
    assert peak_rss_bytes(300 * 1024, 300 * MIB, 0) == 300 * MIB


def cgroups(folder: Path, lines: str, files: dict[str, str]) -> Path:
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/self/cgroup").write_text(lines)
    for name, text in files.items():
        file = folder / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


CORES = {
    "no quota": ("0::/a\n", {"a/cpu.max": "max 100000\n"}, None),
    "version 2": ("0::/a/b\n", {"a/cpu.max": "100000 100000\n", "a/b/cpu.max": "max 100000\n"}, 1),
    "version 1": ("4:cpu,cpuacct:/a\n3:memory:/\n", {"cpu/a/cpu.cfs_quota_us": "-1\n"}, None),
    "version 1 with a quota": (
        "4:cpu:/\n",
        {"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"},
        1,
    ),
    "less than one core": ("0::/\n", {"cpu.max": "20000 100000\n"}, 1),
}


@pytest.mark.parametrize("name", CORES)
def test_cores_are_those_of_the_affinity_within_the_quota(tmp_path: Path, name: str) -> None:
    lines, files, expected = CORES[name]
    assert available_cores(cgroups(tmp_path, lines, files)) == (expected or len(os.sched_getaffinity(0)))


MEMORY = {
    "version 2": ("0::/a\n", {"a/memory.max": "3000000\n", "a/memory.current": "1000000\n"}, 2_000_000),
    "version 2, the outer one is less": (
        "0::/a\n",
        {
            "a/memory.max": "3000000\n",
            "a/memory.current": "1000000\n",
            "memory.max": "500000\n",
            "memory.current": "100000\n",
        },
        400_000,
    ),
    "version 1, files that were read do not count": (
        "4:memory:/\n",
        {
            "memory/memory.limit_in_bytes": "3000000\n",
            "memory/memory.usage_in_bytes": "2900000\n",
            "memory/memory.stat": "cache 2000000\ntotal_inactive_file 1900000\n",
        },
        2_000_000,
    ),
    "used up": ("0::/\n", {"memory.max": "1000\n", "memory.current": "2000\n"}, 0),
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_is_what_the_cgroup_leaves(tmp_path: Path, name: str) -> None:
    lines, files, expected = MEMORY[name]
    assert available_memory_bytes(cgroups(tmp_path, lines, files)) == expected


def test_without_a_limit_memory_is_what_is_free(tmp_path: Path) -> None:
    room = available_memory_bytes(cgroups(tmp_path, "0::/\n", {"memory.max": "max\n"}))
    assert room == pytest.approx(psutil.virtual_memory().available, rel=0.2)


def test_settings_go_before_what_is_found() -> None:
    given = Settings(jobs=7, memory_limit_bytes=GIB, parallel_jobs=3, open_inputs=5, parallel_upscales=2)
    assert limits_for(given) == Limits(jobs=7, memory_bytes=GIB, parallel_jobs=3, open_inputs=5, parallel_upscales=2)
    found = limits_for(Settings())
    assert found.jobs >= 1
    assert 0 < found.memory_bytes < psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("memory_gib", "found"),
    [(8, Hardware.SMALL), (16, Hardware.SMALL), (17, Hardware.MEDIUM), (32, Hardware.MEDIUM), (64, Hardware.LARGE)],
)
def test_a_machine_has_the_profile_of_its_memory(memory_gib: int, found: Hardware) -> None:
    assert hardware_of(Settings(), memory_gib * GIB) is found
    assert hardware_of(Settings(hardware=Hardware.LARGE), memory_gib * GIB) is Hardware.LARGE


def test_a_larger_machine_does_more_at_once() -> None:
    shares = [SHARES[hardware] for hardware in (Hardware.SMALL, Hardware.MEDIUM, Hardware.LARGE)]
    assert sorted(shares, key=lambda share: (share.parallel_jobs, share.open_inputs, share.of_free_memory)) == shares


def test_a_cgroup_s_limit_is_the_machine_s_memory(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/box\n")
    (tmp_path / "sys/fs/cgroup/box").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/box/memory.max").write_text(f"{3 * GIB}\n")
    assert total_memory_bytes(tmp_path) == 3 * GIB
