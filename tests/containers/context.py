"""What a build is given of the checkout: all files but those that .dockerignore names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    ignores: bool
    text: str
    pattern: re.Pattern[str]


def sent(folder: Path, ignore: str) -> tuple[str, ...]:
    """The paths of all files below `folder` that are not ignored, relative to it, sorted."""
    rules = tuple(_rules(ignore.splitlines()))
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        inside = Path(place).relative_to(folder)
        folders[:] = [name for name in folders if _may_hold((inside / name).as_posix(), rules)]
        found += [path for name in files if not _ignored(path := (inside / name).as_posix(), rules)]
    return tuple(sorted(found))


def _rules(lines: Iterable[str]) -> Iterator[_Rule]:
    for line in lines:
        rule = line.strip()
        if rule and not rule.startswith("#"):
            text = rule.removeprefix("!").strip("/")
            yield _Rule(ignores=not rule.startswith("!"), text=text, pattern=_pattern(text))


def _pattern(rule: str) -> re.Pattern[str]:
    """What Docker makes of it: `*` and `?` stop at a slash, `**` does not; a folder stands for all that is in it."""
    if unknown := set(rule) & set("[]\\"):
        raise ValueError(f"{rule}: {' '.join(sorted(unknown))} is not done here")
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(parts.get(part) or re.escape(part) for part in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", rule))
    return re.compile(f"{body}(?:/.*)?")


def _ignored(path: str, rules: Iterable[_Rule]) -> bool:
    ignored = False
    for rule in rules:  # the last one that fits counts
        if rule.pattern.fullmatch(path):
            ignored = rule.ignores
    return ignored


def _may_hold(folder: str, rules: Iterable[_Rule]) -> bool:
    """Whether something in it may be sent: it is not ignored itself, or an exception reaches into it."""
    return not _ignored(folder, rules) or any(
        not rule.ignores and (rule.text.startswith(f"{folder}/") or "*" in rule.text) for rule in rules
    )
