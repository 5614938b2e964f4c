"""Is the file small enough?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from montage_recipe.checks.film import Film
from montage_recipe.checks.kinds import FILE_SIZE
from montage_recipe.checks.measured import Measured
from montage_recipe.checks.spec import Check, CheckUse, Finding, Judgement
from montage_recipe.fields import key


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSize:
    file_size: int | Literal["off"] = key(FILE_SIZE, "The most that the file may have.")


def _judge(use: CheckUse, film: Film, measured: Measured) -> Judgement:
    found = measured.header.size_bytes
    says = megabytes(found)
    if found <= use.params.file_size:
        return Judgement(says=says)
    message = f"the file has {says}; {megabytes(use.params.file_size)} are the most"
    hint = "raise the output's `crf`, take a smaller canvas, or allow more"
    return Judgement(says=says, findings=(Finding(code="file-too-large", message=message, hint=hint),))


def megabytes(count: int) -> str:
    """In millions of bytes.

    >>> megabytes(52_400_000), megabytes(340_000)
    ('52.4 MB', '0.34 MB')
    """
    return f"{count / 1e6:.3g} MB"


CHECK = Check(
    name="file_size",
    doc="The file is no larger than this.",
    params=FileSize,
    default=None,
    planned=False,
    needs=frozenset(),
    judge=_judge,
    examples=({"file_size": "50MB"},),
)
