"""Which words a pattern cannot do without: they are found in a long log at once, and most patterns have none there."""

from __future__ import annotations

import re
from collections.abc import Iterator

Words = frozenset[str]  # of which one must be there; empty where nothing can be said

_SHORTEST = 3
_TOKEN = re.compile(
    r"(?P<open>\((?!\?)|\(\?(?:i?:|P<\w+>))"
    r"|(?P<around>\(\?<?[=!])"
    r"|(?P<flags>\(\?i\))"
    r"|(?P<close>\))"
    r"|(?P<or>\|)"
    r"|(?P<maybe>[*?]\??|\{(?:0|0?,\d*)\}\??)"
    r"|(?P<times>\+\??|\{\d+(?:,\d*)?\}\??)"
    r"|(?P<any>[.$^]|\[\^?\]?(?:\\.|[^\]\\])*\]|\\[bBdDsSwWnrt])"
    r"|(?P<other>\(|\\[A-Za-z0-9])"
    r"|\\?(?P<sign>.)",
    re.DOTALL,
)


def words_of(pattern: str) -> Words:
    """Of which one stands in each text that the pattern is found in, both in small letters. Raises ValueError for what it
    does not know: other kinds of groups and flags, numbers of characters.

    >>> sorted(words_of(r"out of (?:GPU )?(?i:memory|space)(?!s)|E\\d+ no space"))
    [' no space', 'out of ']
    >>> words_of(r"\\d+|CUDA")
    frozenset()
    """
    return _of_alternatives(_TOKEN.finditer(pattern))


def _of_alternatives(tokens: Iterator[re.Match[str]]) -> Words:
    """Up to the end of the group, or of the pattern."""
    branches: list[Words] = []
    parts: list[str | Words] = []  # of a branch: signs, and what groups cannot do without
    for token in tokens:
        match token.lastgroup:
            case "other":
                raise ValueError(f"what is meant by {token.string[token.start() :]}")
            case "sign":
                parts.append(token["sign"].lower())
            case "open":
                parts.append(_of_alternatives(tokens))
            case "around":
                _of_alternatives(tokens)  # no part of what is found
                parts.append(Words())
            case "maybe":
                parts[-1] = Words()
            case "or":
                branches.append(_best(parts))
                parts = []
            case "close":
                break
            case _:
                parts.append(Words())
    branches.append(_best(parts))
    return Words().union(*branches) if all(branches) else Words()


def _best(parts: list[str | Words]) -> Words:
    """The longest words of them, as they are the rarest."""
    groups = [part for part in parts if isinstance(part, frozenset)]
    text = "".join(part if isinstance(part, str) else "\0" for part in parts)
    runs = [Words((run,)) for run in text.split("\0") if len(run) >= _SHORTEST]
    return max((*runs, *groups), key=lambda words: min(map(len, words), default=0), default=Words())
