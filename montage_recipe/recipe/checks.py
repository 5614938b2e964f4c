"""What no schema can say: names that must exist, keys that exclude each other, points in the wrong order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from montage_recipe.checks.spec import CheckUse
from montage_recipe.diagnostics import Diagnostic, RecipePath, Severity
from montage_recipe.generate import GENERATORS
from montage_recipe.generate.spec import Produces
from montage_recipe.models import weights_for
from montage_recipe.recipe import language
from montage_recipe.recipe.expand import Media, canvas_of, output_of
from montage_recipe.recipe.kinds import Anchor
from montage_recipe.recipe.model import GeneratedMedia
from montage_recipe.recipe.source import RecipeSource
from montage_recipe.suggest import did_you_mean
from montage_recipe.timecode import Time
from montage_recipe.wording import named


def check(
    recipe: language.Recipe,
    outputs: Sequence[language.Output],
    data: Mapping[str, Any],
    media: Media,
) -> Iterator[Diagnostic]:
    """Faults of a recipe that is right as far as the schema goes. `data` still has what could not be read."""
    rate = canvas_of(recipe, outputs[0] if outputs else language.Output(file="x.mp4")).fps
    names = _entries(data, "media")
    ids = [str(entry["id"]) for entry in _list_entries(data, "clips") if "id" in entry]
    yield from _duplicate_ids(data)
    yield from _transition(recipe.defaults.transition, ("defaults", "transition"))
    for index, clip in enumerate(recipe.clips):
        if clip is not None:
            at = ("clips", index)
            yield from _source(clip.src, (*at, "src"), media, names, wanted=Produces.VIDEO)
            yield from _taken_part(clip.in_, clip.out, clip.duration, at, rate)
            yield from _transition(clip.transition, (*at, "transition"))
            yield from _upscale(clip.upscale, (*at, "upscale"))
    for index, title in enumerate(recipe.titles):
        if title is not None:
            yield from _title(title, ("titles", index), ids, rate)
    for use in recipe.checks:
        if use is not None and use.name == "frame":
            yield from _anchors({"frame": use.params.frame}, use.at, ids, rate)
    for index, sound in enumerate(recipe.audio):
        if sound is not None:
            at = ("audio", index)
            yield from _source(sound.src, (*at, "src"), media, names, wanted=Produces.AUDIO)
            yield from _taken_part(sound.in_, sound.out, None, at, rate)
            yield from _anchors({"start": sound.start, "end": sound.end}, at, ids, rate)


def _entries(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _list_entries(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = data.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _duplicate_ids(data: Mapping[str, Any]) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    clips = data.get("clips")
    for index, clip in enumerate(clips if isinstance(clips, list) else ()):
        name = clip.get("id") if isinstance(clip, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            message = f"two clips have the id `{name}`: clip {first[name] + 1} and clip {index + 1}"
            yield _fault("duplicate-id", message, "give one of them another id", ("clips", index, "id"))
        first.setdefault(name, index)


def _source(
    src: str, path: RecipePath, media: Media, entries: Mapping[str, Any], *, wanted: Produces
) -> Iterator[Diagnostic]:
    medium = media.at(path, src)
    if medium is None and src not in entries:  # a medium with a fault of its own has been reported already
        cure = f"add `{src}: …` under `media:`; a file in `src` has an ending, as in `{src}.mp4`"
        yield _fault("unknown-media", f"there is no `{src}` under `media`", did_you_mean(src, entries) or cure, path)
    if isinstance(medium, GeneratedMedia) and (makes := GENERATORS[medium.generator].produces) is not wanted:
        code, lacks = ("clip-without-picture", "picture") if wanted is Produces.VIDEO else ("no-sound", "sound")
        others = [name for name, generator in GENERATORS.items() if generator.produces is wanted]
        hint = named(f"{wanted} generator", others)
        yield _fault(code, f"`{src}` is generated {makes} and has no {lacks}", hint, path)


def _taken_part(
    in_: Time, out: Time | None, duration: Time | None, at: RecipePath, rate: Fraction
) -> Iterator[Diagnostic]:
    if out is not None and duration is not None:
        hint = "keep one of them: `out` is a point in the source, `duration` counts from `in`"
        yield _fault("out-and-duration", "`out` and `duration` both say where this ends", hint, (*at, "duration"))
    elif out is not None and out.at(rate) <= in_.at(rate):
        hint = "`in` and `out` are points in the source; the frame at `out` is not shown"
        yield _fault("out-before-in", f"`out` ({out}) does not come after `in` ({in_})", hint, (*at, "out"))


def _transition(transition: language.Transition | None, path: RecipePath) -> Iterator[Diagnostic]:
    if transition and transition.type == "none" and transition.duration is not None:
        hint = "leave the duration out, or choose a transition, as in `{type: crossfade, duration: 0.5s}`"
        message = "a cut has no duration"
        yield _fault("unused-duration", message, hint, (*path, "duration"), severity=Severity.WARNING)


def _upscale(upscale: language.Upscale | None, path: RecipePath) -> Iterator[Diagnostic]:
    if upscale is None:
        return
    try:
        weights_for(upscale.model, upscale.factor)
    except ValueError as error:
        hint = "choose a smaller factor, or another model: `montage-recipe explain models`"
        yield _fault("wrong-value", str(error), hint, (*path, "factor"))


def _title(title: language.Title, at: RecipePath, ids: list[str], rate: Fraction) -> Iterator[Diagnostic]:
    if title.end is None and title.duration is None:
        yield _fault("title-without-end", "nothing says when this title ends", "add `duration: 3s`, or `end:`", at)
    if title.end is not None and title.duration is not None:
        hint = "keep one of them"
        yield _fault("end-and-duration", "`end` and `duration` both say when this ends", hint, (*at, "duration"))
    yield from _anchors({"start": title.start, "end": title.end}, at, ids, rate)


def _anchors(
    anchors: Mapping[str, Anchor | None], at: RecipePath, ids: list[str], rate: Fraction
) -> Iterator[Diagnostic]:
    for name, anchor in anchors.items():
        if anchor and anchor.clip is not None and anchor.clip not in ids:
            cure = named("id", ids[:12]) if ids else "give the clip an `id:`"
            message = f"no clip has the id `{anchor.clip}`"
            yield _fault("unknown-clip", message, did_you_mean(anchor.clip, ids) or cure, (*at, name))
    start, end = anchors.get("start"), anchors.get("end")
    if start and end and (start.clip, start.edge) == (end.clip, end.edge):
        first, last = (anchor.sign * anchor.offset.at(rate) for anchor in (start, end))
        if last <= first:
            hint = "`start` and `end` are points on the timeline; write `duration:` for a length"
            yield _fault("end-before-start", f"`end` ({end}) does not come after `start` ({start})", hint, (*at, "end"))


def output_names(outputs: Sequence[tuple[RecipePath, language.Output]], source: RecipeSource) -> Iterator[Diagnostic]:
    """A fault for each output with the name of one before it."""
    first: dict[str, int] = {}
    for at, output in sorted(outputs, key=lambda each: each[0]):
        number = int(at[-1]) + 1 if at else 1
        name = output_of(output, at, source).name
        if name in first:
            message = f"two outputs are called `{name}`: output {first[name]} and output {number}"
            hint = "give one of them a `name:` of its own"
            yield _fault("duplicate-output-name", message, hint, (*at, "name" if output.name else "file"))
        first.setdefault(name, number)


def check_outputs(
    uses: Iterable[CheckUse], outputs: Sequence[tuple[RecipePath, language.Output]], source: RecipeSource
) -> Iterator[Diagnostic]:
    """A fault for each check that is for an output that is not there."""
    names = sorted({output_of(output, at, source).name for at, output in outputs})
    for use in uses:
        if use.output is not None and use.output not in names:
            hint = did_you_mean(use.output, names) or named("output", names)
            yield _fault("unknown-output", f"there is no output `{use.output}`", hint, (*use.at, "output"))


def unused_variables(source: RecipeSource, used: set[str]) -> Iterator[Diagnostic]:
    """A warning for each variable of the recipe's own file that no value uses: often a slip in the name."""
    outputs = source.data.get("outputs")
    holders: list[RecipePath] = [(), *(("outputs", i) for i in range(len(outputs) if isinstance(outputs, list) else 0))]
    for holder in holders:
        mapping: Any = source.data
        for part in holder:
            mapping = mapping[part]
        for name in _entries(mapping, "vars") if isinstance(mapping, dict) else ():
            place = source.at_key((*holder, "vars", name))
            if name not in used and place.file == str(source.file):
                yield Diagnostic(
                    code="unused-variable",
                    message=f"no value uses the variable `{name}`",
                    hint=f"write `${{{name}}}` where it belongs, or remove it",
                    path=(*holder, "vars", name),
                    location=place,
                    severity=Severity.WARNING,
                )


def _fault(code: str, message: str, hint: str, path: RecipePath, *, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, path=path, severity=severity)
