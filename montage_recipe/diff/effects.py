"""How the effects of a clip differ, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from fractions import Fraction

from montage_recipe.diff.alignment import common_subsequence
from montage_recipe.diff.model import Detail
from montage_recipe.diff.views import percent
from montage_recipe.effects import EFFECTS

FRAMING = ("crop", "mirror")  # effects that choose what is seen, and where
Uses = Sequence[tuple[str, object]]  # name and parameters


def effect_details(old: Uses, new: Uses) -> Iterator[tuple[str, Detail]]:
    """Those that came or went, those that have other parameters, and whether the order is another; something wherever
    the lists differ. Each with the effect's name, which is "" for the order."""
    if [name for name, _ in old] == [name for name, _ in new]:
        changed = [(before, after) for before, after in zip(old, new, strict=True) if before != after]
        for before, after in changed:
            yield before[0], Detail(name="effect", old=_in_words(before), new=_in_words(after))
        return
    common = common_subsequence(old, new)
    gone = _without(old, {i for i, _ in common})
    came = _without(new, {j for _, j in common})
    elsewhere = False
    for use in gone:
        same = next((other for other in came if other == use), None) or next(
            (other for other in came if other[0] == use[0]), None
        )
        if same:
            came.remove(same)
            elsewhere = True
        if same != use:
            yield use[0], Detail(name="effect", old=_in_words(use), new=_in_words(same) if same else None)
    for use in came:
        yield use[0], Detail(name="effect", old=None, new=_in_words(use))
    if elsewhere:
        yield "", Detail(name="order of effects", old=_names(old), new=_names(new))


def _without(uses: Uses, places: set[int]) -> list[tuple[str, object]]:
    return [use for place, use in enumerate(uses) if place not in places]


def _names(uses: Uses) -> str:
    return ", ".join(name for name, _ in uses)


def _in_words(use: tuple[str, object]) -> str:
    """The effect with those of its parameters that are not as usual."""
    name, params = use
    told = [
        f"{field.name} {_value(getattr(params, field.name))}"
        for field in fields(EFFECTS[name].params)
        if getattr(params, field.name) != field.default
    ]
    return f"{name} ({', '.join(told)})" if told else name


def _value(value: object) -> str:
    match value:
        case Fraction():  # of a picture's side, of full strength
            return percent(value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)
