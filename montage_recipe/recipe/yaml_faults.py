"""What is wrong with a text that is no YAML, in words for people who never read its standard."""

from __future__ import annotations

import re
from pathlib import Path

from montage_recipe.diagnostics import Diagnostic, Location

NO_ALIASES = (
    "recipes have no anchors, aliases and merge keys: put what is shared under `defaults:`, or `include:` a file"
)

DEEPEST = 30  # levels of lists and mappings; the language itself needs 7
TOO_DEEP = (
    "too-deep",
    f"more than {DEEPEST} levels deep",
    "no recipe needs that: look for a stray [ or {",
)

# Printable in the sense of YAML 1.2, section 5.1, without the line breaks that YAML 1.1 saw in NEL, LS and PS.
_CONTROL = re.compile(r"[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def too_large(file: Path, limit: int) -> Diagnostic:
    return Diagnostic(
        code="too-large",
        message=f"{file} is larger than {limit // 1024} KiB",
        hint="split it with `include:`",
        location=Location(file=str(file), line=1, column=1),
    )


def too_much_text(file: Path, limit: int) -> Diagnostic:
    return Diagnostic(
        code="too-much-text",
        message=f"with {file.name}, the recipe and all it includes are larger than {limit >> 20} MiB",
        hint="include less; or, where the recipe is your own or you have read it, --trusted",
        location=Location(file=str(file), line=1, column=1),
    )


def not_utf8(byte: int, location: Location, *, binary: bool) -> Diagnostic:
    if binary:
        message, hint = "this is no text file", "name a recipe: a text in YAML, such as montage.yaml"
        return Diagnostic(code="not-utf8", message=message, hint=hint, location=location)
    return Diagnostic(
        code="not-utf8",
        message=f"the byte 0x{byte:02x} is not UTF-8 text",
        hint="save the recipe as UTF-8 in your editor",
        location=location,
    )


def control_character(lines: tuple[str, ...], file: Path) -> Diagnostic | None:
    """The first character that no YAML text may hold."""
    for number, line in enumerate(lines, start=1):
        if found := _CONTROL.search(line):
            name = f"U+{ord(found[0]):04X}"
            return Diagnostic(
                code="control-character",
                message=f"the invisible character {name} stands here",
                hint=f'remove it; in a title, write it as "\\u{ord(found[0]):04x}" in double quotes',
                location=Location(
                    file=str(file),
                    line=number,
                    column=found.start() + 1,
                    text=_CONTROL.sub("\N{REPLACEMENT CHARACTER}", line),
                ),
            )
    return None


def not_a_mapping(*, empty: bool, location: Location) -> Diagnostic:
    return Diagnostic(
        code="not-a-recipe",
        message="the file is empty" if empty else "a recipe is a mapping of keys, and this is something else",
        hint="the smallest recipe is `recipe: 1` and, below it, `clips: [{src: a.mp4}]`",
        location=location,
    )


def syntax(
    problem: str,
    context: str,
    problem_at: tuple[int, int] | None,
    context_at: tuple[int, int] | None,
    file: Path,
    lines: tuple[str, ...],
) -> Diagnostic:
    """The parser's complaint, at the place (line and column from 0) where a person would look for it."""
    # In `{text: 50% off: today}` the second colon is where a person would look.
    met = lines[problem_at[0]][problem_at[1] :][:1] if problem_at and problem_at[0] < len(lines) else ""
    at_start = "end of stream" in problem or ("expected ',' or" in problem and met != ":")
    line, column = (context_at if at_start else None) or problem_at or context_at or (0, 0)
    if line >= len(lines):  # libyaml ends a last line that has no line break with one of its own
        line, column = len(lines) - 1, len(lines[-1])
    text = lines[line]
    code, message, hint = _explained(problem, context, text[column : column + 1], variable="${" in text)
    location = Location(file=str(file), line=line + 1, column=column + 1, text=text)
    return Diagnostic(code=code, message=message, hint=hint, location=location)


def _explained(problem: str, context: str, character: str, *, variable: bool) -> tuple[str, str, str]:
    if character == "\t" or "tab character" in problem:
        return "yaml-tab", "a tab stands where YAML wants spaces", "indent with spaces"
    if "nesting depth" in problem:  # libyaml's own limit, since PyYAML 6.0.4: it meets a text before this program does
        return TOO_DEEP
    if "cannot start any token" in problem:
        hint = "put quotes around the text"
        return "yaml-syntax", f"a value without quotes cannot begin with `{character}`", hint
    if "mapping values are not allowed" in problem:
        hint = "check the indentation of this line; a text with a colon and a space in it needs quotes"
        return "yaml-syntax", "a second `:` where only a value can follow", hint
    if "quoted scalar" in context and "end of stream" in problem:
        return "yaml-syntax", "the text in quotes that begins here has no closing quote", "add the closing quote"
    if "flow" in context and character == ":":
        hint = 'between `{` and `}` a text with a colon and a space in it needs quotes: `{text: "50% off: today"}`'
        return "yaml-syntax", "a second `:` where the value has begun", hint
    if variable and "flow" in context:
        hint = 'between `{` and `}`, or `[` and `]`, put quotes around a value with a variable: `"${name}"`'
        return "yaml-syntax", "the brackets of this line do not match", hint
    if "flow sequence" in context:
        return "yaml-syntax", "the list that begins here is not closed", "look for a missing `]` or comma"
    if "flow mapping" in context:
        return "yaml-syntax", "the mapping that begins here is not closed", "look for a missing `}` or comma"
    if "escape" in problem or "hexdecimal" in problem:
        hint = "in double quotes write \\\\ for a backslash, or use single quotes"
        return "yaml-syntax", "an unknown escape after `\\`", hint
    if "block mapping" in context or "block collection" in context:
        hint = "check the indentation: keys of one mapping, and dashes of one list, stand exactly below each other; "
        hint += "a quote inside of quotes is written twice"
        return "yaml-syntax", "this does not continue what is above it", hint
    if "could not find expected ':'" in problem:
        return "yaml-syntax", "a key without its `:`", "write `key: value`"
    return "yaml-syntax", f"this is not YAML: {problem or context}", "check the line, and the one above it"
