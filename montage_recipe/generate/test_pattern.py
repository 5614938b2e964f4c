"""A picture to measure by: a moving chart, the frame number in black and white blocks, and a flash every second."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.generate.lavfi import finished_picture
from montage_recipe.generate.spec import Generator, Produces, Shot


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPattern:
    __test__ = False  # not a test class, though its name looks like one to pytest


def _lower(params: TestPattern, shot: Shot) -> str:
    return finished_picture("testsrc", shot)


GENERATOR = Generator(
    name="test-pattern",
    doc="A moving test chart with its frame number in blocks and a flash on every full second.",
    params=TestPattern,
    produces=Produces.VIDEO,
    lower=_lower,
    examples=({"generate": "test-pattern", "duration": "2s"},),
)
