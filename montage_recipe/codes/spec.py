"""What a code of a diagnostic means: shown by `montage-recipe explain CODE` and on the reference page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`cure` is an example of what to write or do; where it is a piece of a recipe, it is YAML."""

    code: str
    title: str  # the fault in one line
    explanation: str  # why it is a fault
    cure: str
