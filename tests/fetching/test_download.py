"""One file, from a real server over a real connection."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from montage_recipe.diagnostics import FetchError, StoreError
from montage_recipe.fetching import connection
from montage_recipe.fetching.download import World, fetch, is_present
from montage_recipe.fetching.model import Begun, Ended, FetchEvent, Progress, Retried, Wanted
from montage_recipe.fetching.part import mark_of, part_of
from montage_recipe.fetching.rules import Rules
from tests.fetching.server import Manner, Served, serving

CONTENT = random.Random(7).randbytes(300_000)
HALF = 131_072


@dataclass(slots=True)
class Heard:
    """What was told, and how long it would have waited."""

    events: list[FetchEvent] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)

    def tell(self, event: FetchEvent) -> None:
        self.events.append(event)

    @property
    def world(self) -> World:
        return World(sleep=self.waits_s.append)


def wanted(folder: Path, served: Served, path: str = "/a.bin", *, content: bytes = CONTENT) -> Wanted:
    return Wanted(
        name="footage/a.bin",
        file=folder / "footage" / "a.bin",
        url=served.url(path),
        sha256=hashlib.sha256(content).hexdigest(),
        at=("media", "a", "file"),
    )


def brought(one: Wanted, rules: Rules | None = None) -> Heard:
    """A fetch that must succeed, and leaves nothing beside the file."""
    heard = Heard()
    fetch(one, rules or Rules(), heard.tell, heard.world)
    assert one.file.read_bytes() == CONTENT
    assert [file.name for file in one.file.parent.iterdir()] == ["a.bin"]
    assert one.file.stat().st_nlink == 1
    assert isinstance(heard.events[-1], Ended)
    return heard


def refused(one: Wanted, code: str, rules: Rules | None = None) -> str:
    """The message of the one fault."""
    heard = Heard()
    with pytest.raises(FetchError) as failure:
        fetch(one, rules or Rules(), heard.tell, heard.world)
    (fault,) = failure.value.diagnostics
    assert (fault.code, bool(fault.hint), fault.path[:2]) == (code, True, ("media", "a"))
    assert not one.file.exists()
    return fault.message


def left_behind(one: Wanted, content: bytes, *, mark: str = '"one"') -> None:
    """As a fetch that was killed leaves it."""
    one.file.parent.mkdir(exist_ok=True)
    part_of(one).write_bytes(content)
    mark_of(one).write_text(f"{one.url}\n{mark}\n")


def test_a_file_is_brought_with_its_folder_and_the_usual_permissions(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        heard = brought(one := wanted(tmp_path, served))
    mask = os.umask(0)
    os.umask(mask)
    assert one.file.stat().st_mode & 0o777 == 0o666 & ~mask
    assert Begun(file="footage/a.bin", host=served.host, size_bytes=len(CONTENT), from_bytes=0) in heard.events
    assert Progress(file="footage/a.bin", done_bytes=len(CONTENT), size_bytes=len(CONTENT)) in heard.events
    assert len(served.asked) == 1


def test_a_part_is_gone_on_with(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        left_behind(one := wanted(tmp_path, served), CONTENT[:HALF])
        heard = brought(one)
    assert [(asked.range, asked.if_range) for asked in served.asked] == [(f"bytes={HALF}-", '"one"')]
    assert isinstance(heard.events[0], Begun)
    assert heard.events[0].from_bytes == HALF


@pytest.mark.parametrize(
    ("manner", "requests"),
    [
        (Manner(CONTENT, ranges=False), 1),  # it answers 200 with all of it
        (Manner(CONTENT, etag='"two"'), 1),  # another content by now: If-Range makes it the whole one
        (Manner(CONTENT, wrong_range=True), 2),
    ],
    ids=["without ranges", "changed since", "another part"],
)
def test_else_the_whole_file_is_taken(tmp_path: Path, manner: Manner, requests: int) -> None:
    with serving(a=manner) as served:
        left_behind(one := wanted(tmp_path, served), b"x" * HALF)
        brought(one)
    assert len(served.asked) == requests


def test_a_part_with_other_bytes_than_its_mark_says_is_found_out_at_the_end(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        left_behind(one := wanted(tmp_path, served), b"x" * HALF)
        heard = brought(one)
    assert [asked.range for asked in served.asked] == [f"bytes={HALF}-", None]
    (again,) = (event for event in heard.events if isinstance(event, Retried))
    assert again.why == "what came does not fit what was here from before"


def test_a_part_that_is_complete_is_put_in_its_place_and_nothing_is_asked(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        left_behind(one := wanted(tmp_path, served), CONTENT)
        fetch(one, Rules(), Heard().tell)
    assert (one.file.read_bytes(), served.asked) == (CONTENT, [])


def test_a_part_that_is_too_long_is_dropped(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        left_behind(one := wanted(tmp_path, served), CONTENT + b"more")
        brought(one)
    assert [asked.range for asked in served.asked] == [f"bytes={len(CONTENT) + 4}-", None]


@pytest.mark.parametrize("mark", ['W/"weak"', "", '"one"\n"two"', '"a"\r\nX-Evil: 1'])
def test_a_mark_that_promises_nothing_is_not_sent(tmp_path: Path, mark: str) -> None:
    with serving(a=Manner(CONTENT)) as served:
        left_behind(one := wanted(tmp_path, served), CONTENT[:HALF], mark=mark)
        brought(one)
    assert [asked.range for asked in served.asked] == [None]


def test_a_part_of_another_address_is_not_gone_on_with(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT), b=Manner(CONTENT)) as served:
        left_behind(wanted(tmp_path, served, "/b.bin"), CONTENT[:HALF])
        brought(wanted(tmp_path, served))
    assert [asked.range for asked in served.asked] == [None]


def test_connections_that_are_cut_are_taken_up_again_and_again(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT, cut_after=40_000)) as served:
        heard = brought(wanted(tmp_path, served))
    assert [asked.range for asked in served.asked] == [
        None,
        *(f"bytes={place}-" for place in range(40_000, 300_000, 40_000)),
    ]
    assert heard.waits_s == [1.0] * 7


def test_a_server_that_cuts_and_cannot_go_on_is_given_up(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT, cut_after=40_000, ranges=False)) as served:
        message = refused(wanted(tmp_path, served), "fetch-failed")
    assert "the connection ended after 39.1 KB of 293 KB" in message
    assert len(served.asked) == 6


def test_a_server_that_is_busy_for_a_moment_is_asked_again(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT, failures=2)) as served:
        assert brought(wanted(tmp_path, served)).waits_s == [1.0, 2.0]


def test_a_file_without_a_length_is_checked_by_its_sum(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT, length=False)) as served:
        brought(wanted(tmp_path, served))
    with serving(a=Manner(CONTENT, length=False, cut_after=HALF)) as served:
        refused(wanted(tmp_path / "cut", served), "fetch-wrong-content")


def test_wrong_bytes_are_refused_and_removed(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT[::-1])) as served:
        message = refused(one := wanted(tmp_path, served), "fetch-wrong-content")
    found = hashlib.sha256(CONTENT[::-1]).hexdigest()
    assert f"293 KB with sha256 {found}, and the recipe says {one.sha256}" in message
    assert list(one.file.parent.iterdir()) == []


@pytest.mark.parametrize(("status", "words"), [(404, "404 Not Found"), (403, "403 Forbidden"), (401, "401")])
def test_an_answer_that_says_no_is_told(tmp_path: Path, status: int, words: str) -> None:
    with serving(a=Manner(CONTENT, status=status)) as served:
        assert words in refused(wanted(tmp_path, served, "/a.bin?token=secret"), "fetch-failed")
    assert len(served.asked) == 1
    assert list(tmp_path.rglob("*.part")) == []


def test_no_message_shows_what_follows_a_question_mark(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT, status=404)) as served:
        assert "secret" not in refused(wanted(tmp_path, served, "/a.bin?token=secret"), "fetch-failed")


def test_a_server_that_is_not_there_keeps_what_has_come(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        one = wanted(tmp_path, served)
    left_behind(one, CONTENT[:HALF])
    assert refused(one, "fetch-failed").endswith("connection refused; 128 KB are kept")
    assert part_of(one).read_bytes() == CONTENT[:HALF]


def test_silence_ends_a_transfer_which_then_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_S", 0.2)
    with serving(a=Manner(CONTENT, slow_after=HALF)) as served:
        heard = brought(wanted(tmp_path, served))
    assert {event.why[:15] for event in heard.events if isinstance(event, Retried)} == {"it said nothing"}
    assert len(served.asked) == 3


def test_a_server_that_only_drips_counts_as_broken(tmp_path: Path) -> None:
    """By a clock on which a minute passes with each look."""
    times = iter(range(0, 60_000, 60))
    heard = Heard()
    with serving(a=Manner(CONTENT, slow_after=1000, ranges=False)) as served:
        one = wanted(tmp_path, served)
        with pytest.raises(FetchError) as failure:
            fetch(one, Rules(), heard.tell, World(sleep=heard.waits_s.append, clock=lambda: float(next(times))))
    assert "less than a kilobyte a second" in str(failure.value)


# --- what must not be written over -----------------------------------------------------------------------------------


def test_a_file_with_other_content_is_left_as_it_is(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        one = wanted(tmp_path, served)
        one.file.parent.mkdir()
        one.file.write_bytes(b"my only copy")
        for attempt in (lambda: is_present(one), lambda: fetch(one, Rules(), Heard().tell)):
            with pytest.raises(FetchError) as failure:
                attempt()
            assert failure.value.diagnostics[0].code == "fetch-would-overwrite"
    assert one.file.read_bytes() == b"my only copy"
    assert served.asked == []


def test_nor_is_one_that_came_while_it_was_fetched(tmp_path: Path) -> None:
    def meanwhile(event: FetchEvent) -> None:
        if isinstance(event, Begun):
            one.file.write_bytes(b"my only copy")

    with serving(a=Manner(CONTENT)) as served:
        one = wanted(tmp_path, served)
        with pytest.raises(FetchError) as failure:
            fetch(one, Rules(), meanwhile)
    assert failure.value.diagnostics[0].code == "fetch-would-overwrite"
    assert one.file.read_bytes() == b"my only copy"


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_a_link_in_the_place_of_the_part_leads_nowhere(tmp_path: Path, link: object) -> None:
    """A stranger's folder may hold one."""
    assert callable(link)
    kept = tmp_path / "kept.txt"
    kept.write_text("secret")
    with serving(a=Manner(CONTENT)) as served:
        one = wanted(tmp_path, served)
        one.file.parent.mkdir()
        link(kept, part_of(one))
        link(kept, mark_of(one))
        brought(one)
    assert kept.read_text() == "secret"


def test_two_at_once_do_not_write_one_file(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        left_behind(one := wanted(tmp_path, served), CONTENT[:HALF])
        with part_of(one).open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            refused(one, "fetch-busy")
    assert part_of(one).read_bytes() == CONTENT[:HALF]


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: object, target: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    with serving(a=Manner(CONTENT)) as served:
        brought(wanted(tmp_path, served))


# --- the rules -------------------------------------------------------------------------------------------------------


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT), b=Manner(b"", moved_to="/a.bin")) as served:
        brought(wanted(tmp_path, served, "/b.bin"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("file:///etc/passwd", "only https and http are fetched"),
        ("ftp://127.0.0.1/a", "only https and http are fetched"),
        ("http://example.org/a", "plain HTTP"),
        ("http://169.254.169.254/latest/meta-data", "plain HTTP"),
        ("https://[::1", "is no address that can be read"),
    ],
)
def test_a_redirect_that_leads_astray_is_refused(tmp_path: Path, target: str, words: str) -> None:
    with serving(b=Manner(b"", moved_to=target)) as served:
        assert words in refused(wanted(tmp_path, served, "/b.bin"), "fetch-failed")
    assert len(served.asked) <= 6


def test_a_redirect_to_a_host_that_was_not_allowed_is_refused(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as inner, serving(b=Manner(b"", moved_to=inner.url())) as served:
        message = refused(wanted(tmp_path, served, "/b.bin"), "fetch-failed", Rules(only=frozenset({served.host})))
        assert f"--allow-host {inner.host}" in message
        assert inner.asked == []
        brought(wanted(tmp_path, served, "/b.bin"), Rules(only=frozenset({served.host, inner.host})))


def test_a_circle_of_redirects_ends(tmp_path: Path) -> None:
    with serving(a=Manner(b"", moved_to="/b.bin"), b=Manner(b"", moved_to="/a.bin")) as served:
        assert "without end" in refused(wanted(tmp_path, served), "fetch-failed")
    assert len(served.asked) < 20


@pytest.mark.parametrize("length", [True, False])
def test_a_file_of_somebody_else_has_a_largest_size(tmp_path: Path, length: bool) -> None:
    with serving(a=Manner(CONTENT, length=length)) as served:
        one = wanted(tmp_path, served)
        refused(one, "medium-too-large", Rules(most_bytes=100_000))
    assert list(one.file.parent.iterdir()) == []


# --- the disk --------------------------------------------------------------------------------------------------------


def test_a_file_larger_than_the_disk_is_refused_before_it_comes(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        one = wanted(tmp_path, served)
        answer = connection.Answer(start=0, total_bytes=1 << 60, validator="", body=None)  # type: ignore[arg-type] # unread
        from montage_recipe.fetching.download import _refuse_without_room

        one.file.parent.mkdir()
        with pytest.raises(StoreError) as failure:
            _refuse_without_room(one, answer)
    assert failure.value.diagnostics[0].code == "disk-full"


def test_a_disk_that_takes_no_more_is_told_and_the_part_stays(tmp_path: Path) -> None:
    with serving(a=Manner(CONTENT)) as served:
        one = wanted(tmp_path, served)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        try:
            with pytest.raises(StoreError) as failure:
                fetch(one, Rules(), Heard().tell)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        assert failure.value.diagnostics[0].code == "disk-full"
        assert part_of(one).stat().st_size == 100_000
        brought(one)
    assert served.asked[-1].range == "bytes=100000-"


def test_memory_stays_small_however_large_the_file(tmp_path: Path) -> None:
    """Fetching 200 MB takes no more memory than fetching little."""
    content = bytes(200 << 20)
    program = (
        "import resource, sys, pathlib\n"
        "from montage_recipe.fetching.download import fetch\n"
        "from montage_recipe.fetching.model import Wanted\n"
        "from montage_recipe.fetching.rules import Rules\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "fetch(Wanted(name='a', file=pathlib.Path(sys.argv[1]), url=sys.argv[2], sha256=sys.argv[3], at=()), Rules(), print)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    with serving(a=Manner(content)) as served:
        arguments = [str(tmp_path / "a.bin"), served.url(), hashlib.sha256(content).hexdigest()]
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) < 20 << 10, "kibibytes"
