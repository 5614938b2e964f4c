"""What a part of the benchmarks is: rows that are measured one after the other, a table, and what was promised of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from benchmarks.bench import Bench

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A promise and what was measured."""

    text: str
    measured: float
    limit: float
    unit: str = ""
    at_least: bool = False  # else `measured` may be at most `limit`

    @property
    def kept(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Generic[Row]):
    name: str  # for --only
    title: str
    text: str  # what is measured, and how
    measure: Callable[[Bench], Iterator[Row]]
    table: Callable[[Sequence[Row]], Table]
    claims: Callable[[Sequence[Row]], Sequence[Claim]]


AnySection = Section[Any]
