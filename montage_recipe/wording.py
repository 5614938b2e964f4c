"""Small matters of language, for all who write sentences for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def sentence(text: str) -> str:
    """Begins with a capital and ends with a full stop.

    >>> sentence("a time: `2s`")
    'A time: `2s`.'
    """
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "…", "?", "!")) else f"{text}."


def clause(text: str) -> str:
    """The other way round: what can follow a colon.

    >>> clause("A number from 0 to 3.")
    'a number from 0 to 3'
    """
    abbreviation = text[1:2].isupper()
    return (text if abbreviation else text[:1].lower() + text[1:]).removesuffix(".")


def either(words: Sequence[object], *, last: str = "or") -> str:
    """A list in words.

    >>> either(["a", "b", "c"])
    'a, b or c'
    """
    texts = [str(word) for word in words]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}" if texts else ""


def counted(count: int, what: str) -> str:
    """How many of what, whose plural ends with an s.

    >>> counted(1, "frame"), counted(2, "frame")
    ('1 frame', '2 frames')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def named(what: str, names: Sequence[str]) -> str:
    """What there is.

    >>> named("output", ["tall", "wide"]), named("output", ["wide"])
    ('the outputs are `tall` and `wide`', 'the only output is `wide`')
    """
    words = [f"`{name}`" for name in names]
    return f"the only {what} is {words[0]}" if len(words) == 1 else f"the {what}s are {either(words, last='and')}"


def without_numbers(said: str) -> str:
    """What the system says of a fault, without its number, which tells people nothing.

    >>> without_numbers("[Errno 13] Permission denied: '/proc/x'")
    "Permission denied: '/proc/x'"
    """
    return re.sub(r"\[Errno [^\]]*\] ?", "", said)


def flow(value: object) -> str:
    """A value in YAML's flow style, on one line.

    >>> flow({"denoise": {"strength": "light"}})
    '{denoise: {strength: light}}'
    """
    match value:
        case dict() | Mapping():
            return "{" + ", ".join(f"{name}: {flow(entry)}" for name, entry in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(flow(entry) for entry in value) + "]"
        case bool():
            return "true" if value else "false"
        case str() if not value or value[0] in "#{[*&!|>'\"%@`" or ": " in value or " #" in value:
            return f'"{value}"'
        case _:
            return str(value)


def shown(value: object) -> str:
    """A value of a recipe as an author would recognise it, at most 60 characters."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "`true`" if value else "`false`"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            text = str(value).replace("\n", " ")
            return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def format_size(size_bytes: int) -> str:
    """For people: three significant digits.

    >>> format_size(0), format_size(1536), format_size(20 * 1024**3)
    ('0 B', '1.5 KB', '20 GB')
    """
    value, unit = float(size_bytes), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1024
    return f"{value:.3g} {unit}"
