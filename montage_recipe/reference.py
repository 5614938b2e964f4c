"""The reference page of the language, `schemas/REFERENCE.md`, derived from the same records as the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from montage_recipe.checks import ALL_CHECKS
from montage_recipe.codes import ALL_CODES
from montage_recipe.effects import ALL_EFFECTS
from montage_recipe.fields import Key, Kind, ListOf, MapOf, keys_of
from montage_recipe.generate import ALL_GENERATORS
from montage_recipe.models import ALL_MODELS, DEFAULT_MODEL
from montage_recipe.profiles import ALL_PROFILES, DEFAULT_PROFILE
from montage_recipe.recipe.kinds import ALL_KINDS
from montage_recipe.recipe.language import GENERATOR, MODEL, NAMES, PROFILE, RECORDS, TRANSITION, Recipe, Special
from montage_recipe.recipe.schema import written
from montage_recipe.transitions import ALL_TRANSITIONS
from montage_recipe.wording import flow, sentence

_HEAD = """\
# The recipe language, version 1

<!-- Derived from the code by `python -m montage_recipe.derive`; do not edit. -->

A recipe is a YAML 1.2 file. An editor with the YAML language server completes and checks it when its first line is

```yaml
# yaml-language-server: $schema=recipe.schema.json
```

```yaml
recipe: 1
media: {hike: footage/b.mov, theme: audio/theme.flac}
defaults: {fit: blur, transition: crossfade}
clips:
  - {id: walk, src: hike, in: 31.5s, duration: 6s, volume: -3dB}
  - {src: photo.jpg, duration: 3s, effects: [{denoise: light}]}
titles:
  - {text: "Three days", start: walk.start + 0.5s, duration: 3s}
audio:
  - {src: theme, loop: true, volume: -12dB, fade_out: 2s}
```

[Keys](#keys) · [Kinds of value](#kinds-of-value) · [Effects](#effects) · [Transitions](#transitions) ·
[Generators](#generators) · [Profiles](#profiles) · [Models](#models) · [Checks](#checks) · [Codes](#codes)
"""
_SPECIALS = {
    Special.EFFECT: "[effect](#effects)",
    Special.MEDIUM: "[file](#file), [remote file](#a-remote-file) or [generated medium](#a-generated-medium)",
    Special.TRANSITION: "[transition](#a-transition)",
    Special.CLIP: "[clip](#a-clip), or `{include: FILE}`",
    Special.INCLUDE: "[file](#file), or a list of them",
    Special.CHECK: "[check](#checks)",
}
_CHOICES = {
    TRANSITION.name: "transitions",
    PROFILE.name: "profiles",
    GENERATOR.name: "generators",
    MODEL.name: "models",
}


def reference_page() -> str:
    """The whole page."""
    sections = (
        _HEAD,
        _keys(),
        _kinds(),
        _effects(),
        _transitions(),
        _generators(),
        _profiles(),
        _models(),
        _checks(),
        _codes(),
    )
    return "\n".join(section.rstrip() + "\n" for section in sections)


def _table(*rows: Sequence[str]) -> str:
    head, *body = rows
    cells = ([head, ["---"] * len(head)], body)
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
        for part in cells
        for row in part
    )


def _key_rows(record: type) -> Iterator[Sequence[str]]:
    yield ("key", "value", "default", "meaning")
    for name, key, field in keys_of(record):
        yield (f"`{name}`", _shape(key.kind), _default(key, field.default), sentence(key.doc))


def _default(key: Key, default: Any) -> str:
    value = written(key, default)
    return "**required**" if key.required else f"`{flow(value)}`" if value is not None else ""


def _shape(shape: object) -> str:
    match shape:
        case Kind(name=name) if any(shape is kind for kind in ALL_KINDS):
            return f"[{name}](#{name})"
        case Kind(name=name) if name in _CHOICES:
            return f"[{name.removesuffix('-type')}](#{_CHOICES[name]})"
        case Kind(doc=doc):
            return doc
        case ListOf(item=item):
            return f"list of {_shape(item)}"
        case MapOf(value=value):
            return f"names with {_shape(value)}"
        case Special():
            return _SPECIALS[shape]
        case type():
            return f"[{NAMES[shape].removeprefix('a ').removeprefix('an ')}](#{_anchor(NAMES[shape])})"
        case _:
            raise TypeError(f"{shape!r} is no part of the language")


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _keys() -> str:
    parts = ["## Keys"]
    for record in RECORDS:
        title = NAMES[record][0].upper() + NAMES[record][1:]
        where = "" if record is not Recipe else " These keys stand at the top of the file."
        parts.append(f"### {title}\n\n{sentence(record.__doc__ or '')}{where}\n\n{_table(*_key_rows(record))}")
    return "\n\n".join(parts)


def _kinds() -> str:
    parts = ["## Kinds of value"]
    for kind in ALL_KINDS:
        examples = ", ".join(f"`{flow(example)}`" for example in kind.examples)
        parts.append(f"### {kind.name}\n\n{sentence(kind.doc)}\n\nExamples: {examples}")
    return "\n\n".join(parts)


def _params(params: type, examples: Sequence[Mapping[str, Any]], *, dash: bool) -> Iterator[str]:
    rows = list(_key_rows(params))
    if len(rows) > 1:
        yield _table(*rows)
    lines = "\n".join(f"{'- ' if dash else 'name: '}{flow(example)}" for example in examples)
    yield f"```yaml\n{lines}\n```"


def _effects() -> str:
    intro = "Under `effects:` of a clip or of `defaults`, one after the other."
    parts = ["## Effects", intro]
    for effect in ALL_EFFECTS:
        short = f" `{{{effect.name}: …}}` sets `{effect.shorthand}`." if effect.shorthand else ""
        parts += [
            f"### {effect.name}",
            sentence(effect.doc) + short,
            *_params(effect.params, effect.examples, dash=True),
        ]
    return "\n\n".join(parts)


def _transitions() -> str:
    rows = [(f"`{t.name}`", sentence(t.doc), f"`{t.xfade}`", t.needs) for t in ALL_TRANSITIONS]
    intro = "`none` is a cut. All others take a duration: `transition: {type: wipe-left, duration: 0.5s}`."
    return f"## Transitions\n\n{intro}\n\n{_table(('name', 'what is seen', 'in ffmpeg', 'since ffmpeg'), *rows)}"


def _generators() -> str:
    parts = ["## Generators", "Under `media:`. Pictures and sound that ffmpeg makes, for a recipe without footage."]
    for generator in ALL_GENERATORS:
        what = f" Makes {generator.produces}."
        parts += [
            f"### {generator.name}",
            sentence(generator.doc) + what,
            *_params(generator.params, generator.examples, dash=False),
        ]
    return "\n\n".join(parts)


def _profiles() -> str:
    rows = [
        (
            f"`{p.name}`{' (default)' if p.name == DEFAULT_PROFILE else ''}",
            sentence(p.doc),
            f"{p.width}x{p.height}",
            p.preset,
            str(p.crf),
            p.audio_bitrate,
        )
        for p in ALL_PROFILES
    ]
    return f"## Profiles\n\n{_table(('name', 'for what', 'canvas', 'preset', 'crf', 'sound'), *rows)}"


def _models() -> str:
    rows = [
        (
            f"`{model.name}`{' (default)' if model.name == DEFAULT_MODEL else ''}",
            sentence(model.title),
            ", ".join(map(str, model.scales)),
            ", ".join(model.backends),
            model.licence,
        )
        for model in ALL_MODELS
    ]
    intro = "For `upscale` of a clip. Weights come from a package or from their authors' release, and are checked by SHA-256."
    return f"## Models\n\n{intro}\n\n{_table(('name', 'for what', 'scales', 'runs with', 'licence'), *rows)}"


def _checks() -> str:
    parts = [
        "## Checks",
        "Under `checks:`, for `montage-recipe check`. Those marked *by default* are made of every film; an entry takes the "
        "place of the default, and `off` leaves it out.",
    ]
    for check in ALL_CHECKS:
        made = "" if check.default is None else " *By default.*"
        parts += [f"### {check.name}", sentence(check.doc) + made, *_params(check.params, check.examples, dash=True)]
    return "\n\n".join(parts)


def _codes() -> str:
    rows = [(f"`{code.code}`", code.title, code.explanation) for code in ALL_CODES]
    return f"## Codes\n\n`montage-recipe explain CODE` shows the cure as well.\n\n{_table(('code', 'fault', 'why'), *rows)}"
