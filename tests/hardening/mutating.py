"""Mutants: recipes that were changed at random, in ways that know what a recipe is made of; each is decided by its number."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.hardening.drafts import RECIPE, Draft, finished, stock
from tests.hardening.tree_changes import TREE_CHANGES, timecode, values_of_the_language
from tests.hardening.writing_changes import WRITING_CHANGES

# Three times what leaves most recipes good, as only these come to the later stages.
CHANGES = (*TREE_CHANGES, *WRITING_CHANGES, values_of_the_language, timecode, values_of_the_language)
KINDS = tuple(change.__name__.replace("_", " ") for change in CHANGES)


@dataclass(frozen=True, slots=True)
class Mutant:
    kind: str
    files: Mapping[str, bytes]  # by name; the recipe is RECIPE, the others are what it includes


def mutant(seed: int, number: int) -> Mutant:
    """The mutant of this number; kinds follow each other."""
    chance = random.Random(f"{seed}:{number}")
    change = CHANGES[number % len(CHANGES)]
    trees = stock().sound if chance.random() < 0.85 else stock().trees
    draft = Draft(chance, copy.deepcopy(chance.choice(trees)))
    for _ in range(chance.choice((1, 1, 1, 2)) if change in TREE_CHANGES else 1):
        change(draft)
    if chance.random() < 0.15:
        chance.choice(CHANGES)(draft)
    return Mutant(KINDS[number % len(KINDS)], {**draft.files, RECIPE: finished(draft)})
