"""Changes of how a recipe is written: its YAML, its lines, its bytes, and the files it is made of."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.hardening.drafts import RECIPE, Draft, finished, stock
from tests.hardening.odd_values import CODINGS, INCLUDES, PIECES, STYLED, TAGS
from tests.hardening.recipe_trees import Map, Marked, Plain
from tests.hardening.tree_changes import (
    control_character,
    inserted,
    moved,
    number,
    other_value,
    removed,
    renamed,
    wrong_type,
)


def style(draft: Draft) -> None:
    draft.oddness = draft.chance.choice((0.2, 0.5, 1))
    if draft.chance.random() < 0.5:
        draft.spot().put(Plain(draft.chance.choice(STYLED)))
    if draft.chance.random() < 0.3:
        draft.texts.append(lambda text: draft.chance.choice(("---\n", "%YAML 1.2\n---\n", "# \t\n\n", "...\n")) + text)
    if draft.chance.random() < 0.3:
        draft.texts.append(
            lambda text: text + draft.chance.choice(("...\n", "---\nb: 1\n", "   \t", "#", "\n" * 50, "-"))
        )


def tag(draft: Draft) -> None:
    for _ in range(draft.chance.randint(1, 3)):
        spot = draft.spot()
        spot.put(Marked(draft.chance.choice(TAGS), spot.value))


def alias(draft: Draft) -> None:
    chance = draft.chance
    match chance.randrange(5):
        case 0:
            spot = draft.spot()
            spot.put(Marked("&a", spot.value))
            draft.spot().put(Plain(chance.choice(("*a", "*b", "*a ", "*"))))
        case 1:
            holder = draft.map()
            holder.pairs.append([Plain("<<"), Plain(chance.choice(("*a", "[*a, *b]", "{a: 1}", "5", "")))])
        case 2:
            rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" if n else "a0: &a0 [x, x]" for n in range(12)]
            draft.texts.append(lambda text: text + "\n".join(rows) + "\n")
        case 3:
            draft.spot().put(Plain(chance.choice(("&a [*a]", "&a {b: *a}", "&a &b x", "&é x", "&", "&a"))))
        case _:
            draft.map().pairs.insert(0, [Plain(chance.choice(("*a", "&a k", "*a *b", "&k"))), 1])


def include(draft: Draft) -> None:
    chance = draft.chance
    others = [other for other in (RECIPE, "other.yaml", "third.yaml") if chance.random() < 0.7]
    names = [chance.choice((*INCLUDES, *others, *others)) for _ in range(chance.choice((1, 1, 2, 5)))]
    value: Any = names[0] if len(names) == 1 else names
    if chance.random() < 0.6:
        draft.tree.set("include", value)
    if chance.random() < 0.5:
        clips = draft.list_of("clips")
        clips.insert(chance.randrange(len(clips) + 1), Map([["include", value]]))
    for name in ("other.yaml", "third.yaml"):
        part = copy.deepcopy(chance.choice(stock().trees))
        change = Draft(chance, part)
        chance.choice((removed, wrong_type, renamed, moved, other_value, alias, control_character, number))(change)
        if chance.random() < 0.5:
            part.set("include", chance.choice((*INCLUDES, *others, "other.yaml", "third.yaml")))
        if chance.random() < 0.6:
            part.pairs = [pair for pair in part.pairs if pair[0] in ("recipe", "include", "clips", "media", "vars")]
        draft.files[name] = finished(change)


# --- changes of the text and of the bytes ----------------------------------------------------------------------------


def lines(draft: Draft) -> None:
    draft.texts += [lambda text: _relined(text, draft.chance) for _ in range(draft.chance.randint(1, 4))]


def _relined(text: str, chance: random.Random) -> str:
    rows, other = text.split("\n"), chance.choice(stock().texts).split("\n")
    here, there = chance.randrange(len(rows)), chance.randrange(len(other))
    match chance.randrange(6):
        case 0:
            del rows[here]
        case 1:
            rows.insert(here, chance.choice(rows))
        case 2:
            rows[here] = chance.choice((" ", "  ", "\t", "- ", "? ", ": ")) + rows[here]
        case 3:
            rows[here] = rows[here][chance.randrange(1, 4) :]
        case 4:
            rows[here:here] = other[there : there + chance.randint(1, 5)]
        case _:
            rows = rows[:here] + other[there:]
    return "\n".join(rows)


def characters(draft: Draft) -> None:
    for _ in range(draft.chance.randint(1, 6)):
        if draft.chance.random() < 0.7:
            draft.texts.append(lambda text: inserted(text, draft.chance.choice(PIECES), draft.chance))
        else:
            draft.texts.append(lambda text: _cut(text, draft.chance))


def _cut(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.choice((1, 1, 3, 40)) :]


def damaged_bytes(draft: Draft) -> None:
    draft.raws += [lambda raw: _damaged(raw, draft.chance) for _ in range(draft.chance.choice((1, 1, 2, 8)))]


def _damaged(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw) + 1)
    match chance.randrange(5):
        case 0 if at < len(raw):
            return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
        case 1:
            return raw[:at]
        case 2:
            return raw[at:]
        case 3:
            return raw[:at] + chance.randbytes(chance.choice((1, 2, 4, 64))) + raw[at:]
        case _:
            odd = (
                b"\xff",
                b"\xc0\xaf",
                b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80",
                b"\xe2\x82",
                b"\0",
                b"\xef\xbb\xbf",
                b"\x85",
            )
            return raw[:at] + chance.choice(odd) + raw[at:]


def coding(draft: Draft) -> None:
    name, mark = draft.chance.choice(CODINGS)
    draft.raws.append(lambda raw: mark + raw.decode("utf-8", "replace").encode(name, "replace"))
    ends = draft.chance.choice(("\n", "\n", "\r\n", "\r", "\u2028", "\x85", "\n\r"))
    draft.texts.append(lambda text: text.replace("\n", ends))


WRITING_CHANGES: tuple[Callable[[Draft], None], ...] = (
    style, tag, alias, include, lines, characters, damaged_bytes, coding,
)  # fmt: skip
