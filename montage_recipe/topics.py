"""Everything that can be explained: keys, kinds of value, effects, transitions, generators, profiles, codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from montage_recipe.checks import ALL_CHECKS
from montage_recipe.codes import ALL_CODES
from montage_recipe.effects import ALL_EFFECTS
from montage_recipe.fields import Key, Kind, ListOf, MapOf, keys_of
from montage_recipe.generate import ALL_GENERATORS
from montage_recipe.models import ALL_MODELS, DEFAULT_MODEL
from montage_recipe.profiles import ALL_PROFILES, DEFAULT_PROFILE
from montage_recipe.recipe.kinds import ALL_KINDS
from montage_recipe.recipe.language import NAMES, RECORDS, Recipe, Special
from montage_recipe.recipe.schema import written
from montage_recipe.transitions import ALL_TRANSITIONS
from montage_recipe.upscale.causes import ALL_CAUSES
from montage_recipe.wording import clause, flow, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One thing, under the words by which people ask for it; the first one is its name."""

    group: str  # keys, kinds, effects, transitions, generators, profiles, models, checks, codes, causes
    words: tuple[str, ...]
    title: str
    body: str


def all_topics() -> Iterator[Topic]:
    for record in RECORDS:
        yield from _keys_of_record(record)
    for kind in ALL_KINDS:
        examples = "\n".join(f"  {flow(example)}" for example in kind.examples)
        yield Topic(
            group="kinds",
            words=(kind.name,),
            title=f"{kind.name} (a kind of value)",
            body=f"{sentence(kind.doc)}\n\n{examples}",
        )
    for effect in ALL_EFFECTS:
        yield _registered("effects", effect.name, effect.doc, effect.params, effect.examples)
    for transition in ALL_TRANSITIONS:
        body = f"{sentence(transition.doc)}\n\nffmpeg calls it {transition.xfade} and has it since version {transition.needs}."
        example = f"  transition: {{type: {transition.name}, duration: 0.5s}}"
        words = (transition.name, transition.xfade)
        yield Topic(
            group="transitions", words=words, title=f"{transition.name} (a transition)", body=f"{body}\n\n{example}"
        )
    for generator in ALL_GENERATORS:
        yield _registered("generators", generator.name, generator.doc, generator.params, generator.examples)
    for profile in ALL_PROFILES:
        default = "\n\nIt is the default." if profile.name == DEFAULT_PROFILE else ""
        body = (
            f"{sentence(profile.doc)}\n\n  {profile.width}x{profile.height} unless a canvas says otherwise, "
            f"preset {profile.preset}, crf {profile.crf}, sound {profile.audio_bitrate}bit/s{default}"
        )
        yield Topic(group="profiles", words=(profile.name,), title=f"{profile.name} (a profile)", body=body)
    for model in ALL_MODELS:
        runs, scales = ", ".join(model.backends), ", ".join(map(str, model.scales))
        default = "\n\nIt is the default." if model.name == DEFAULT_MODEL else ""
        body = f"{sentence(model.title)}\n\n  scales {scales}; runs with {runs}; licence {model.licence}{default}"
        title = f"{model.name}: {model.title} ({model.licence})"
        yield Topic(group="models", words=(model.name,), title=title, body=body)
    for check in ALL_CHECKS:
        yield _registered("checks", check.name, check.doc, check.params, check.examples)
    for code in ALL_CODES:
        cure = "\n".join(f"  {line}" for line in code.cure.splitlines())
        yield Topic(
            group="codes", words=(code.code,), title=f"{code.code}: {code.title}", body=f"{code.explanation}\n\n{cure}"
        )
    for cause in ALL_CAUSES:
        body = " ".join(sentence(clause) for clause in (cause.remedy, cause.again) if clause)
        yield Topic(group="causes", words=(cause.name,), title=f"{cause.name}: {cause.title}", body=body)


def _keys_of_record(record: type) -> Iterator[Topic]:
    entry = NAMES[record]
    short = entry.removeprefix("a ").removeprefix("an ")
    listing = "\n".join(key_line(name, key, field.default) for name, key, field in keys_of(record))
    yield Topic(
        group="keys",
        words=(short,),
        title=entry[0].upper() + entry[1:],
        body=f"{sentence(record.__doc__ or '')}\n\n{listing}",
    )
    for name, key, field in keys_of(record):
        where = "at the top of a recipe" if record is Recipe else f"of {entry}"
        words = (name, f"{short}.{name}", f"{short}s.{name}")
        yield Topic(group="keys", words=words, title=f"{name}, a key {where}", body=key_text(key, field.default))


def key_line(name: str, key: Key, default: Any) -> str:
    value = written(key, default)
    note = "required" if key.required else f"default {flow(value)}" if value is not None else ""
    return f"  {name:<12} {key.doc}{f' ({note})' if note else ''}"


def key_text(key: Key, default: Any) -> str:
    parts = [sentence(key.doc), f"Takes {takes(key.kind)}."]
    if key.required:
        parts.append("It is required.")
    elif (value := written(key, default)) is not None:
        parts.append(f"The default is `{flow(value)}`.")
    return "\n".join(parts)


def takes(shape: object) -> str:
    """What a key takes, in words."""
    match shape:
        case Kind(doc=doc):
            return clause(doc)
        case ListOf(item=item):
            return f"a list; an entry is {takes(item)}"
        case MapOf(value=value):
            return f"names, each with its value: {takes(value)}"
        case Special.EFFECT:
            return "an effect: `grayscale`, `{denoise: light}` or `{color: {saturation: 1.2}}`"
        case Special.MEDIUM:
            return "a file, `{file: …, url: …, sha256: …}`, or `{generate: …, duration: …}`"
        case Special.TRANSITION:
            return "a transition's name, or `{type: …, duration: …}`"
        case Special.CLIP:
            return "a clip, or `{include: FILE}`"
        case Special.CHECK:
            return "a check: `{black: 2s}`, `{loudness: -14LUFS, tolerance: 1LU}`"
        case Special.INCLUDE:
            return "a file, or a list of files"
        case type():
            return NAMES[shape]
        case _:
            raise TypeError(f"{shape!r} is no part of the language")


def _registered(group: str, name: str, doc: str, params: type, examples: Sequence[Mapping[str, Any]]) -> Topic:
    listing = "\n".join(
        f"{key_line(key_name, key, field.default)}\n  {'':<12} {sentence(key.kind.doc)}"
        for key_name, key, field in keys_of(params)
    )
    shown = "\n".join(f"  {flow(example)}" for example in examples)
    parts = [sentence(doc), *([listing] if listing else []), shown]
    return Topic(group=group, words=(name,), title=f"{name} (one of the {group})", body="\n\n".join(parts))
