"""Reads a Dockerfile into stages and steps, and refuses what the programs here cannot do as Docker does it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"
# What a step does to the tree, and what is only written beside it.
DOING = frozenset({"ARG", "ENV", "WORKDIR", "COPY", "USER", "RUN"})
TELLING = frozenset({"LABEL", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"})

_FROM = re.compile(r"(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<braced>\w+)\})")


class DockerfileError(Exception):
    """What is not understood, and in which line it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    line: int  # of its first line, from 1
    word: str  # RUN, COPY, …
    rest: str  # continued lines joined; of RUN as the shell gets it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    base: str  # an image, or the name of an earlier stage
    steps: tuple[Step, ...]

    def told(self, word: str) -> str:
        """The last that this stage itself says with `word`; "" where it says nothing."""
        return next((step.rest for step in reversed(self.steps) if step.word == word), "")


def read_stages(text: str) -> tuple[Stage, ...]:
    """All stages in order. Raises DockerfileError for the first thing that is not understood.

    >>> [(stage.name, stage.base, len(stage.steps)) for stage in read_stages("FROM debian:13 AS one\\nRUN true\\nFROM one")]
    [('one', 'debian:13', 1), ('1', 'one', 0)]
    """
    stages: list[Stage] = []
    for step in _steps(text):
        if step.word == "FROM":
            if not (match := _FROM.fullmatch(step.rest)):
                raise DockerfileError(f"line {step.line}: FROM {step.rest} is not FROM IMAGE AS NAME")
            stages.append(Stage(name=match["name"] or str(len(stages)), base=match["base"], steps=()))
        elif step.word not in DOING | TELLING:
            raise DockerfileError(f"line {step.line}: {step.word} is not done here")
        elif not stages:
            raise DockerfileError(f"line {step.line}: {step.word} before the first FROM is not done here")
        else:
            last = stages.pop()
            stages.append(Stage(name=last.name, base=last.base, steps=(*last.steps, step)))
    return tuple(stages)


def _steps(text: str) -> Iterator[Step]:
    begun, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not line.strip():
            continue  # within a continued step too, as Docker has it
        begun = begun or number
        parts.append(line.rstrip().removesuffix("\\"))
        if not line.rstrip().endswith("\\"):
            word, _, rest = "".join(parts).strip().partition(" ")
            if "<<" in rest:
                raise DockerfileError(f"line {begun}: a here-document is not done here")
            yield Step(line=begun, word=word.upper(), rest=rest.strip())
            begun, parts = 0, []
    if parts:
        raise DockerfileError(f"line {begun}: the file ends in the middle of a step")


def filled(text: str, variables: Mapping[str, str]) -> str:
    """With $NAME and ${NAME} replaced, as Docker does outside of RUN. An unknown name is "" there; here it is a fault.

    >>> filled("/opt/${name}:$PATH", {"name": "x", "PATH": "/bin"})
    '/opt/x:/bin'
    """
    names = {match["plain"] or match["braced"] for match in _VARIABLE.finditer(text)}
    if names - variables.keys():
        raise DockerfileError(f"{text}: nothing sets {', '.join(sorted(names - variables.keys()))}")
    if "$" in _VARIABLE.sub("", text) or "\\" in text:
        raise DockerfileError(f"{text}: only $NAME and ${{NAME}} are done here")
    return _VARIABLE.sub(lambda match: variables[match["plain"] or match["braced"]], text)


def pairs(rest: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The NAME=VALUE of an ENV, ARG or LABEL; a NAME alone has no entry."""
    words = (word.partition("=") for word in shlex.split(rest))
    return {name: filled(value, variables) for name, equals, value in words if equals}


def words(rest: str) -> tuple[str, ...]:
    """The arguments of an ENTRYPOINT, CMD, HEALTHCHECK or VOLUME, which have to be in JSON form."""
    try:
        found = json.loads(rest)
    except ValueError as error:
        raise DockerfileError(f"{rest} is not a JSON list: the shell form is not done here") from error
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise DockerfileError(f"{rest} is not a list of words")
    return tuple(found)


def health_check(rest: str) -> tuple[str, ...]:
    """The command of a HEALTHCHECK with options.

    >>> health_check('--interval=60s CMD ["true"]')
    ('true',)
    """
    return words(rest.partition("CMD ")[2])
