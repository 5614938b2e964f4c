"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "suggest",
    "timecode",
    "wording",
    "recipe.values",
    "recipe.scalars",
    "diff.alignment",
    "diff.listed",
    "diff.views",
    "diff.formats",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"montage_recipe.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
