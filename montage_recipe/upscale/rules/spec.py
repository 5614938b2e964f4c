"""What a rule is: how one line of a log states a cause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from montage_recipe.upscale.rules.words import Words, words_of


class Rank(IntEnum):
    """How near a line is to the root. Where several match, the lowest rank wins, and of one rank the first line."""

    VERDICT = -1  # what our own script says of its end, after all that it has met
    ROOT = 0  # says why; nothing else in a log explains it
    LIKELY = 1  # says why, unless a root is there too
    EFFECT = 2  # what a failure leads to; the cause only where nothing better is said
    SIGN = 3  # of the way it ended, or of what the host lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    cause: str
    pattern: re.Pattern[str]  # is searched in each line
    near: re.Pattern[str] | None  # must stand somewhere in the log too
    rank: Rank
    seen: str  # what wrote such lines
    words: Words  # of which one stands, in whatever letters, in each line that the pattern is found in


def rule(cause: str, pattern: str, *, seen: str, rank: Rank = Rank.ROOT, near: str | None = None) -> Rule:
    return Rule(
        cause=cause,
        pattern=re.compile(pattern),
        near=re.compile(near) if near else None,
        rank=rank,
        seen=seen,
        words=words_of(pattern),
    )
