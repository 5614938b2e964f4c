"""Every code a diagnostic can carry, in the order of the stages that find them."""

from __future__ import annotations

from montage_recipe.codes import (
    checks,
    fetching,
    hosts,
    language,
    locks,
    reading,
    revisions,
    running,
    sources,
    timeline,
    untrusted,
)
from montage_recipe.codes.spec import Code as Code

ALL_CODES: tuple[Code, ...] = (
    *reading.CODES,
    *revisions.CODES,
    *language.CODES,
    *sources.CODES,
    *timeline.CODES,
    *running.CODES,
    *hosts.CODES,
    *locks.CODES,
    *fetching.CODES,
    *checks.CODES,
    *untrusted.CODES,
)
CODES = {code.code: code for code in ALL_CODES}
