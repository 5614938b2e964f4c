"""Comparisons of recipes in memory, with facts in place of footage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from montage_recipe.comparing import jobs_between
from montage_recipe.diff.model import Film, OutputDiff, RecipeDiff
from montage_recipe.diff.outputs import compare
from montage_recipe.jobs.lettering import lettering
from montage_recipe.jobs.model import Plan
from montage_recipe.jobs.plan import plan
from montage_recipe.media.facts import MediaFacts
from montage_recipe.recipe.model import FileMedia, Recipe
from montage_recipe.timeline.arrange import arrange
from montage_recipe.timeline.sources import media_id, sources_of
from tests.facts import ENGINE
from tests.recipe.making import recipes_of
from tests.timeline.making import HEAD, facts_by_name

Facts = Mapping[str, MediaFacts]


def film(recipe: Recipe, facts: Facts) -> Film:
    """`facts` replaces what is assumed of a file, by its name."""
    named = {str(s.file): s.file.relative_to(recipe.file.parent).as_posix() for s in _files(recipe)}
    known = {
        media_id(source): facts.get(source.file.name) or facts_by_name(source.file.name) for source in _files(recipe)
    }
    return Film(recipe=recipe, timeline=arrange(recipe, known), names=named, contents={})


def _files(recipe: Recipe) -> Sequence[FileMedia]:
    return [source for source in sources_of(recipe) if isinstance(source, FileMedia)]


def planned(one: Film) -> Plan:
    return plan(
        one.timeline,
        one.recipe.output,
        title=one.recipe.title,
        engine=ENGINE,
        lettering=lettering(one.timeline, ENGINE),
        generated={},
        upscaled={},
    )


def films(text: str, facts: Facts | None = None, **others: str) -> list[Film]:
    """`others` are the texts of files that it includes."""
    return [film(recipe, facts or {}) for recipe in recipes_of(text, **others)]


def diff_of(old: Sequence[Film], new: Sequence[Film]) -> RecipeDiff:
    jobs = jobs_between([planned(one) for one in old], [planned(one) for one in new], None)
    return RecipeDiff(old="trip.yaml at main", new="trip.yaml", outputs=compare(old, new), jobs=jobs)


def changes(old: str, new: str, *, old_facts: Facts | None = None, new_facts: Facts | None = None) -> OutputDiff:
    """What changes in the one output of two recipes."""
    (output,) = compare(films(HEAD + old, old_facts), films(HEAD + new, new_facts))
    return output
