"""Numbers as ffmpeg's options and expressions take them."""

from __future__ import annotations

from fractions import Fraction


def decimal(value: Fraction | float) -> str:
    """At most 6 decimals, the same text on every machine.

    >>> decimal(Fraction(1, 3)), decimal(2.5), decimal(-0.0)
    ('0.333333', '2.5', '0')
    """
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
