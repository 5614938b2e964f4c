"""Changes in words. What the author wrote stays apart from what we say, so that each format can quote it in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from montage_recipe.diff.model import Change, Detail, JobsDiff, Kind, OutputDiff, RecipeDiff, Subject, TimeSpan
from montage_recipe.diff.views import seconds
from montage_recipe.timecode import clock
from montage_recipe.wording import either


@dataclass(frozen=True, slots=True)
class Quoted:
    """An author's own text: a name, a title, the path of a file."""

    text: str


Words = Sequence[str | Quoted]

NOTHING = "Nothing changes in the film."

_KINDS = {
    Kind.ADDED: "added",
    Kind.REMOVED: "removed",
    Kind.MOVED: "moved",
    Kind.REPLACED: "with other footage",
    Kind.REWORDED: "with another text",
    Kind.RETIMED: "retimed",
    Kind.REFRAMED: "reframed",
    Kind.REGRADED: "regraded",
    Kind.REMIXED: "remixed",
    Kind.TRANSITION: "with another transition",
    Kind.CHANGED: "changed",
}
_SPECIAL = {
    (Subject.SOUND, Kind.REPLACED): "with other content",
    (Subject.TITLE, Kind.REGRADED): "restyled",
}


def span(place: TimeSpan) -> str:
    return f"{clock(place.start)} to {clock(place.end)}"


def place(change: Change) -> str:
    """When in the film a change is seen or heard; "" where that is everywhere."""
    if change.subject is Subject.TIMELINE and change.new and change.to_end:
        return f"from {clock(change.new.start)} on"
    if change.new:
        return span(change.new)
    return f"was {span(change.old)}" if change.old else ""


def sentence(change: Change) -> Iterator[str | Quoted]:
    """All there is to say, but for the place."""
    if change.subject is Subject.TIMELINE:
        yield f"everything comes {_later(change)}"
        return
    yield change.subject.value
    if change.number is not None:
        yield f" {change.number}"
    if change.name is not None:
        yield from (" ", Quoted(change.name))
    told = [_SPECIAL.get((change.subject, kind)) or _KINDS[kind] for kind in change.kinds if kind is not Kind.STAYS]
    if told:
        yield f" {either(told, last='and')}"
    clauses = list(_clauses(change))
    for number, words in enumerate(clauses):
        yield ": " if number == 0 else "; "
        yield from words


def _clauses(change: Change) -> Iterator[Words]:
    if Kind.MOVED in change.kinds and change.old:
        yield (f"was at {span(change.old)}",)
    if Kind.STAYS in change.kinds:
        yield (f"keeps its time, and the pictures under it come {_later(change)}",)
    one_sided = {detail.name: detail for detail in change.details if change.kinds[0] in (Kind.ADDED, Kind.REMOVED)}
    if one_sided:
        yield tuple(_taken(one_sided))
        return
    for detail in change.details:
        yield tuple(_difference(detail))


def _taken(details: dict[str, Detail]) -> Iterator[str | Quoted]:
    """What a clip shows that was added or removed."""
    values = {name: detail.new or detail.old or "" for name, detail in details.items()}
    yield Quoted(values["source"])
    if "in" in values:
        yield f" from {values['in']} to {values['out']}"


def _difference(detail: Detail) -> Iterator[str | Quoted]:
    def value(text: str) -> str | Quoted:
        return Quoted(text) if detail.quoted else text

    if detail.old is not None and detail.old == detail.new:  # "content of" a file
        yield from (f"{detail.name} ", value(detail.old), " is another")
    elif detail.old is None:
        yield from (f"{detail.name} ", value(detail.new or ""), " added")
    elif detail.new is None:
        yield from (f"{detail.name} ", value(detail.old), " removed")
    else:
        yield from (f"{detail.name} ", value(detail.old), " → ", value(detail.new))


def _later(change: Change) -> str:
    offset = change.offset or Fraction(0)
    return f"{seconds(abs(offset))} {'later' if offset > 0 else 'earlier'} than before"


def length(output: OutputDiff) -> str:
    """How long an output is, and was."""
    old, new = output.old_length, output.new_length
    if new is None or old is None:
        return f"lasts {seconds(new)}" if new is not None else f"lasted {seconds(old or Fraction(0))}"
    if old == new:
        return f"lasts {seconds(new)}, as before"
    return f"lasts {seconds(new)}, {seconds(abs(new - old))} {'longer' if new > old else 'shorter'} than before"


def grouped(diff: RecipeDiff) -> Iterator[tuple[OutputDiff, ...]]:
    """The outputs in which something changes; those in which the same does come together."""
    groups: list[list[OutputDiff]] = []
    for output in diff.outputs:
        if not output.changes:
            continue
        same = next((group for group in groups if _same(group[0], output)), None)
        if same:
            same.append(output)
        else:
            groups.append([output])
    return (tuple(group) for group in groups)


def _same(one: OutputDiff, other: OutputDiff) -> bool:
    lengths = (one.old_length, one.new_length) == (other.old_length, other.new_length)
    return lengths and one.changes == other.changes


def unchanged(diff: RecipeDiff) -> tuple[OutputDiff, ...]:
    return tuple(output for output in diff.outputs if not output.changes)


def work(jobs: JobsDiff) -> str:
    """What a build does."""
    if not jobs.to_run:
        return f"No job runs; {_all(jobs.total)} reused."
    text = f"{jobs.to_run} of {jobs.total} jobs run{'s' if jobs.to_run == 1 else ''}"
    text += f", {jobs.reused} {'is' if jobs.reused == 1 else 'are'} reused"
    if jobs.stored is not None:
        text += f"; of those that run, {jobs.stored} {'is' if jobs.stored == 1 else 'are'} in the store here"
    return f"{text}."


def _all(total: int) -> str:
    return "the only one is" if total == 1 else f"all {total} are"


def verdict(diff: RecipeDiff) -> str:
    """What to say where no change is told."""
    if diff.jobs.to_run:
        return "Nothing on the timeline changes, but other bytes are made."
    return NOTHING
