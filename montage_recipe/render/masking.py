"""What looks like a secret is kept out of logs."""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "***"
_SECRET_NAME = re.compile(
    r"(?i)(?:token|secret|passw(?:or)?d|passphrase|credential|api_?key|private_?key|session_?key)"
)
_SHORTEST_SECRET = 6  # characters; shorter values are found in everything

# A log holds what others wrote, a film's metadata among it. No pattern looks at a character more often than a fixed number of
# times: whatever may be repeated before a secret is bounded, or cannot begin again inside of itself.
_NAMED = r"(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|signature)[\w-]{0,40}"
_VALUE = r"(?:(?<=\")[^\"\n]+|(?<=')[^'\n]+|[^\s\"'&]+)"  # up to the closing quote where there is an opening one
_SHAPES = (
    r"(?P<before>\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@]*:)[^\s/@]+(?=@)",  # a password in an address
    r"(?P<before>\b(?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}",
    r"(?P<before>\bauthorization[\"']?\s*[=:]\s*[\"']?(?:[a-z]{1,20}[ \t]+)?)[^\s\"']+",
    r"(?P<before>\b(?:set-)?cookie2?[\"']?\s*:\s*[\"']?)[^\r\n\"']+",
    rf"(?P<before>{_NAMED}[\"']?\s*[=:]\s*[\"']?){_VALUE}",
    rf"(?P<before>(?<![\w-])--?[\w-]{{0,40}}?{_NAMED}\s+[\"']?)(?!-){_VALUE}",  # an option and its value
    r"(?P<before>\b(?:gh[a-z]|github_pat)_)\w{16,}",
    r"(?P<before>\b(?:AKIA|ASIA))[0-9A-Z]{12,}",
)
_SECRETS = (
    *(re.compile(shape, re.IGNORECASE) for shape in _SHAPES),
    re.compile(r"(?P<before>-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL),
)


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables that are called like secrets, the longest first."""
    found = {
        value for name, value in environment.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    }
    return tuple(sorted(found, key=len, reverse=True))


def masked(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without `secrets`, and without what looks like one. Takes time in proportion to the text, whatever it is.

    >>> masked("GET https://me:hunter2@example.org/a?token=abc123&x=1")
    'GET https://me:***@example.org/a?token=***&x=1'
    """
    for secret in secrets:
        text = text.replace(secret, MASK)
    for pattern in _SECRETS:
        text = pattern.sub(lambda match: match["before"] + MASK, text)
    return text
