"""Goldens: how they are opened, and what is said of those that are not there or cannot be used."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from montage_recipe.checks.spec import Finding, Judgement
from montage_recipe.untrusted import Confinement, open_to_read


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a golden that is no golden; `why` is a clause."""

    why: str
    is_foreign: bool = False  # a whole file of another kind, which is not written over


def open_golden(file: Path, within: Confinement | None) -> BinaryIO:
    """Never waits, not even for a pipe's writer. Raises OSError, ValueError with a sentence where it is no file, or none that
    `within` holds."""
    descriptor = open_to_read(file, within)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("it is a folder, a pipe, a socket or a device")
    return os.fdopen(descriptor, "rb")


def no_golden(golden: object, name: str) -> Judgement | None:
    """What a check says that has no golden to compare with; None where it has one."""
    if golden is None:
        code, message = "golden-missing", f"there is no golden {name} yet"
        hint = (
            "build the recipe, look at the film, and run `montage-recipe check RECIPE --update`; commit what it writes"
        )
    elif isinstance(golden, Unusable):
        code, message = "golden-unusable", f"{name} is no golden: {golden.why}"
        hint = "bring it back from git, or write it anew: `montage-recipe check RECIPE --update`"
    else:
        return None
    says = "no golden" if golden is None else "golden unusable"
    return Judgement(says=says, findings=(Finding(code=code, message=message, hint=hint),))
