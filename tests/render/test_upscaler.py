"""Which hosts a recipe may use, and what is told of those that it cannot have."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from montage_recipe.diagnostics import RecipeError, Severity
from montage_recipe.render.store import Store
from montage_recipe.render.upscaler import HostChoice, Upscaler, hosts_for
from montage_recipe.stopping import never
from montage_recipe.upscale.cleaning import note_begun, tidy
from montage_recipe.upscale.hosts.inventory import ENVIRONMENT, THIS_MACHINE, HostKind, HostSpec
from montage_recipe.upscale.hosts.local import LocalHost
from montage_recipe.upscale.hosts.port import Ran
from montage_recipe.upscale.upscaling import owner_of
from tests.recipe.making import recipe_of
from tests.timeline.making import HEAD

CLIP = "clips:\n  - {src: a.mp4, upscale: {factor: 2}}\n"


@pytest.fixture(autouse=True)
def without_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("hosts", "reason"), [("", "no GPU host is named"), ("hosts: [far], ", "no GPU host is called `far` here")]
)
def test_that_this_machine_takes_over_is_a_warning(hosts: str, reason: str) -> None:
    choice = hosts_for(recipe_of(f"{HEAD}{CLIP}gpu: {{{hosts}on_failure: local}}\n"))
    assert choice.specs == (THIS_MACHINE,)
    (warning,) = choice.absent
    assert warning.message == f"{reason}; this machine takes its place (`on_failure: local`)"
    assert warning.severity is Severity.WARNING


def test_without_a_host_nothing_can_be_done() -> None:
    with pytest.raises(RecipeError, match="no GPU host is named"):
        hosts_for(recipe_of(HEAD + CLIP))


@pytest.mark.parametrize("may_start", [True, False])
def test_what_is_old_on_a_host_goes_at_the_end_and_no_earlier(may_start: bool, tmp_path: Path) -> None:
    old = tmp_path / "host" / "jobs" / ("0123456789abcdef" * 2)
    old.mkdir(parents=True)
    os.utime(old, (time.time() - 4 * 24 * 3600,) * 2)
    spec = HostSpec(name="here", kind=HostKind.LOCAL, folder=str(tmp_path / "host"), python=sys.executable)
    with Store.open(tmp_path / "store") as store:
        choice = HostChoice(specs=(spec,))
        upscaler = Upscaler(choice, store=store, emit=lambda event: None, stop=never, may_start=may_start)
        with upscaler.pool.lease() as lease:
            lease.host()
        assert old.exists()
        upscaler.tidy()
        upscaler.close()
    assert old.exists() is not may_start


@pytest.mark.parametrize("may_start", [True, False])
@pytest.mark.parametrize("stopped", [False, True])
def test_what_was_left_of_a_finished_chunk_goes_at_the_end(stopped: bool, may_start: bool, tmp_path: Path) -> None:
    key, name = "ab" * 32, "0123456789" * 4
    spec = HostSpec(name="here", kind=HostKind.LOCAL, folder=str(tmp_path / "host"), python=sys.executable)
    left = tmp_path / "host" / "jobs" / name
    left.mkdir(parents=True)
    stop = threading.Event()
    with Store.open(tmp_path / "store") as store:
        publish(store, key)
        note_begun(store, spec, key, name, stop=never)
        upscaler = Upscaler(
            HostChoice(specs=(spec,)), store=store, emit=lambda event: None, stop=stop.is_set, may_start=may_start
        )
        with closing(upscaler):
            upscaler.tidy()
            assert left.exists()  # no host has been called for it alone
            with upscaler.pool.lease() as lease:
                lease.host()
            if stopped:
                stop.set()
            upscaler.tidy()
        assert left.exists() is (stopped or not may_start)


LEFT = ("aa" * 20, "bb" * 20)  # jobs, each called like its chunk


@pytest.fixture
def store_of_left(tmp_path: Path) -> Iterator[tuple[Store, HostSpec]]:
    """One that has the chunks of LEFT, and notes that their jobs are on the host."""
    spec = HostSpec(name="here", kind=HostKind.LOCAL, folder=str(tmp_path), python=sys.executable)
    with Store.open(tmp_path / "store") as store:
        for name in LEFT:
            publish(store, name)
            note_begun(store, spec, name, name, stop=never)
        yield store, spec


def test_one_job_that_cannot_be_removed_does_not_keep_the_others(
    store_of_left: tuple[Store, HostSpec], tmp_path: Path
) -> None:
    store, spec = store_of_left
    asked: list[str] = []

    class Stubborn(LocalHost):
        def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
            asked.extend(argv[3:] if argv[2] == "remove" else ())
            return Ran(status=0, stdout=json.dumps({"removed": argv[-1] != LEFT[0]}), stderr="")

    host = Stubborn(spec, stop=never)
    for _ in range(2):
        tidy(host, store, scratch=tmp_path, stop=never)
    assert asked == [*LEFT, LEFT[0]]


def test_the_note_of_a_job_that_was_begun_again_meanwhile_stays(
    store_of_left: tuple[Store, HostSpec], tmp_path: Path
) -> None:
    store, spec = store_of_left

    class BegunAgain(LocalHost):
        def run(self, argv: Sequence[str], *, timeout_s: float) -> Ran:
            if argv[2] == "remove":
                for name in LEFT:
                    note_begun(store, spec, "another", name, stop=never)
            return Ran(status=0, stdout=json.dumps({"removed": True}), stderr="")

    tidy(BegunAgain(spec, stop=never), store, scratch=tmp_path, stop=never)
    assert everything(store).count(" another ") == 2


def test_notes_of_two_at_once_are_both_kept(tmp_path: Path) -> None:
    spec = HostSpec(name="here", kind=HostKind.LOCAL, folder=str(tmp_path), python=sys.executable)
    with SlowStore.open(tmp_path / "store") as store:
        both = [
            threading.Thread(target=note_begun, args=(store, spec, "k", n * 8), kwargs={"stop": never}) for n in "ab"
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert sum(line.startswith(("a" * 8, "b" * 8)) for line in everything(store).splitlines()) == 2


def publish(store: Store, key: str) -> None:
    with store.run_folder() as run:
        (run.path / "result").write_bytes(b"kept")
        store.publish(key, run.path / "result")


def everything(store: Store) -> str:
    with closing(sqlite3.connect(store.root / "index.sqlite3")) as index:
        return "\n".join(value for (value,) in index.execute("SELECT value FROM memo"))


class SlowStore(Store):
    """Long enough between reading and writing for another one to come in between."""

    def recall(self, key: str) -> str | None:
        found = super().recall(key)
        time.sleep(0.3)
        return found


def test_two_that_begin_at_once_have_one_name_for_their_jobs(tmp_path: Path) -> None:
    with SlowStore.open(tmp_path) as store:
        names = set[str]()
        both = [threading.Thread(target=lambda: names.add(owner_of(store, never))) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
    assert len(names) == 1
