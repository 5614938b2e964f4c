"""`include:`, resolved while reading: what other files hold becomes part of the recipe, and keeps its own places.

At the top of a recipe it lays keys under the recipe's own: mappings are merged key by key and the recipe wins; lists
and single values of the recipe replace. Among the clips, `{include: part.yaml}` stands for the clips of that file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from montage_recipe.diagnostics import RecipeError
from montage_recipe.recipe.nodes import ListNode, MapNode, Node, ScalarNode, Span, plain
from montage_recipe.untrusted import Confinement

DEEPEST = 8  # files inside each other
MOST = 100  # files of one recipe

_OF_CLIPS = ("recipe", "include", "clips", "media", "vars")  # what a file among the clips may hold


class Fail(Protocol):
    def __call__(self, code: str, message: str, hint: str, span: Span) -> NoReturn: ...


@dataclass(slots=True)
class _Reader:
    parse: Callable[[str, Path], MapNode]
    read: Callable[[Path], str]
    fail: Fail
    within: Confinement | None = None
    files: int = 0

    def open(self, name: ScalarNode, above: tuple[Path, ...]) -> tuple[MapNode, tuple[Path, ...]]:
        """The file that `name` names, and the chain of files down to it."""
        assert isinstance(name.value, str)
        file = Path(os.path.normpath(name.span.file.parent / name.value))
        absolute = Path(os.path.abspath(file))  # noqa: PTH100 # `absolute` keeps ".."
        if self.within and (why := self.within.why_not(name.value, absolute)):
            hint = "copy the file into the recipe's folder; or, where you have read it, --trusted"
            self.fail("outside-of-folder", f"`{name.value}` {why}", hint, name.span)
        if file.absolute() in {other.absolute() for other in above}:
            chain = ", which includes ".join(str(other) for other in (*above, file))
            self.fail("include-cycle", f"this closes a circle: {chain}", "take one of the includes away", name.span)
        self.files += 1
        if len(above) > DEEPEST or self.files > MOST:
            message = f"more than {DEEPEST} files inside each other, or {MOST} in all"
            self.fail("include-too-deep", message, "include fewer files", name.span)
        return self.parse(self._text(file, name.span), file), (*above, file)

    def _text(self, file: Path, span: Span) -> str:
        try:
            return self.read(file)
        except RecipeError as error:
            if error.diagnostics[0].code not in ("unreadable-recipe", "outside-of-folder"):
                raise
            if error.diagnostics[0].code == "outside-of-folder":
                self.fail("outside-of-folder", error.diagnostics[0].message, error.diagnostics[0].hint, span)
            message = error.diagnostics[0].message
        except OSError as error:
            message = f"cannot read {file}: {error.strerror or error}"
        hint = "a relative name counts from the folder of the file that includes it"
        return self.fail("unreadable-include", message, hint, span)


def resolve(
    root: MapNode,
    *,
    parse: Callable[[str, Path], MapNode],
    read: Callable[[Path], str],
    fail: Fail,
    within: Confinement | None = None,
) -> MapNode:
    """The recipe with everything it includes. Raises RecipeError, through `fail`, at the include's place."""
    return _whole(_Reader(parse, read, fail, within), root, (root.span.file,))


def _whole(reader: _Reader, root: MapNode, above: tuple[Path, ...]) -> MapNode:
    result = MapNode(root.span, dict(root.entries))
    names = result.entries.pop("include", None)
    if (clips := result.entries.get("clips")) and isinstance(clips.value, ListNode):
        clips.value = _spliced(reader, clips.value, above, into=result)
    if names is None:
        return result
    # The last of several files lies on top of the ones before it, and the recipe on top of all.
    for name in reversed(_names(reader, names.value)):
        fragment, chain = reader.open(name, above)
        _lay_under(result, _checked_version(reader, _whole(reader, fragment, chain), root, name))
    return result


def _spliced(reader: _Reader, clips: ListNode, above: tuple[Path, ...], *, into: MapNode) -> ListNode:
    result = ListNode(clips.span)
    for item in clips.items:
        if not (isinstance(item, MapNode) and "include" in item.entries):
            result.items.append(item)
            continue
        for key, entry in item.entries.items():
            if key != "include":
                hint = "write it on the clips of the included file"
                reader.fail("include-with-keys", f"`{key}` stands beside an `include`", hint, entry.key)
        for name in _names(reader, item.entries["include"].value):
            result.items += _clips_of(reader, name, above, into)
    return result


def _clips_of(reader: _Reader, name: ScalarNode, above: tuple[Path, ...], into: MapNode) -> list[Node]:
    fragment, chain = reader.open(name, above)
    part = _checked_version(reader, _whole(reader, fragment, chain), into, name)
    for key, entry in part.entries.items():
        if key not in _OF_CLIPS:
            hint = (
                f"among the clips, a file gives its clips, media and vars; include {name.value} at the top for the rest"
            )
            reader.fail(
                "include-unused-key", f"`{key}` has no meaning in a file included among the clips", hint, entry.key
            )
    clips = part.entries.pop("clips", None)
    if clips is None or not isinstance(clips.value, ListNode):
        hint = "give the file a `clips:` list, or include it at the top of the recipe"
        return reader.fail("include-without-clips", f"{name.value} has no list of clips", hint, name.span)
    _refuse_clashes(reader, into, part)
    _lay_under(into, part)
    return clips.value.items


def _refuse_clashes(reader: _Reader, into: MapNode, part: MapNode) -> None:
    """Two files among the clips may not call two things by one name; only the recipe itself decides for both."""
    for group in ("media", "vars"):
        own, other = into.entries.get(group), part.entries.get(group)
        if not (own and other and isinstance(own.value, MapNode) and isinstance(other.value, MapNode)):
            continue
        for name, entry in other.value.entries.items():
            first = own.value.entries.get(name)
            if first and first.key.file != into.span.file and plain(first.value) != plain(entry.value):
                message = f"`{name}` is something else in {first.key.file}, line {first.key.line}"
                hint = f"give one of them another name, or say in the recipe's own `{group}` which it is"
                reader.fail("include-clash", message, hint, entry.key)


def _names(reader: _Reader, node: Node) -> list[ScalarNode]:
    names = node.items if isinstance(node, ListNode) else [node]
    result: list[ScalarNode] = []
    for name in names:
        if not (isinstance(name, ScalarNode) and isinstance(name.value, str) and name.value):
            return reader.fail(
                "wrong-kind", "an include is a file, or a list of files", "as in `include: brand.yaml`", name.span
            )
        if "\0" in name.value or "${" in name.value:
            hint = "write the name itself; included files are read before variables are known"
            return reader.fail("wrong-kind", f"{name.value!r} is not the name of a file", hint, name.span)
        result.append(name)
    return result


def _checked_version(reader: _Reader, part: MapNode, root: MapNode, name: ScalarNode) -> MapNode:
    """The part without its `recipe: 1`, which must be the recipe's own."""
    version, own = part.entries.pop("recipe", None), root.entries.get("recipe")
    if version and own and plain(version.value) != plain(own.value):
        message = f"{name.value} says `recipe: {plain(version.value)}`, this recipe says {plain(own.value)}"
        reader.fail("wrong-version", message, "use one version of the language in all files", version.value.span)
    return part


def _lay_under(top: MapNode, below: MapNode) -> None:
    for key, entry in below.entries.items():
        own = top.entries.get(key)
        if own is None:
            top.entries[key] = entry
        elif isinstance(own.value, MapNode) and isinstance(entry.value, MapNode):
            own.value = MapNode(own.value.span, {**entry.value.entries, **own.value.entries})
