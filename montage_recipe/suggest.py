"""Did you mean …? The nearest known word to a mistyped one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, or None where none is like it.

    >>> closest("Cross_Fade", ["crossfade", "wipe-left"])
    'crossfade'
    >>> closest("banana", ["crossfade", "wipe-left"]) is None
    True
    """
    by_plain = {_plain(candidate): candidate for candidate in known}
    plain = _plain(word)
    if plain in by_plain:
        return by_plain[plain]
    found = difflib.get_close_matches(plain, by_plain, n=1, cutoff=0.65)
    return by_plain[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean `x`?`, or an empty text."""
    found = closest(word, known)
    return f"did you mean `{found}`?" if found else ""


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "").replace(" ", "")
