"""Which addresses are asked, and which words of a recipe are no address."""

from __future__ import annotations

import pytest

from montage_recipe.fetching.rules import Rules, name_of, why_not
from tests.recipe.making import codes_of, faults_of

SUM = "ab" * 32


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a",
        "HTTPS://EXAMPLE.org:8443/a?b=c",
        "http://127.0.0.1:8000/a",
        "http://localhost/a",
        "http://[::1]/a",
    ],
)
def test_https_and_this_machine_are_asked(url: str) -> None:
    assert why_not(url, Rules()) == ""


@pytest.mark.parametrize(
    "url", ["http://example.org/a", "http://localhost.evil.org/a", "http://127.0.0.1.evil.org/a", "http://10.0.0.1/"]
)
def test_plain_http_is_not_unless_it_is_allowed(url: str) -> None:
    assert "plain HTTP" in why_not(url, Rules())
    assert why_not(url, Rules(insecure_http=True)) == ""


@pytest.mark.parametrize("url", ["ftp://example.org/a", "file:///etc/passwd", "data:,x", "a.mp4", "", "https:///a"])
def test_nothing_else_is_ever_asked(url: str) -> None:
    assert "only https and http" in why_not(url, Rules(insecure_http=True))


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://example.org/a", True),
        ("https://EXAMPLE.ORG./a", True),
        ("https://example.org:443/a", True),
        ("https://example.org:22/a", False),
        ("https://sub.example.org/a", False),
        ("https://example.org.evil.net/a", False),
        ("https://example.org@evil.net/a", False),
        ("https://127.0.0.1/a", False),
    ],
)
def test_of_allowed_hosts_the_name_and_the_port_must_be_right(url: str, asked: bool) -> None:
    assert (why_not(url, Rules(only=frozenset({"example.org"}))) == "") is asked


def test_a_host_is_called_as_it_can_be_allowed() -> None:
    assert name_of("https://Example.org:8443/a") == "example.org:8443"


def recipe(entry: str) -> str:
    return f"recipe: 1\nmedia: {{walk: {entry}}}\nclips: [{{src: walk}}]\n"


def test_a_remote_file_is_part_of_the_language() -> None:
    assert codes_of(recipe(f"{{file: a.mp4, url: 'https://example.org/a.mp4', sha256: {SUM.upper()}}}")) == []


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("{file: a.mp4}", "missing-key", "a remote file needs the key `url`"),
        ("{url: 'https://example.org/a.mp4'}", "missing-key", "a remote file needs the key `file`"),
        (f"{{file: a, url: 'ftp://x/a', sha256: {SUM}}}", "wrong-kind", "`ftp://x/a` is not a web address"),
        (f"{{file: a, url: 'https:///a', sha256: {SUM}}}", "wrong-value", "names no host"),
        (f"{{file: a, url: 'https://u:p@x/a', sha256: {SUM}}}", "wrong-value", "holds a user name or a password"),
        (f"{{file: a, url: 'https://x/a#b', sha256: {SUM}}}", "wrong-value", "never sent"),
        (f"{{file: a, url: 'https://x:port/a', sha256: {SUM}}}", "wrong-value", "is not an address"),
        (f"{{file: a, url: 'https://x/a b', sha256: {SUM}}}", "wrong-kind", "is not"),
        ("{file: a, url: 'https://x/a', sha256: abc}", "wrong-kind", "`abc` is not a SHA-256"),
        (f"{{file: a, url: 'https://x/a', sha256: {SUM}, size: 3}}", "unknown-key", "a remote file has no key `size`"),
    ],
)
def test_what_is_wrong_with_one_is_told(entry: str, code: str, words: str) -> None:
    faults = [fault for fault in faults_of(recipe(entry)) if fault.code == code]
    assert faults
    assert any(word in faults[0].message for word in words.split("|")), faults[0].message
