"""Did you mean …? The nearest known word to a mistyped one."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator

# Known words that a word is compared with in full. To compare every slip of a long recipe with each of its names would take
# minutes, so among more only slips of one letter are found.
_IN_FULL = 100
_LONGEST = 60  # characters of such a name


def closest(word: str, known: Iterable[str], *, in_full: int = _IN_FULL) -> str | None:
    """The known word that is most like `word`, or None where none is like it. Among more than `in_full` words, only one
    that differs in one letter.

    >>> closest("Cross_Fade", ["crossfade", "wipe-left"])
    'crossfade'
    >>> closest("banana", ["crossfade", "wipe-left"]) is None
    True
    """
    words = tuple(known)
    by_plain = _by_plain(words)
    plain = _plain(word)
    if plain in by_plain:
        return by_plain[plain]
    if len(by_plain) > in_full:
        by_part = _by_part(words)
        return next((by_part[part] for part in _parts(plain) if part in by_part), None)
    found = difflib.get_close_matches(plain, by_plain, n=1, cutoff=0.65)
    return by_plain[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], *, in_full: int = _IN_FULL) -> str:
    """`did you mean `x`?`, or an empty text."""
    found = closest(word, known, in_full=in_full)
    return f"did you mean `{found}`?" if found else ""


@functools.lru_cache(maxsize=32)
def _by_plain(words: tuple[str, ...]) -> dict[str, str]:
    return {_plain(word): word for word in words}


@functools.lru_cache(maxsize=4)
def _by_part(words: tuple[str, ...]) -> dict[str, str]:
    whole = _by_plain(words)
    return {part: word for plain, word in whole.items() for part in _parts(plain)} | whole


def _parts(word: str) -> Iterator[str]:
    """The word, and what is left of it without one of its letters: two words that differ in one letter, or by two neighbours
    that changed places, have such a part in common."""
    yield word
    if len(word) <= _LONGEST:
        yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "").replace(" ", "")
