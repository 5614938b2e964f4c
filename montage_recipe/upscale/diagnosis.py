"""Why a run failed, read from its log: the line that states the root, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from montage_recipe.upscale.causes import CAUSES, OK, UNKNOWN, Cause
from montage_recipe.upscale.log_lines import LogLine, log_lines, variants, went_on
from montage_recipe.upscale.rules import ALL_RULES
from montage_recipe.upscale.rules.spec import Rank, Rule

_SHOWN = 10
_LONGEST = 4000  # characters of a line that are searched; a longer one is data
_AGAIN_AFTER = re.compile(
    r"(?i)\bretry|\btrying again|\bfall(?:ing|s)? back|\brecovered\b|\bskipp(?:ed|ing)\b|\bwaiting \d"
    r"|\b(?:continu|proceed)ing with|, ignored\b|\basked again\b"
)
_AGAIN = re.compile(rf"{_AGAIN_AFTER.pattern}|\(ignored\b")
# What is over once such a line is there: cgpu has logged in, pip has fetched something.
_NETWORK = {"connection-lost", "connection-reset", "connection-timeout", "dns-failure", "network-refused"}
_LOGIN = {"auth-expired", "cgpu-not-configured"}
_OVER: tuple[tuple[re.Pattern[str], Callable[[Rule], bool]], ...] = (
    (re.compile(r"\bAuthenticated as "), lambda rule: rule.cause in _NETWORK | _LOGIN),
    (
        re.compile(
            r"^Collecting (?!environment |package )[\w.\[\]-]+(?:[=<>!~ ;(@]|$)|^Downloading \S+\.(?:whl|tar\.gz)\b"
        ),
        lambda rule: rule.cause in _NETWORK and rule.seen == "pip",
    ),
)
# A warning is the root only where nothing says more: Python's, TensorFlow's, onnxruntime's, ssh's.
_WARNED = re.compile(r"W(?:arning|ARNING): |: W (?:tensorflow|external)/|\[W:onnxruntime")
# Python names the class with its modules: `onnxruntime.capi.onnxruntime_pybind11_state.Fail: `.
_RAISED = re.compile(r"^(?:\w+\.)*\w+(?:Error|Exception)\b|^(?:[a-z_]\w*\.)+[A-Z]\w*(?:: |$)")
_GOOD_END = re.compile(
    r'"ev": ?"end", ?"ok": ?true|^(?:done|ok|finished|success\w*)\.?$'
    r"|^Successfully installed |\bLsize=.* speed=|muxing overhead: |^\[libx264 @ .*\] kb/s:|^total size is .* speedup is "
)
# Exit statuses that say something where no line does: of timeout(1), of shells (128 + signal), of programs not found.
_STATUSES = {
    124: "timeout",
    126: "output-permission",
    127: "command-missing",
    134: "segfault",
    135: "segfault",
    137: "killed-sigkill",
    139: "segfault",
    143: "killed-term",
    -9: "killed-sigkill",
    -11: "segfault",
    -15: "killed-term",
}
# Programs that end well although this has happened to them: ffmpeg 5.1 with Matroska, WebM or FLAC on a full disk.
_FATAL_ALL_THE_SAME = re.compile(
    r"Error (?:writing trailer|closing file|muxing).*No space left|av_interleaved.*No space left"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    cause: Cause
    root_line: str  # "" where no line states it
    root_number: int | None  # from 1
    lines: tuple[str, ...]  # those that matter, at most ten, in the log's order


@dataclass(frozen=True, slots=True)
class _Found:
    rank: int
    place: int  # in the list of lines
    order: int  # in the list of rules
    rule: Rule


def diagnose(log: str, exit_status: int | None = None) -> Diagnosis:
    """What `log` says. `exit_status` None is unknown: then a log without a fault, or with a good end, means `ok`."""
    lines = log_lines(log)
    found = sorted(_matches(lines), key=lambda match: (match.rank, match.place, match.order))
    if exit_status == 0:
        found = [match for match in found if _FATAL_ALL_THE_SAME.search(lines[match.place].text)]
    elif exit_status is None and lines and _GOOD_END.search(lines[-1].text):
        found = []
    if found:
        root = _best(lines, found)
        shown = _worth_showing(lines, found)
        return Diagnosis(
            cause=CAUSES[root.rule.cause],
            root_line=lines[root.place].text,
            root_number=lines[root.place].number,
            lines=shown,
        )
    raised = None if exit_status == 0 else _uncaught(lines)
    name = OK if not (exit_status or raised) else _STATUSES.get(exit_status or 0, UNKNOWN)
    tail = () if name == OK else tuple(line.text for line in lines[-_SHOWN:])
    return Diagnosis(
        cause=CAUSES[name],
        root_line=raised.text if raised else "",
        root_number=raised.number if raised else None,
        lines=tail,
    )


def _uncaught(lines: Sequence[LogLine]) -> LogLine | None:
    """The exception that ended a Python program: its log ends with a traceback."""
    if not lines or not any("Traceback (most recent call last)" in line.text for line in lines):
        return None
    return lines[-1] if _is_raised(lines[-1]) else None


def _matches(lines: Sequence[LogLine]) -> list[_Found]:
    last_progress = max((place for place, line in enumerate(lines) if went_on(line)), default=-1)
    telling = [(place, line.text) for place, line in enumerate(lines) if not line.quoted and not went_on(line)]
    texts = {text: variants(text[:_LONGEST]) for _, text in telling}  # a flood is one line again and again
    over = [(_last(telling, texts, sign), of) for sign, of in _OVER]
    rules = _that_may_match(texts, lines)
    said = {
        text: [(order, rule) for order, rule in rules if any(map(rule.pattern.search, forms))]
        for text, forms in texts.items()
    }
    found = []
    for place, text in telling:
        for order, rule in said[text]:
            is_over = place < last_progress or any(place < last and of(rule) for last, of in over)
            farther = len(Rank) if is_over else _met(lines, place)
            found.append(_Found(rule.rank + farther, place, order, rule))
    return found


def _last(telling: Sequence[tuple[int, str]], texts: Mapping[str, Sequence[str]], sign: re.Pattern[str]) -> int:
    """The place of the last line with it; -1 where there is none."""
    having = {text for text, forms in texts.items() if any(map(sign.search, forms))}
    return max((place for place, text in telling if text in having), default=-1)


def _that_may_match(texts: Mapping[str, Sequence[str]], lines: Sequence[LogLine]) -> list[tuple[int, Rule]]:
    """Those whose words are there, with their place in the list: a long log holds those of few."""
    words = "\n".join(form for forms in texts.values() for form in forms[:2]).lower()  # the others are parts of these
    whole = "\n".join(line.text for line in lines)
    return [
        (order, rule)
        for order, rule in enumerate(ALL_RULES)
        if not rule.words or any(word in words for word in rule.words)
        if not rule.near or rule.near.search(whole)
    ]


def _met(lines: Sequence[LogLine], place: int) -> int:
    """How much less likely a line is what ended the run, because it only warns, or another try is spoken of there or
    right after it."""
    text = lines[place].text
    following = lines[place + 1].text if place + 1 < len(lines) else ""
    return 1 if _AGAIN.search(text) or _WARNED.search(text) else 3 if _AGAIN_AFTER.search(following) else 0


def _best(lines: Sequence[LogLine], found: Sequence[_Found]) -> _Found:
    """Of several lines that state the same cause as well, the exception itself rather than what was printed before it; of
    modules that were tried in turn, the last."""
    first = found[0]
    same = [match for match in found if match.rank == first.rank and match.rule.cause == first.rule.cause]
    raised = [match for match in same if _is_raised(lines[match.place])]
    if first.rule.cause == "python-module-missing":
        while len(raised) > 1 and _in_its_place(lines, raised[0], raised[1]):
            del raised[0]
    return raised[0] if raised else first


def _in_its_place(lines: Sequence[LogLine], one: _Found, other: _Found) -> bool:
    """Whether the program has tried the other's module because the one's was not there."""
    between = lines[one.place + 1 : other.place]
    handled = bool(between) and "During handling of the above exception" in between[0].text
    return handled and not any(map(_is_raised, between))


def _is_raised(line: LogLine) -> bool:
    return any(map(_RAISED.match, variants(line.text)))


def _worth_showing(lines: Sequence[LogLine], found: Sequence[_Found]) -> tuple[str, ...]:
    """What rules know, the root among it, and the end of the log as far as there is room; each text once."""
    said = [place for place, line in enumerate(lines) if not line.quoted and not went_on(line)]
    places = dict.fromkeys([*(match.place for match in found), *reversed(said[-_SHOWN // 2 :])])
    by_text: dict[str, int] = {}
    for place in places:
        by_text.setdefault(lines[place].text, place)
    chosen = list(by_text.values())[:_SHOWN]
    return tuple(lines[place].text for place in sorted(chosen))
