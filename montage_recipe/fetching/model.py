"""What is to be fetched, under which rules, and what is told on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from montage_recipe.diagnostics import RecipePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One file of a recipe."""

    name: str  # as the recipe writes it
    file: Path  # absolute
    url: str
    sha256: str
    at: RecipePath  # of `file`; its `url` is beside it

    @property
    def place_of_url(self) -> RecipePath:
        return (*self.at[:-1], "url")


class Outcome(StrEnum):
    FETCHED = "fetched"
    PRESENT = "present"  # it was there already, with the right content


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The body of an answer begins."""

    event: ClassVar[str] = "fetch-started"
    file: str
    host: str
    size_bytes: int | None  # of the whole file; None where the server does not say
    from_bytes: int  # what is here from before


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    event: ClassVar[str] = "fetch-progress"
    file: str
    done_bytes: int
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A transfer broke off and goes on."""

    event: ClassVar[str] = "fetch-retried"
    file: str
    why: str
    done_bytes: int
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    event: ClassVar[str] = "fetch-finished"
    file: str
    outcome: Outcome
    size_bytes: int
    wall_s: float


FetchEvent = Begun | Progress | Retried | Ended
Tell = Callable[[FetchEvent], None]


def as_data(event: FetchEvent) -> dict[str, Any]:
    """As `--json` prints it."""
    return {"event": event.event, **dataclasses.asdict(event)}


def host_of(url: str) -> str:
    """For people: an address without what follows, which may hold a token.

    >>> host_of("https://media.example.org/a.mp4?token=x")
    'media.example.org'
    """
    return urlsplit(url).netloc.rpartition("@")[2]
