"""The store keeps finished work, whoever else uses it and however the last build died."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from montage_recipe.diagnostics import StoreError
from montage_recipe.render.events import JobStarted
from montage_recipe.render.locks import FileLock
from montage_recipe.render.run_log import RunLog
from montage_recipe.render.store import USE_LOCK, Store
from tests.render.factory import key_of


def put(store: Store, key: str, content: bytes = b"content") -> Path:
    with store.run_folder() as run:
        file = run.path / "out.mp4"
        file.write_bytes(content)
        return store.publish(key, file)


@contextmanager
def in_another_process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python that runs `code`; the body begins once it has printed a line."""
    argv = (sys.executable, "-c", code, *(str(argument) for argument in arguments))
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline()
            yield child
        finally:
            child.kill()


HOLD_OPEN = """
import sys
from pathlib import Path
from montage_recipe.render.store import USE_LOCK, Store
with Store.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.readline()
"""


def test_what_is_published_is_found_again(tmp_path: Path) -> None:
    key = key_of(1)
    with Store.open(tmp_path / "store") as store:
        assert store.find(key) is None
        path = put(store, key)
    assert path == tmp_path / "store" / "objects" / key[:2] / f"{key}.mp4"
    with Store.open(tmp_path / "store") as store:
        assert store.find(key) == path
        assert path.read_bytes() == b"content"


@pytest.mark.parametrize("size", [0, 1, 6, 8])
def test_an_object_of_another_size_is_a_miss(tmp_path: Path, size: int) -> None:
    with Store.open(tmp_path) as store:
        os.truncate(put(store, key_of(1)), size)
        assert store.find(key_of(1)) is None
        put(store, key_of(1))
        assert store.find(key_of(1)) is not None


def test_a_forgotten_object_is_gone(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        path = put(store, key_of(1))
        store.forget(key_of(1))
        assert store.find(key_of(1)) is None
        assert not path.exists()


def test_the_store_is_ignored_by_git_and_by_backups(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store"):
        assert (tmp_path / "store" / ".gitignore").read_text() == "*\n"
        assert (
            (tmp_path / "store" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
        )


def test_lookups_write_nothing_until_the_end(tmp_path: Path) -> None:
    """Each write waits for the disk."""
    with Store.open(tmp_path) as store, closing(sqlite3.connect(tmp_path / "index.sqlite3")) as watcher:
        put(store, key_of(1))
        versions = [_version_seen_by(watcher)]
        assert all(store.find(key_of(1)) for _ in range(100))
        versions.append(_version_seen_by(watcher))
        store.remember("that", "the watcher sees writes")
        versions.append(_version_seen_by(watcher))
    assert versions[0] == versions[1] != versions[2]


def _version_seen_by(watcher: sqlite3.Connection) -> int:
    """It changes with each write of another connection."""
    version: int = watcher.execute("PRAGMA data_version").fetchone()[0]
    return version


# --- size ----------------------------------------------------------------------------------------------------------


def test_the_object_unused_for_longest_goes_first(tmp_path: Path) -> None:
    clock = count(1)
    with Store.open(tmp_path, clock_ns=lambda: next(clock)) as store:
        for name in ("a", "b", "c"):
            put(store, key_of(name), b"x" * 100)
        store.find(key_of("a"))
    with Store.open(tmp_path, limit_bytes=250, clock_ns=lambda: next(clock)):
        pass
    with Store.open(tmp_path) as store:
        assert [name for name in ("a", "b", "c") if store.find(key_of(name))] == ["a", "c"]
        assert store.size().bytes == 200


def test_nothing_is_evicted_while_another_process_uses_the_store(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(store, key_of(1), b"x" * 100)
        with in_another_process(HOLD_OPEN, tmp_path):
            assert store.prune(0) is None
            assert store.clear() is None
            assert store.find(key_of(1)) is not None
    with in_another_process(HOLD_OPEN, tmp_path), Store.open(tmp_path, limit_bytes=0):
        pass
    with Store.open(tmp_path) as store:
        assert store.find(key_of(1)) is not None


def test_a_store_is_within_its_limit_from_the_moment_it_is_opened(tmp_path: Path) -> None:
    """The build before may have been killed."""
    with Store.open(tmp_path) as store:
        put(store, key_of(1), b"x" * 100)
    with Store.open(tmp_path, limit_bytes=99) as store:
        assert store.size().bytes == 0


def test_a_build_that_fails_leaves_the_store_within_its_limit(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Store.open(tmp_path, limit_bytes=99) as store:
        put(store, key_of(1), b"x" * 100)
        raise ZeroDivisionError
    with Store.open(tmp_path) as store:
        assert store.size().bytes == 0


def test_an_object_the_index_does_not_know_is_evicted_too(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(store, key_of(1), b"x" * 100)
        stray = tmp_path / "objects" / "ab" / f"ab{'0' * 62}.mp4"
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"y" * 100)
        os.utime(stray, (1, 1))
        freed = store.prune(50)
        assert freed is not None
        assert (freed.files, freed.bytes) == (2, 200)
        assert not stray.exists()


def test_clearing_removes_objects_outputs_and_logs(tmp_path: Path) -> None:
    output = tmp_path / "montage.mp4"
    output.write_bytes(b"finished")
    with Store.open(tmp_path / "store") as store:
        put(store, key_of(1))
        store.record_output(output, key_of(2))
        store.keep_log("a", "log")
        run_log = RunLog(store.logs, runs=10, size_bytes=1 << 20, now=lambda: datetime.now(UTC))
        run_log.hear(JobStarted(key="k", kind="video", label="clip 1", duration_s=1.0))
        run_log.close()
        freed = store.clear()
        assert freed is not None
        assert freed.files == 3
        assert not store.logs.exists()
        assert store.find(key_of(1)) is None
        assert not store.is_output_current(output, key_of(2))
        assert store.size().objects == 0
        store.keep_log("a", "log")  # the store is as good as new


# --- outputs, memo, logs -------------------------------------------------------------------------------------------


def test_an_output_is_current_until_somebody_touches_it(tmp_path: Path) -> None:
    output = tmp_path / "montage.mp4"
    output.write_bytes(b"finished")
    with Store.open(tmp_path / "store") as store:
        store.record_output(output, key_of(1))
        assert store.is_output_current(output, key_of(1))
        assert not store.is_output_current(output, key_of(2))
        output.write_bytes(b"Finished")
        os.utime(output, (1, 1))
        assert not store.is_output_current(output, key_of(1))
        output.unlink()
        assert not store.is_output_current(output, key_of(1))


def test_what_is_remembered_outlives_the_store_object(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert store.memo.get("a") is None
        for number in range(600):
            store.memo.put(f"k{number}", str(number))
        assert store.memo.get("k599") == "599"
    with Store.open(tmp_path) as store:
        assert [store.memo.get(f"k{number}") for number in (0, 599)] == ["0", "599"]


def test_only_the_last_logs_are_kept(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        logs = [store.keep_log(f"{number}", f"log {number}") for number in range(25)]
    assert logs[-1].read_text() == "log 24"
    assert sum(log.exists() for log in logs) == 20


def test_the_log_of_a_failed_job_holds_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLAB_TOKEN", "s3cr3t-value")
    with Store.open(tmp_path) as store:
        log = store.keep_log("a", "opened with s3cr3t-value\nAuthorization: token abc\nsaid \udc80")
    assert log.read_text() == "opened with ***\nAuthorization: token ***\nsaid \\udc80"


# --- what can happen to the index ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(11))
def test_a_torn_index_is_rebuilt_or_still_right(tmp_path: Path, part: int) -> None:
    with Store.open(tmp_path) as store:
        paths = {key_of(number): put(store, key_of(number)) for number in range(50)}
    index = tmp_path / "index.sqlite3"
    os.truncate(index, index.stat().st_size * part // 10)
    with Store.open(tmp_path) as store:
        assert {key: store.find(key) for key in paths} == paths
        warned = [warning.code for warning in store.take_warnings()]
    assert warned == ([] if part == 10 else ["store-index-rebuilt"])


def test_an_index_of_nonsense_is_rebuilt_with_a_warning(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        path = put(store, key_of(1))
    (tmp_path / "index.sqlite3").write_bytes(os.urandom(8192))
    with Store.open(tmp_path) as store:
        assert [warning.code for warning in store.take_warnings()] == ["store-index-rebuilt"]
        assert store.take_warnings() == ()
        assert store.find(key_of(1)) == path


def test_an_index_of_another_version_is_rebuilt(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        put(store, key_of(1))
    with sqlite3.connect(tmp_path / "index.sqlite3") as connection:
        connection.executescript("DROP TABLE objects; PRAGMA user_version = 0;")
    connection.close()
    with Store.open(tmp_path) as store:
        assert store.find(key_of(1)) is not None


def test_an_index_that_breaks_in_use_is_rebuilt(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for number in range(200):
            put(store, key_of(number))
        with (tmp_path / "index.sqlite3").open("r+b") as index:
            index.seek(0)
            index.write(b"\xff" * 4096 * 4)
        assert all(store.find(key_of(number)) for number in range(200))
        put(store, key_of(999))
        assert store.find(key_of(999)) is not None


# --- several at once -----------------------------------------------------------------------------------------------

PUBLISH_MANY = """
import sys
from pathlib import Path
from montage_recipe.render.store import USE_LOCK, Store
from tests.render.factory import key_of
print("begin", flush=True)
sys.stdin.readline()
with Store.open(Path(sys.argv[1])) as store:
    for number in range(40):
        with store.run_folder() as run:
            file = run.path / "out.mp4"
            file.write_bytes(b"content %d" % number)
            store.publish(key_of(number), file)
        assert store.find(key_of(number)).read_bytes() == b"content %d" % number
print("end", flush=True)
"""


def test_two_processes_may_publish_the_same_at_once(tmp_path: Path) -> None:
    with in_another_process(PUBLISH_MANY, tmp_path) as one, in_another_process(PUBLISH_MANY, tmp_path) as two:
        for child in (one, two):
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        assert [child.wait(60) for child in (one, two)] == [0, 0]
    with Store.open(tmp_path) as store:
        assert store.take_warnings() == ()
        assert store.size().objects == 40


def test_what_one_does_at_a_time_is_never_done_by_two(tmp_path: Path) -> None:
    """The one that waits has the first one's lock file open, which is removed; the third makes a new one."""
    second_waits, second_holds, third_holds, second_ends = (threading.Event() for _ in range(4))

    def second() -> None:
        with store.hold("clip", lambda: False, waits=second_waits.set):
            second_holds.set()
            second_ends.wait(60)

    def third() -> None:
        with store.hold("clip", lambda: False):
            third_holds.set()

    with Store.open(tmp_path) as store:
        threads = [threading.Thread(target=work) for work in (second, third)]
        with store.hold("clip", lambda: False):
            threads[0].start()
            assert second_waits.wait(60)
        assert second_holds.wait(60)
        threads[1].start()
        assert not third_holds.wait(0.5)
        second_ends.set()
        assert third_holds.wait(60)
        for thread in threads:
            thread.join()
        assert list(store.locks.iterdir()) == []


def test_a_store_that_is_removed_while_it_is_opened_is_made_anew(tmp_path: Path) -> None:
    root = tmp_path / "stores" / "one"
    with Store.open(root):
        pass
    removing = FileLock(root / USE_LOCK)
    assert removing.try_exclusive()
    opened = threading.Event()

    def build() -> None:
        with Store.open(root) as store:
            put(store, key_of(1))
            opened.set()

    thread = threading.Thread(target=build)
    thread.start()
    assert not opened.wait(0.3)  # it waits for the lock
    root.rename(tmp_path / "going")
    removing.close()
    thread.join(60)
    assert opened.is_set()
    assert (root / "index.sqlite3").exists()
    with Store.open(root) as store:
        assert store.size().objects == 1


def test_threads_may_share_a_store(tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 20):
                put(store, key_of(number))
                assert store.find(key_of(number)) is not None
                store.memo.put(str(number), "x")
        except BaseException as error:
            faults.append(error)

    with Store.open(tmp_path) as store:
        threads = [threading.Thread(target=work, args=(first,)) for first in (0, 10, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert store.size().objects == 40


# --- run folders ---------------------------------------------------------------------------------------------------

DIE_WITH_FILES = """
import os, signal, sys
from pathlib import Path
from montage_recipe.render.store import USE_LOCK, Store
with Store.open(Path(sys.argv[1])) as store, store.run_folder() as run:
    (run.path / "job").mkdir()
    (run.path / "job" / "out.mp4").write_bytes(b"x" * 1000)
    (run.path / "job" / "in0").symlink_to(sys.argv[2])
    run.aside(Path(sys.argv[3])).write_bytes(b"y" * 500)
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_runs_files_are_swept_and_counted_but_not_what_they_point_to(tmp_path: Path) -> None:
    source, output = tmp_path / "footage.mp4", tmp_path / "montage.mp4"
    source.write_bytes(b"footage")
    with in_another_process(DIE_WITH_FILES, tmp_path / "store", source, output) as child:
        with Store.open(tmp_path / "store") as store, store.run_folder() as run:
            assert run.swept.files == 0  # it is alive
        child.kill()
        child.wait()
    with Store.open(tmp_path / "store") as store, store.run_folder() as run:
        assert (run.swept.files, run.swept.bytes) == (2, 1500)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footage.mp4", "store"]
    assert [path.name for path in (tmp_path / "store" / "runs").iterdir()] == [".lock"]


def test_a_run_folder_counts_what_it_removes(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.run_folder() as run:
        (run.path / "a").write_bytes(b"xyz")
        (run.folder("job") / "b").write_bytes(b"xyz")
    assert (run.freed.files, run.freed.bytes) == (2, 6)
    assert not run.path.exists()


def test_remarks_are_kept_with_their_object_at_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.run_folder() as run:
        (run.path / "out.mp4").write_bytes(b"x")
        store.publish(key_of(1), run.path / "out.mp4", "it is damaged")
        with Store.open(tmp_path) as other:  # as after a kill, nothing was flushed
            assert (other.remarks(key_of(1)), other.remarks(key_of(2))) == ("it is damaged", "")
        store.keep_remarks(key_of(1), "")
        assert store.remarks(key_of(1)) == ""


# --- disks that refuse ---------------------------------------------------------------------------------------------


def test_a_store_in_place_of_a_file_is_refused_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError) as failure:
        Store.open(tmp_path / "store")
    assert failure.value.diagnostics[0].hint


def test_a_store_nobody_may_write_to_is_refused_with_a_cure(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        place = Path("/proc/montage")  # root may write everywhere else
    else:
        tmp_path.chmod(0o500)
        place = tmp_path / "store"
    with pytest.raises(StoreError) as failure:
        Store.open(place)
    assert failure.value.diagnostics[0].hint


def test_a_deleted_object_folder_is_a_miss_and_is_made_again(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        path = put(store, key_of(1))
        path.unlink()
        path.parent.rmdir()
        assert store.find(key_of(1)) is None
        assert put(store, key_of(1)).exists()


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [b"caf\xe9.mp4", "café.mp4".encode()])
def test_any_name_of_a_file_can_be_remembered(tmp_path: Path, name: bytes) -> None:
    output = tmp_path / os.fsdecode(name)
    output.write_bytes(b"film")
    with Store.open(tmp_path / "store") as store:
        store.record_output(output, key_of(1))
        store.memo.put(f"fingerprint:{output}", "known")
    with Store.open(tmp_path / "store") as store:
        assert store.is_output_current(output, key_of(1))
        assert store.memo.get(f"fingerprint:{output}") == "known"


def test_a_path_that_sqlite_cannot_open_is_told_with_a_cure(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 200) / ("e" * 200) / ("f" * 100)
    deep.mkdir(parents=True)
    with pytest.raises(StoreError) as failure:
        Store.open(deep / "store")
    (fault,) = failure.value.diagnostics
    assert fault.code == "path-too-long"
    assert "--cache DIR" in fault.hint


def test_a_film_with_the_longest_name_has_a_name_beside_it(tmp_path: Path) -> None:
    target = tmp_path / ("é" * 125 + "e.mp4")
    with Store.open(tmp_path / "store") as store, store.run_folder() as run:
        part = run.aside(target)
        part.write_bytes(b"half")
        target.write_bytes(b"whole")
    assert not part.exists()
    assert target.read_bytes() == b"whole"


def test_that_sqlite_can_make_no_file_is_told_with_the_systems_reason(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        os.close(next_one := os.dup(0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, hard))
        try:
            with pytest.raises(StoreError, match="too many files are open") as caught:
                store.remember("key", "text")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert caught.value.diagnostics[0].code == "too-many-files"
        store.remember("key", "text")
        assert store.recall("key") == "text"
