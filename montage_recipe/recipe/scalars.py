"""The values of scalars without quotes: the core schema of YAML 1.2, section 10.3."""

from __future__ import annotations

import math
import re

from montage_recipe.recipe.nodes import Scalar

_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o([0-7]+)")
_HEX = re.compile(r"0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LONGEST_NUMBER = 40  # digits; more is no number that anything here could use


def plain_scalar(text: str) -> Scalar:
    """The value of a scalar without quotes. Raises ValueError for a number that is not finite or too long.

    >>> [plain_scalar(word) for word in ("16:9", "no", "1_000", "0o17", "1.50", "true")]
    ['16:9', 'no', '1_000', 15, 1.5, True]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    whole = _INT.fullmatch(text) or _OCTAL.fullmatch(text) or _HEX.fullmatch(text)
    if not whole and not _FLOAT.fullmatch(text):
        return text
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} characters")
    if whole:
        return int(text) if whole.re is _INT else int(text, 0)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large for a number")
    return value
