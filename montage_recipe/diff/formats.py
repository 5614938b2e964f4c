"""A comparison as text for a terminal, as Markdown for a pull request, and as data for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import Any

from montage_recipe.diff import sentences
from montage_recipe.diff.model import Change, OutputDiff, RecipeDiff, TimeSpan
from montage_recipe.diff.sentences import Quoted, Words
from montage_recipe.timecode import seconds_data

Json = dict[str, Any]
# An output's name and the number of a change of it, from 0 -> the addresses of pictures before and after it.
Pictures = Mapping[tuple[str, int], tuple[str | None, str | None]]

_NONE: Pictures = MappingProxyType({})

_LONGEST = 200  # characters of an author's text that are told
# What a screen or a browser would obey instead of showing it: controls, marks of direction, what cannot be seen.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_WIDEST = len("0:00.00 to 0:00.00")


def _shown(text: str) -> str:
    """On one line and of bounded length."""
    text = _UNSEEN.sub("\ufffd", text.replace("\n", " ⏎ ").replace("\t", " "))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


# --- text ------------------------------------------------------------------------------------------------------------


def as_text(diff: RecipeDiff) -> str:
    lines: list[str] = []
    for outputs in sentences.grouped(diff):
        files = ", ".join(_shown(output.file) for output in outputs)
        lines.append(f"{files}: {sentences.length(outputs[0])}")
        lines += [_text_line(change) for change in outputs[0].changes]
        lines.append("")
    lines += _rest(diff, lambda output: _shown(output.file))
    return "\n".join(lines) + "\n"


def _text_line(change: Change) -> str:
    return f"  {sentences.place(change):<{_WIDEST}}  {_joined(sentences.sentence(change), _in_text)}".rstrip()


def _in_text(quoted: Quoted) -> str:
    return f"`{_shown(quoted.text)}`"


# --- Markdown --------------------------------------------------------------------------------------------------------


def as_markdown(diff: RecipeDiff, pictures: Pictures = _NONE) -> str:
    """For a comment: a heading, and a list for each output, with the pictures that there are side by side under a change.

    Every text of the recipe stands in a code span, whose fence is longer than any run of backticks in it: there, Markdown
    and HTML are shown as they are written, and no one is mentioned, no issue or address linked.
    """
    lines = [f"### What changes from {_code(Quoted(diff.old))} to {_code(Quoted(diff.new))}", ""]
    for outputs in sentences.grouped(diff):
        files = ", ".join(_code(Quoted(output.file)) for output in outputs)
        lines += [f"**{files}** {sentences.length(outputs[0])}", ""]
        for number, change in enumerate(outputs[0].changes):
            lines += [_item(change), *_seen(pictures.get((outputs[0].name, number), (None, None)))]
        lines.append("")
    for line in _rest(diff, lambda output: _code(Quoted(output.file))):
        lines += [line, ""]
    lines.pop()
    return "\n".join(lines) + "\n"


def _item(change: Change) -> str:
    place = sentences.place(change)
    return f"- {f'**{place}** ' if place else ''}{_joined(sentences.sentence(change), _code)}"


def _seen(addresses: tuple[str | None, str | None]) -> Iterator[str]:
    """All on one line, so that a program can take it out again."""
    shown = zip(("before", "after"), addresses, strict=True)
    images = [f'<img alt="{alt}" width="49%" src="{escape(address)}">' for alt, address in shown if address]
    if images:
        yield f"  <br>{' '.join(images)}"


def _code(quoted: Quoted) -> str:
    """
    >>> _code(Quoted("@all <b> `x`"))
    '`` @all <b> `x` ``'
    """
    text = _shown(quoted.text)
    if not text.strip():
        return "(empty)"
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    # One space on either side is taken away again, and keeps a backtick of the text away from the fence.
    gap = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{gap}{text}{gap}{fence}"


# --- for both --------------------------------------------------------------------------------------------------------


def _joined(words: Words | Iterator[str | Quoted], quote: Callable[[Quoted], str]) -> str:
    return "".join(quote(word) if isinstance(word, Quoted) else word for word in words)


def _rest(diff: RecipeDiff, name: Callable[[OutputDiff], str]) -> Iterator[str]:
    same = sentences.unchanged(diff)
    if diff.nothing_changes:
        yield sentences.verdict(diff)
    elif same:
        yield f"Nothing changes in {', '.join(name(output) for output in same)}."
    yield sentences.work(diff.jobs)


# --- data ------------------------------------------------------------------------------------------------------------


def as_data(diff: RecipeDiff) -> Json:
    """Times in seconds. `kinds` and `subject` are the words of `diff.model`; a detail's values are for people."""
    return {
        "old": diff.old,
        "new": diff.new,
        "nothing_changes": diff.nothing_changes,
        "outputs": [
            {
                "name": output.name,
                "file": output.file,
                "old_duration_s": seconds_data(output.old_length),
                "new_duration_s": seconds_data(output.new_length),
                "changes": [_change_data(change) for change in output.changes],
            }
            for output in diff.outputs
        ],
        "jobs": {
            "total": diff.jobs.total,
            "reused": diff.jobs.reused,
            "to_run": diff.jobs.to_run,
            "stored": diff.jobs.stored,
            "run_s": seconds_data(diff.jobs.run_s),
        },
    }


def _change_data(change: Change) -> Json:
    return {
        "subject": change.subject.value,
        "kinds": [kind.value for kind in change.kinds],
        "number": change.number,
        "name": change.name,
        "old_s": _span_data(change.old),
        "new_s": _span_data(change.new),
        "offset_s": seconds_data(change.offset),
        "details": [{"name": detail.name, "old": detail.old, "new": detail.new} for detail in change.details],
    }


def _span_data(span: TimeSpan | None) -> list[float | None] | None:
    return [seconds_data(span.start), seconds_data(span.end)] if span else None
