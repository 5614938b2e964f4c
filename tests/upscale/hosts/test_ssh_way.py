"""How an address and an SSH configuration become the way to a host; no network."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from montage_recipe.diagnostics import HostError
from montage_recipe.upscale.hosts.inventory import HostKind, HostSpec
from montage_recipe.upscale.hosts.ssh_way import Way, ways_to


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config"


def ways(file: Path, text: str, address: str) -> tuple[Way, ...]:
    file.write_text(dedent(text), encoding="utf-8")
    return ways_to(HostSpec(name="studio", kind=HostKind.SSH, address=address), file)


def way(file: Path, text: str, address: str) -> Way:
    (only,) = ways(file, text, address)
    return only


@pytest.mark.parametrize(
    ("address", "host", "port", "user"),
    [
        ("studio.example", "studio.example", 22, "default"),
        ("me@studio.example", "studio.example", 22, "me"),
        ("me@studio.example:2222", "studio.example", 2222, "me"),
        ("ssh://me@studio.example:2222/", "studio.example", 2222, "me"),
        ("[::1]:2222", "::1", 2222, "default"),
        ("me@[fe80::1]", "fe80::1", 22, "me"),
    ],
)
def test_an_address_names_user_host_and_port(file: Path, address: str, host: str, port: int, user: str) -> None:
    found = way(file, "User default", address)
    assert (found.host, found.port, found.user) == (host, port, user)


@pytest.mark.parametrize("address", ["", "a b", "me@", "host:port", "::1", "a@b@c"])
def test_what_is_no_address_is_told(file: Path, address: str) -> None:
    with pytest.raises(HostError, match="is no address") as caught:
        ways(file, "", address)
    assert caught.value.cause == "dns-failure"


def test_an_alias_brings_what_the_configuration_says_of_it(file: Path) -> None:
    text = """
        Host gpu
            HostName gpu.example
            Port 2200
            User render
            IdentityFile ~/.ssh/gpu
            IdentityFile /keys/other
            IdentitiesOnly yes
            UserKnownHostsFile ~/known /other/known
        Host *
            User somebody
    """
    found = way(file, text, "gpu")
    assert (found.host, found.port, found.user) == ("gpu.example", 2200, "render")
    assert found.keys == (Path.home() / ".ssh/gpu", Path("/keys/other"))
    assert found.only_these_keys
    assert found.known_hosts[1:] == (Path.home() / "known", Path("/other/known"))


def test_what_the_address_says_goes_before_the_configuration(file: Path) -> None:
    text = """
        Host gpu
            Port 2200
            User render
            ProxyCommand gate %h %p %r %n 100%%
    """
    found = way(file, text, "me@gpu:2300")
    assert (found.port, found.user, found.proxy_command) == (2300, "me", "gate gpu 2300 me gpu 100%")


def test_a_host_on_its_usual_port_is_known_by_its_name_alone(file: Path) -> None:
    assert way(file, "User me", "Studio.Example").known_as == "studio.example"
    assert way(file, "User me", "studio.example:2222").known_as == "[studio.example]:2222"


def test_an_alias_for_keys_stands_for_name_and_port(file: Path) -> None:
    assert way(file, "User me\nHostKeyAlias Farm", "studio.example:2222").known_as == "farm"


JUMPS = """
    Host inside
        ProxyJump me@first:2201,second
    Host second
        HostName second.example
        User two
        ProxyCommand never
    Host deep
        ProxyJump inside
    Host *
        User me
"""


def test_jump_hosts_come_in_their_order(file: Path) -> None:
    first, second, target = ways(file, JUMPS, "inside")
    assert (first.user, first.host, first.port) == ("me", "first", 2201)
    assert (second.user, second.host, second.proxy_command) == ("two", "second.example", "")
    assert target.host == "inside"


def test_a_jump_host_may_have_one_of_its_own(file: Path) -> None:
    assert [one.host for one in ways(file, JUMPS, "deep")] == ["first", "second.example", "inside", "deep"]


def test_jump_hosts_in_a_circle_are_told(file: Path) -> None:
    with pytest.raises(HostError, match="circle"):
        ways(file, "ProxyJump gate\nUser me", "studio")


@pytest.mark.parametrize(
    ("lines", "jumps", "command"),
    [
        ("ProxyCommand none\nProxyJump gate", 0, ""),
        ("ProxyJump none\nProxyCommand gate", 0, ""),
        ("ProxyCommand gate\nProxyJump other", 0, "gate"),
        ("ProxyJump gate\nProxyCommand other", 1, ""),
    ],
)
def test_of_two_ways_around_the_first_counts(file: Path, lines: str, jumps: int, command: str) -> None:
    found = ways(file, f"User me\nHost studio\n{lines}", "studio")
    assert len(found) == 1 + jumps and found[-1].proxy_command == command


def test_files_that_are_included_count(file: Path) -> None:
    (file.parent / "more").mkdir()
    (file.parent / "more" / "one.conf").write_text("Host gpu\n  HostName gpu.example\n", encoding="utf-8")
    text = """
        Include more/*.conf
        User me
        Host gpu
            Port 2200
    """
    found = way(file, text, "gpu")
    assert (found.host, found.user, found.port) == ("gpu.example", "me", 2200)


def test_a_file_that_includes_itself_is_told(file: Path) -> None:
    with pytest.raises(HostError, match="includes itself"):
        ways(file, "Include config", "studio")


@pytest.mark.parametrize("text", ["Host", "Port many", 'Host "a', "Host gpu\nPort many", "Port 65536"])
def test_a_configuration_that_cannot_be_read_is_told(file: Path, text: str) -> None:
    with pytest.raises(HostError, match="cannot find the way to studio") as caught:
        ways(file, text, "gpu")
    assert "ssh -G" in str(caught.value)


def test_without_a_configuration_the_address_is_enough(tmp_path: Path) -> None:
    (found,) = ways_to(HostSpec(name="studio", kind=HostKind.SSH, address="me@studio"), tmp_path / "nothing")
    assert (found.host, found.port, found.user, found.keys) == ("studio", 22, "me", ())
