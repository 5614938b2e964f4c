"""Which checks are made of a film."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from montage_recipe.checks import ALL_CHECKS, CHECKS
from montage_recipe.checks.spec import Check, CheckUse, Need


def needs_of(use: CheckUse) -> frozenset[Need]:
    return CHECKS[use.name].needs


def uses_of(asked: Sequence[CheckUse], *, planned: bool) -> tuple[CheckUse, ...]:
    """What the recipe asks for, and the defaults of what it does not name, in the registry's order."""
    found: list[CheckUse] = []
    for check in ALL_CHECKS:
        own = [use for use in asked if use.name == check.name]
        found += own or list(_default(check, planned=planned))
    return tuple(found)


def _default(check: Check, *, planned: bool) -> Iterator[CheckUse]:
    if check.default is not None and (planned or not check.planned):
        yield CheckUse(at=(), name=check.name, params=check.default)
