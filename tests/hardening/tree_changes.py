"""Changes of what a recipe holds."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.hardening.drafts import Draft, stock
from tests.hardening.odd_values import CONTROLS, FOOTAGE, NUMBERS, OTHERS, POINTS, TEXTS_OF_PLANES, TIMES, USES, VALUES
from tests.hardening.recipe_trees import Map, Plain, spots, tree_from


def wrong_type(draft: Draft) -> None:
    draft.spot().put(tree_from(draft.chance.choice(VALUES)))


def number(draft: Draft) -> None:
    draft.spot(inner=True).put(Plain(draft.chance.choice(NUMBERS) + draft.chance.choice(("", "", "", "s", "%", "dB"))))


def timecode(draft: Draft) -> None:
    entry = draft.entry_of(draft.chance.choice(("clips", "titles", "audio")))
    entry.set(
        draft.chance.choice(("in", "out", "duration", "start", "end", "fade", "fade_in", "fade_out")), _time(draft)
    )


def _time(draft: Draft) -> str:
    return draft.chance.choice((str, Plain))(draft.chance.choice(TIMES))


def other_value(draft: Draft) -> None:
    draft.spot().put(copy.deepcopy(draft.chance.choice(stock().values)[1]))


def double_key(draft: Draft) -> None:
    holder = draft.map()
    if holder.pairs:
        key, value = draft.chance.choice(holder.pairs)
        again = draft.chance.choice((copy.deepcopy(value), copy.deepcopy(draft.chance.choice(stock().values)[1])))
        holder.pairs.insert(draft.chance.randrange(len(holder.pairs) + 1), [key, again])


def removed(draft: Draft) -> None:
    draft.spot().remove()


def renamed(draft: Draft) -> None:
    holder = draft.map()
    if holder.pairs:
        pair, chance = draft.chance.choice(holder.pairs), draft.chance
        key = str(pair[0])
        cut = chance.randrange(len(key) + 1)
        odd = (key.upper(), key[:cut] + key[cut + 1 :], key[:cut] + chance.choice("xs_-. \t:é") + key[cut:], key[::-1])
        pair[0] = chance.choice((*odd, chance.choice(stock().keys), chance.choice(stock().keys), "", "null", "1.5"))


def moved(draft: Draft) -> None:
    source = draft.spot()
    key, value = source.key, source.value
    if draft.chance.random() < 0.7:
        source.remove()
    target: Any = draft.chance.choice([draft.map(), *(s.value for s in spots(draft.tree) if isinstance(s.value, list))])
    if any(spot.value is target for spot in spots(value)) or value is target:
        value = copy.deepcopy(value)
    if isinstance(target, Map):
        target.pairs.append([key or draft.chance.choice(stock().keys), value])
    else:
        target.insert(draft.chance.randrange(len(target) + 1), value)


def reference(draft: Draft) -> None:
    chance = draft.chance
    clips = [clip for clip in draft.list_of("clips") if isinstance(clip, Map)] or [draft.entry_of("clips")]
    for clip in clips:
        if chance.random() < 0.5:
            clip.set("id", chance.choice(("open", "walk", "open", "start", "end", "a.b", "1", "")))
    entry = draft.entry_of(chance.choice(("titles", "audio")))
    for name in ("start", "end"):
        if chance.random() < 0.7:
            entry.set(name, _point(draft))
    if chance.random() < 0.3:
        draft.entry_of(chance.choice(("clips", "audio"))).set(
            "src", chance.choice(("nope", "self", "open", "sea", "a"))
        )
    if chance.random() < 0.2:
        draft.tree.set(
            "media", tree_from({"self": "self", "a": "b", "b": "a", "sea": {"generate": "sea", "src": "sea"}})
        )


def _point(draft: Draft) -> str:
    point = draft.chance.choice(POINTS)
    return point.replace("TIME", draft.chance.choice(TIMES)) if "TIME" in point else point


def variables(draft: Draft) -> None:
    chance = draft.chance
    names = ("a", "b", "c", "place", "chapter", "n")
    draft.tree.set("vars", Map([[name, chance.choice((*USES, 5, "x", True, 2.5, None, []))] for name in names]))
    for _ in range(chance.randint(1, 6)):
        spot = draft.spot(inner=True)
        text = str(spot.value)
        cut = chance.randrange(len(text) + 1)
        spot.put(chance.choice((chance.choice(USES), text[:cut] + chance.choice(USES) + text[cut:])))
    if chance.random() < 0.3:
        draft.list_of("outputs").append(
            tree_from({"file": "${a}.mp4", "vars": {"a": chance.choice(USES), "b": "${b}"}})
        )
    if chance.random() < 0.2:
        draft.map().pairs.append([chance.choice(USES), chance.choice(USES)])


def unicode_text(draft: Draft) -> None:
    for _ in range(draft.chance.randint(1, 4)):
        text = "".join(_letter(draft.chance) for _ in range(draft.chance.choice((1, 3, 20, 200))))
        text = draft.chance.choice((text, draft.chance.choice(TEXTS_OF_PLANES)))
        if draft.chance.random() < 0.5:
            draft.entry_of("titles").set("text", text)
        elif draft.chance.random() < 0.6:
            draft.spot(inner=True).put(text)
        else:
            draft.map().pairs.append([text, text])


def _letter(chance: random.Random) -> str:
    """A letter of some plane; none of the halves of one, which are among the control characters."""
    point = chance.choice((chance.randrange(0x20, 0xD800), chance.randrange(0xE000, 0x110000), chance.randrange(0x300)))
    return chr(point)


def control_character(draft: Draft) -> None:
    spot = draft.spot(inner=True)
    text = str(spot.value)
    cut, odd = draft.chance.randrange(len(text) + 1), draft.chance.choice(CONTROLS)
    if draft.chance.random() < 0.6:
        spot.put(text[:cut] + odd + text[cut:])
    else:
        draft.texts.append(lambda whole: inserted(whole, odd, draft.chance))


def inserted(text: str, piece: str, chance: random.Random) -> str:
    cut = chance.randrange(len(text) + 1)
    return text[:cut] + piece + text[cut:]


def depth(draft: Draft) -> None:
    chance = draft.chance
    levels = chance.choice((5, 20, 28, 29, 30, 31, 32, 100, 1000, 5000, 50_000))
    opening, closing = chance.choice((("[", "]"), ("{a: ", "}"), ("- ", ""), ("{", "}"), ("? ", ""), ("!!x [", "]")))
    draft.spot().put(Plain(opening * levels + chance.choice(("x", "", "1")) + chance.choice((closing * levels, ""))))


def repeated(draft: Draft) -> None:
    chance = draft.chance
    name = chance.choice(("clips", "titles", "audio", "outputs", "media", "vars", "keys", "effects"))
    count = chance.choice((2, 2, 5, 10, 30)) if chance.random() < 0.95 else 200
    if name in ("media", "vars"):
        draft.tree.set(name, Map([[f"n{n}", chance.choice(("a", "footage/a.mp4", 3))] for n in range(count)]))
    elif name == "keys":
        draft.map().pairs += [[f"{chance.choice(stock().keys)}{n}", n] for n in range(count)]
    elif name == "effects":
        draft.entry_of("clips").set("effects", [tree_from(chance.choice(OTHERS["effects"])) for _ in range(count)])
    else:
        entry = draft.entry_of(name)
        draft.list_of(name).extend(copy.deepcopy(entry) for _ in range(count))
        for number, one in enumerate(draft.list_of(name)):
            if name == "outputs" and isinstance(one, Map) and chance.random() < 0.9:
                one.set("file", f"dist/{number}.mp4")
                one.set("vars", Map([["n", number // chance.choice((1, 1, 5))]]))


def media(draft: Draft) -> None:
    for _ in range(draft.chance.randint(1, 3)):
        name, where = draft.chance.choice(FOOTAGE), draft.chance.choice(("clips", "clips", "audio", "titles"))
        if where == "titles":
            draft.entry_of(where).set("font", name)
        else:
            entry = draft.entry_of(where)
            entry.set("src", name)
            if draft.chance.random() < 0.5:
                entry.pairs = [pair for pair in entry.pairs if pair[0] not in ("in", "out")]
                if where == "clips":
                    entry.set("duration", draft.chance.choice(("1s", "0.4s", "10f")))
    if draft.chance.random() < 0.3:
        name = draft.chance.choice(FOOTAGE)
        draft.entry_of("outputs").set(
            "file", draft.chance.choice((name, "footage", "m.yaml", "x/../m.mp4", "/", "a\0.mp4"))
        )


def values_of_the_language(draft: Draft) -> None:
    """Values that the schema gives as examples, or takes, in the places that are theirs: most of these are good recipes."""
    for _ in range(draft.chance.randint(1, 5)):
        record, name = draft.chance.choice(
            (("clip", "clips"), ("title", "titles"), ("audio-entry", "audio"), ("output", "outputs"), ("canvas", ""),
             ("defaults", ""), ("loudness", ""), ("gpu", ""))
        )  # fmt: skip
        properties = stock().schema["definitions"][record]["properties"]
        key = draft.chance.choice([key for key in properties if key not in ("src", "file", "include", "font")])
        holder = draft.entry_of(name) if name else draft.tree.get(record)
        if not isinstance(holder, Map):
            holder = Map()
            draft.tree.set(record, holder)
        holder.pairs = [pair for pair in holder.pairs if key not in _EITHER or pair[0] not in _EITHER]
        holder.set(key, from_schema(properties[key], draft.chance))


_EITHER = ("out", "duration", "end")  # of which an entry has one


def of_the_schema(draft: Draft) -> None:
    """A recipe that the schema itself has made up."""
    draft.tree = from_schema(stock().schema, draft.chance)
    draft.tree.set("recipe", 1)
    for name in ("clips", "audio"):
        for entry in draft.tree.get(name) or ():
            if isinstance(entry, Map) and draft.chance.random() < 0.9:
                entry.set("src", draft.chance.choice(("footage/a.mp4", "footage/b.mov", "footage/theme.flac")))
                entry.pairs = [pair for pair in entry.pairs if pair[0] != "include"]


def from_schema(schema: Mapping[str, Any], chance: random.Random, depth: int = 0) -> Any:
    """Some value that the schema may take."""
    if "$ref" in schema:
        return from_schema(stock().schema["definitions"][schema["$ref"].rpartition("/")[2]], chance, depth)
    for word in ("anyOf", "oneOf"):
        if word in schema and "properties" not in schema:
            return from_schema(chance.choice(schema[word]), chance, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    kind = schema.get("type")
    kind = chance.choice(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return [from_schema(schema["items"], chance, depth + 1) for _ in range(chance.randint(1, 3))]
    if "properties" in schema or kind == "object":
        return _object(schema, chance, depth)
    limits = [schema[word] for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if word in schema]
    if kind in ("number", "integer") and limits and chance.random() < 0.6:
        return chance.choice((*limits, limits[0] + 1, limits[-1] - 1, sum(limits) / 2, limits[-1] + 1))
    return copy.deepcopy(chance.choice(schema.get("examples") or [True, False, "text", 1]))


def _object(schema: Mapping[str, Any], chance: random.Random, depth: int) -> Map:
    needed = set(schema.get("required", ()))
    share = chance.choice((0.2, 0.5)) / (1 + depth / 2)
    result = Map(
        [
            [key, from_schema(value, chance, depth + 1)]
            for key, value in schema.get("properties", {}).items()
            if key != "include" and (key in needed or chance.random() < share)
        ]
    )
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and chance.random() < 0.5:
        result.pairs.append([chance.choice(("hike", "n", "place")), from_schema(more, chance, depth + 1)])
    return result


TREE_CHANGES: tuple[Callable[[Draft], None], ...] = (
    wrong_type, number, timecode, other_value, double_key, removed, renamed, moved, reference, variables,
    unicode_text, control_character, depth, repeated, media, values_of_the_language, of_the_schema,
)  # fmt: skip
