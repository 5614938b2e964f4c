"""No secret stands in a log, and no text keeps the masking busy."""

from __future__ import annotations

import time

import pytest

from montage_recipe.render.masking import masked, secrets_of


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://me:hunter22@example.org/a.mp4", "https://me:***@example.org/a.mp4"),
        ("rtmp://live/app?token=abc&x=1", "rtmp://live/app?token=***&x=1"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ("Authorization: token abc", "Authorization: token ***"),
        ("-headers 'Authorization: abc' -i in.mp4", "-headers 'Authorization: ***' -i in.mp4"),
        ('{"Authorization": "Basic abc", "a": 1}', '{"Authorization": "Basic ***", "a": 1}'),
        ("Cookie: session=abc; user=me\nHost: example.org", "Cookie: ***\nHost: example.org"),
        ("< Set-Cookie: session=abc; Path=/", "< Set-Cookie: ***"),
        ("HF_TOKEN=hf_abc", "HF_TOKEN=***"),
        ('{"api_key": "abc"}', '{"api_key": "***"}'),
        ('{"api_key": "", "a": 1}', '{"api_key": "", "a": 1}'),
        ("password: swordfish", "password: ***"),
        ("password='sword fish' a=b", "password='***' a=b"),
        ("curl --password swordfish -v", "curl --password *** -v"),
        ("curl --proxy-password 'sword fish' -v", "curl --proxy-password '***' -v"),
        ("ffmpeg -passphrase swordfish -i a", "ffmpeg -passphrase *** -i a"),
        ("sudo --no-password -v", "sudo --no-password -v"),
        ("cloned with ghp_" + "aB3" * 12, "cloned with ghp_***"),
        ("cloned with github_pat_" + "aB3_" * 20, "cloned with github_pat_***"),
        ("the key AKIAIOSFODNN7EXAMPLE is used", "the key AKIA*** is used"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END", "-----BEGIN RSA PRIVATE KEY-----***-----END"),
        ("the key is 3, the size 4:2:0 and a time 00:01:02", "the key is 3, the size 4:2:0 and a time 00:01:02"),
        ("https://example.org:8080/keyframes", "https://example.org:8080/keyframes"),
        ("-passlogfile log -pass 1 -c:v libx264", "-passlogfile log -pass 1 -c:v libx264"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, left: str) -> None:
    assert masked(text) == left
    assert masked(left) == left


def test_variables_that_are_called_like_secrets_have_secret_values() -> None:
    assert secrets_of({"A_PASSWORD": "abcdef", "HOME": "abcdefg", "API_KEY": "tiny"}) == ("abcdef",)


REPEATED = (
    *(
        "a",
        "a-",
        "-",
        "--",
        "-a",
        " -",
        "a.",
        "a:",
        "://",
        "a://",
        "a://a:",
        "a://a:a",
        "token",
        "-token",
        "token=",
        "password =",
    ),
    *(
        'token="',
        "--token ",
        "bearer ",
        "basic",
        "cookie:",
        "Set-Cookie: a",
        "authorization:",
        "authorization: a ",
        "gh",
        "ghp_",
    ),
    *("AKIA", "github_pat_", "-----BEGIN ", "-----BEGIN A PRIVATE KEY-----", "-----END", " ", "\n", '"', "a@"),
)


@pytest.mark.parametrize(
    "before", ["", "token", "-", "a://a:", "cookie:", "authorization: ", "-----BEGIN PRIVATE KEY-----"]
)
@pytest.mark.parametrize("repeated", REPEATED)
def test_no_text_keeps_the_masking_busy(repeated: str, before: str) -> None:
    """A comment in a film's metadata is enough to bring any text into ffmpeg's log."""
    text = before + repeated * (50_000 // len(repeated))
    begun = time.process_time()
    masked(text)
    assert time.process_time() - begun < 1.0


def test_a_megabyte_of_one_letter_takes_a_fraction_of_a_second() -> None:
    begun = time.process_time()
    masked("a" * 1_000_000)
    assert time.process_time() - begun < 1.0
