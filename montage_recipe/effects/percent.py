"""The kind of value most effects take: a percentage."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from montage_recipe.fields import Kind

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%")


def percent(*, minimum: int, maximum: int, doc: str, examples: tuple[str, ...]) -> Kind:
    """A percentage within limits, both included; the typed value is the part as a `Fraction` (5% is 1/20)."""

    def parse(value: Any) -> Fraction:
        match = _PERCENT.fullmatch(value.strip())
        if not match:
            raise ValueError(f"{value!r} is not a percentage: write {examples[0]}")
        number = Fraction(match[1])
        if not minimum <= number <= maximum:
            raise ValueError(f"{value} is outside {minimum}% to {maximum}%")
        return number / 100

    return Kind(
        name=f"percent-{minimum}-{maximum}",
        doc=doc,
        examples=examples,
        schema={"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,6})? *%$"},
        parse=parse,
    )


def decimal(value: Fraction | float) -> str:
    """A filter option: at most 6 decimals, the same text on every machine.

    >>> decimal(Fraction(1, 3)), decimal(2.5), decimal(0.0)
    ('0.333333', '2.5', '0')
    """
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
