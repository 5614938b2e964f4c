"""Which host gets the next chunk."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from montage_recipe.diagnostics import Diagnostic, HostError, Interrupted
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.pool import SLOTS, NoHostLeft, Pool


def specs(folder: Path, *names: str) -> list[HostSpec]:
    return [HostSpec(name=name, kind=HostKind.LOCAL, folder=str(folder / name)) for name in names]


def fault(name: str) -> HostError:
    return HostError([Diagnostic(code="gpu-quota", message=f"{name} has no time left")])


def test_chunks_are_spread_over_hosts_in_the_order_of_preference(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "first", "second"), stop=lambda: False)
    with pool.lease() as a, pool.lease() as b, pool.lease() as c, pool.lease() as d:
        assert [lease.spec.name for lease in (a, b, c, d)] == ["first", "second", "first", "second"]


def test_the_host_that_has_begun_a_chunk_gets_it_again(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "first", "second"), stop=lambda: False)
    with pool.lease(prefer="second") as lease:
        assert lease.spec.name == "second"


def test_a_host_that_is_ruled_out_gets_nothing_more(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "first", "second"), stop=lambda: False)
    pool.rule_out(pool.specs[0], fault("first"))
    with pool.lease(prefer="first") as lease:
        assert lease.spec.name == "second"


def test_without_a_host_left_all_are_told_why(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "first", "second"), stop=lambda: False)
    for spec in pool.specs:
        pool.rule_out(spec, fault(spec.name))
    with pytest.raises(NoHostLeft) as caught, pool.lease():
        raise AssertionError("there was a host")
    assert [d.message for d in caught.value.diagnostics] == ["first has no time left", "second has no time left"]


def test_a_host_has_only_so_many_places(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "only"), stop=lambda: False)
    inside, leave = [threading.Event() for _ in range(SLOTS + 1)], threading.Event()

    def hold(number: int) -> None:
        with pool.lease():
            inside[number].set()
            leave.wait(10)

    threads = [threading.Thread(target=hold, args=(number,)) for number in range(SLOTS + 1)]
    for thread in threads[:-1]:
        thread.start()
    assert all(event.wait(10) for event in inside[:-1])
    threads[-1].start()
    assert not inside[-1].wait(0.5)
    leave.set()
    assert inside[-1].wait(10)
    for thread in threads:
        thread.join()


def test_waiting_for_a_place_ends_with_a_stop(tmp_path: Path) -> None:
    stopped = threading.Event()
    pool = Pool(specs(tmp_path, "only"), stop=stopped.is_set)
    leases = [pool.lease() for _ in range(SLOTS)]
    for lease in leases:
        lease.__enter__()
    threading.Timer(0.3, stopped.set).start()
    with pytest.raises(Interrupted), pool.lease():
        raise AssertionError("there was a place")


def test_a_way_that_works_is_used_again(tmp_path: Path) -> None:
    told: list[str] = []
    pool = Pool(specs(tmp_path, "only"), stop=lambda: False)
    with pool.lease() as lease:
        first = lease.host(lambda: told.append("first"))
    with pool.lease() as lease:
        assert lease.host(lambda: told.append("again")) is first
        lease.broken()
        assert lease.host(lambda: told.append("anew")) is not first
    assert pool.met(pool.specs[0])
    assert told == ["first", "anew"]


def test_a_last_resort_gets_nothing_while_another_host_is_left(tmp_path: Path) -> None:
    first, second = specs(tmp_path, "first", "second")
    pool = Pool([first, replace(second, last_resort=True)], stop=lambda: False)
    with pool.lease() as a, pool.lease() as b:
        assert [a.spec.name, b.spec.name] == ["first", "first"]
        assert a.instead_of == ()
    pool.rule_out(first, fault("first"))
    with pool.lease() as lease:
        assert lease.spec.name == "second"
        assert [why.message for why in lease.instead_of] == ["first has no time left"]


def test_a_host_that_cannot_do_one_chunk_gets_others(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "only"), stop=lambda: False)
    with pytest.raises(NoHostLeft, match="only has no time left"), pool.lease(without={"only": fault("only")}):
        raise AssertionError("there was a host")
    with pool.lease() as lease:
        assert lease.spec.name == "only"


def test_one_that_is_not_to_be_replaced_is_not(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "first", "second"), stop=lambda: False)
    pool.rule_out(pool.specs[0], fault("first"))
    with pytest.raises(NoHostLeft, match="first has no time left"), pool.lease("first", only="first"):
        raise AssertionError("another took its place")


def test_who_has_a_place_can_stop_its_calls_and_nobody_elses(tmp_path: Path) -> None:
    pool = Pool(specs(tmp_path, "only"), stop=lambda: False)
    stop = threading.Event()
    with pool.lease(stop=stop.is_set) as lease:
        way = lease.host()
    with pool.lease(stop=stop.is_set) as lease, pool.lease() as other:
        assert lease.host() is way  # and the stop is that of who has it now
        threading.Timer(0.2, stop.set).start()
        begun = time.monotonic()
        with pytest.raises(Interrupted):
            lease.host().run(("sleep", "30"), timeout_s=60)
        assert time.monotonic() - begun < 10
        assert other.host().run(("true",), timeout_s=10).status == 0
    with pytest.raises(Interrupted), pool.lease(stop=stop.is_set):
        raise AssertionError("it was stopped before")
    with pool.lease() as lease:
        assert lease.host() is not way
        assert lease.host().run(("true",), timeout_s=10).status == 0
    pool.close()
