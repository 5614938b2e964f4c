"""What the schema found, said so that the author knows what to change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from montage_recipe.checks import CHECKS
from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.effects import EFFECTS
from montage_recipe.fields import keys_of
from montage_recipe.recipe.language import NAMES, RECORDS, Canvas, Defaults, Loudness
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.recipe.words import INSTEAD, NOT_YET
from montage_recipe.suggest import closest, did_you_mean
from montage_recipe.transitions import ALL_TRANSITIONS
from montage_recipe.wording import clause, either, flow, named, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One rule of the schema that one value breaks."""

    path: RecipePath
    rule: str  # the schema's keyword: type, enum, required, …
    limit: Any  # what the keyword says
    value: Any
    schema: Mapping[str, Any]  # the part of the schema that the keyword stands in

    @property
    def spoils_value(self) -> bool:
        """False where only a key of the value is missing or unknown."""
        return self.rule not in ("additionalProperties", "required") and self.path != () and not self.is_name

    @property
    def is_name(self) -> bool:
        """Whether the value is a key: the name of a variable or of a medium. Its path is that of the mapping."""
        return self.title == "id" and self.path[-1] not in ("id", "name")

    @property
    def title(self) -> str:
        return str(self.schema.get("title", ""))

    @property
    def words(self) -> list[str] | None:
        """The words that are allowed here, where the rule is a choice of words."""
        choices = self.limit[0].get("enum") if self.rule == "anyOf" else self.limit if self.rule == "enum" else None
        return [str(word) for word in choices] if choices else None


# An example of each entry, for who writes something else in its place.
_EXAMPLES = {
    "a clip": "{src: hike, in: 2s, out: 7s}",
    "a title": '{text: "Hello", start: 1s, duration: 3s}',
    "an audio entry": "{src: theme, volume: -12dB}",
    "an output": "{file: dist/trip.mp4}",
    "a canvas": "{size: 1920x1080, fps: 30}",
    "a loudness": "{integrated: -14LUFS}",
    "an upscale": "{factor: 2}",
    "a gpu": "{hosts: [studio]}",
    "a transition": "{type: crossfade, duration: 0.5s}",
    "defaults": "{fit: blur}",
    "a remote file": "{file: footage/walk.mp4, url: https://…, sha256: 9f86d0…}",
    "a generated medium": "{generate: sea, duration: 6s}",
    "an effect": "{denoise: light}",
    "a check": "{black: 2s}",
}
_WORD_CODES = {
    "transition-type": ("unknown-transition", "a transition"),
    "profile": ("unknown-profile", "a profile"),
    "generator": ("unknown-generator", "a generator"),
    "effect-name": ("unknown-effect", "an effect"),
}

_NOUNS = {
    "percent": "percentage",
    "crf": "whole number",
    "id": "name",
    "color": "colour",
    "sha": "SHA-256",
    "url": "web address",
}


def faults_of(violation: Violation, source: RecipeSource) -> Iterator[Diagnostic]:
    """The diagnostics for one violation: several where several keys are unknown or missing."""
    match violation.rule:
        case "additionalProperties":
            for name in violation.value:
                if name not in violation.schema["properties"]:
                    yield _unknown_key(violation, str(name), source)
        case "required":
            for name in violation.limit:
                if name not in violation.value and not _meant(violation, name):
                    yield _missing_key(violation, name)
        case "anyOf" if violation.path == ():
            yield _missing_key(violation, "clips")
        case "anyOf" if violation.title == "a check":
            yield _unknown_check(violation, source)
        case _ if violation.is_name:
            yield _bad_name(violation, source)
        case _:
            yield _wrong_value(violation)


def _meant(violation: Violation, name: str) -> bool:
    """Whether an unknown key stands for the missing one, and is reported in its place. What keys a generated medium has is
    known only once it says which one it is."""
    if violation.schema.get("additionalProperties", True):
        return False
    known = list(violation.schema.get("properties", {}))
    instead = INSTEAD.get(violation.title, {})
    return any(name in (instead.get(key), closest(key, known)) for key in violation.value if key not in known)


def _wrong_value(violation: Violation) -> Diagnostic:
    match violation.rule:
        case "minProperties" | "maxProperties":
            hint = "write one effect per entry: `- denoise: light`, then `- grayscale`"
            return _fault(violation, "one-effect-per-entry", "an entry of `effects` is exactly one effect", hint)
        case "minItems":
            return _fault(violation, "empty-list", f"{_here(violation)} is empty", _list_cure(violation))
        case "minimum" | "maximum" | "minLength" | "maxLength":
            return _out_of_range(violation)
        case "enum" | "anyOf" if violation.words and isinstance(violation.value, str):
            return _unknown_word(violation, violation.words)
        case _:
            return _wrong_kind(violation)


def _unknown_key(violation: Violation, name: str, source: RecipeSource) -> Diagnostic:
    path = (*violation.path, name)
    entry, known = violation.title, list(violation.schema["properties"])
    code, message = "unknown-key", f"{entry} has no key `{name}`"
    if entry == "an effect":
        code, message = "unknown-effect", f"there is no effect `{name}`"
        hint = did_you_mean(name, known) or named("effect", known)
        if later := NOT_YET[entry].get(name):
            code, message, hint = "not-yet-supported", f"`{name}` is not supported by this version", later
    elif later := NOT_YET.get(entry, {}).get(name):
        code, message, hint = "not-yet-supported", f"`{name}` is not supported by this version", later
    elif entry.startswith("the check") and name in CHECKS:
        hint = f"write one check per entry: `- {{{name}: …}}`"
    else:
        hint = _meant_key(name, entry, known)
    return Diagnostic(code=code, message=message, hint=hint, path=path, location=source.at_key(path))


def _unknown_check(violation: Violation, source: RecipeSource) -> Diagnostic:
    """The entry names no check; its first key that could be meant as one is blamed."""
    names = [str(name) for name in violation.value]
    if not names:
        hint = f"write its name and what it asks for, as in `{_EXAMPLES['a check']}`"
        return _fault(violation, "missing-key", "the entry says not which check it is", hint)
    instead = INSTEAD["a check"]
    name = next((name for name in names if name in instead or closest(name, CHECKS)), names[0])
    path = (*violation.path, name)
    meant = f"did you mean `{instead[name]}`?" if name in instead else did_you_mean(name, CHECKS)
    hint = meant or named("check", list(CHECKS))
    message = f"there is no check `{name}`"
    return Diagnostic(code="unknown-check", message=message, hint=hint, path=path, location=source.at_key(path))


def _meant_key(name: str, entry: str, known: list[str]) -> str:
    if re.fullmatch(r"\d+(?:ms|s|m|h|f|dB|%)?", name):
        return f"a number has a point, not a comma, before its decimals: write `….{name}`"
    if meant := INSTEAD.get(entry, {}).get(name):
        return f"did you mean `{meant}`?"
    if found := did_you_mean(name, known):
        return found
    if home := _home_of(name, entry):
        return f"`{name}` belongs under `{home}:`"
    return f"its {named('key', known).removeprefix('the ')}" if known else "it takes no keys: write its name alone"


def _home_of(name: str, entry: str) -> str | None:
    """The mapping at the top of a recipe that has this key, for a key written at the top itself."""
    homes = {"canvas": Canvas, "defaults": Defaults, "loudness": Loudness} if entry == "a recipe" else {}
    return next((home for home, record in homes.items() if name in {key for key, _, _ in keys_of(record)}), None)


def _missing_key(violation: Violation, name: str) -> Diagnostic:
    entry = violation.title or "this"
    message = f"{entry} needs the key `{name}`"
    return _fault(violation, "missing-key", message, _cure_of_missing(entry, name))


def _cure_of_missing(entry: str, name: str) -> str:
    if (entry, name) == ("a recipe", "recipe"):
        return "begin the file with `recipe: 1`"
    if (entry, name) == ("a recipe", "clips"):
        return "add `clips:` and below it one line per clip, as in `- {src: a.mp4}`"
    named = {NAMES[record]: record for record in RECORDS} | {f"the check `{c.name}`": c.params for c in CHECKS.values()}
    record = named.get(entry)
    keys = {key: spec for key, spec, _ in keys_of(record)} if record else {}
    example = f", as in `{_EXAMPLES[entry]}`" if entry in _EXAMPLES else ""
    return f"add `{name}`: {clause(keys[name].doc)}{example}" if name in keys else f"add `{name}:`"


def _bad_name(violation: Violation, source: RecipeSource) -> Diagnostic:
    name = str(violation.value)
    path = (*violation.path, name)
    hint = f"write {clause(str(violation.schema.get('description', '')))}"
    message = f"{shown(name)} cannot be a name under `{violation.path[-1]}`"
    return Diagnostic(code="bad-name", message=message, hint=hint, path=path, location=source.at_key(path))


def _out_of_range(violation: Violation) -> Diagnostic:
    what = {
        "minimum": f"{shown(violation.value)} is less than {violation.limit}",
        "maximum": f"{shown(violation.value)} is more than {violation.limit}",
        "minLength": f"{_here(violation)} is an empty text",
        "maxLength": f"{_here(violation)} is longer than {violation.limit} characters",
    }
    return _fault(violation, "out-of-range", what[violation.rule], _cure(violation))


def _unknown_word(violation: Violation, words: list[str]) -> Diagnostic:
    word = str(violation.value)
    code, what = _WORD_CODES.get(violation.title, ("unknown-word", _here(violation)))
    if violation.title == "effect-name" and word in EFFECTS:
        return _fault(
            violation, "missing-key", f"the effect `{word}` needs a value", f"as in `{flow(EFFECTS[word].examples[0])}`"
        )
    if violation.title == "effect-name" and (later := NOT_YET["an effect"].get(word)):
        return _fault(violation, "not-yet-supported", f"`{word}` is not supported by this version", later)
    message = f"{shown(word)} is not {what}" if code != "unknown-word" else f"{what} cannot be {shown(word)}"
    hint = did_you_mean(word, words)
    if violation.title == "transition-type":
        hint = _meant_transition(word) or hint or "see `montage-recipe explain transitions`"
    return _fault(violation, code, message, hint or f"write {_list(words)}")


def _meant_transition(word: str) -> str:
    """ffmpeg's own name for a transition, and what editors say, lead to ours."""
    others = {transition.xfade: transition.name for transition in ALL_TRANSITIONS}
    others |= {"cut": "none", "cross-dissolve": "crossfade", "mix": "crossfade", "fade-to-black": "dip-to-black"}
    exact = others.get(word.lower()) or others.get(closest(word, ("cross-dissolve", "fade-to-black")) or "")
    return f"did you mean `{exact}`?" if exact else ""


def _wrong_kind(violation: Violation) -> Diagnostic:
    value, title = violation.value, violation.title
    if violation.limit == "array":
        return _fault(violation, "wrong-kind", f"{_here(violation)} must be a list", _list_cure(violation))
    if title in _EXAMPLES or title == "a recipe" or title.startswith(("the effect", "the check", "an include")):
        what = "a mapping" if title == "defaults" or title.startswith("the ") else title
        hint = f"write it as in `{_EXAMPLES[title]}`" if title in _EXAMPLES else "write `key: value` pairs below it"
        return _fault(violation, "wrong-kind", f"{shown(value)} is not {what}", hint)
    if violation.limit == "object":
        return _fault(
            violation, "wrong-kind", f"{_here(violation)} must be a mapping", "write `name: value` lines below it"
        )
    message = f"{shown(value)} is not {article(title)}"
    if value is None:
        message = f"{_here(violation)} has no value"
    elif title == "yes-or-no":
        message = f"{shown(value)} is neither `true` nor `false`"
    return _fault(violation, "wrong-kind", message, _cure(violation))


def article(title: str) -> str:
    """A kind's name as a noun: `time` is a time, `number-0-3` is a number."""
    noun = title.rstrip("0123456789.-").replace("-", " ") or "value of the right kind"
    noun = _NOUNS.get(noun, noun)
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _cure(violation: Violation) -> str:
    doc = str(violation.schema.get("$comment") or violation.schema.get("description") or "")
    examples = violation.schema.get("examples") or []
    example = f", as in `{examples[0]}`" if examples and "`" not in doc else ""
    return f"write {clause(doc)}{example}"


def _list_cure(violation: Violation) -> str:
    name = str(violation.path[-1]) if violation.path else ""
    entry = {
        "clips": "a clip",
        "titles": "a title",
        "audio": "an audio entry",
        "outputs": "an output",
        "checks": "a check",
    }.get(name)
    example = "studio" if name == "hosts" else _EXAMPLES[entry or "an effect"]
    return f"begin each entry with a dash, as in `- {example}`"


def _here(violation: Violation) -> str:
    """The value by the key in front of it."""
    names = [part for part in violation.path if isinstance(part, str)]
    return (
        f"`{names[-1]}`"
        if names and isinstance(violation.path[-1], str)
        else f"an entry of `{names[-1]}`"
        if names
        else "it"
    )


def _list(words: Iterable[str]) -> str:
    return either([f"`{word}`" for word in words])


def _fault(violation: Violation, code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, path=violation.path)
