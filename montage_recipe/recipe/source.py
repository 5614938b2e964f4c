"""Reads a recipe's text: YAML 1.2, and the place of everything in it. The only door to the yaml library.

Refused, each with its place: duplicate keys, anchors and aliases (a bomb of them loads at once but takes for ever to
check), merge keys, tags, numbers that are not finite, several documents, control characters, too much text or depth.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from montage_recipe.diagnostics import MOST_FAULTS, Diagnostic, Location, RecipeError, RecipePath, too_many_faults
from montage_recipe.recipe import include, yaml_faults
from montage_recipe.recipe.nodes import Entry, ListNode, MapNode, Node, Place, Scalar, ScalarNode, Span, places, plain
from montage_recipe.recipe.scalars import plain_scalar
from montage_recipe.untrusted import MOST_TEXT_BYTES, Confinement, open_to_read

if TYPE_CHECKING:
    import yaml

LARGEST_FILE = 1024 * 1024  # bytes; a recipe of 1,000 clips has about 100,000

Texts = Mapping[Path, tuple[str, ...]]  # the lines of each file


@dataclass(frozen=True, slots=True)
class RecipeSource:
    """A recipe's data with its includes resolved, and where each value of it is written."""

    file: Path  # as the caller named it
    data: Mapping[str, Any]
    places: Mapping[RecipePath, Place]
    texts: Texts
    confinement: Confinement | None = None  # of a recipe from somebody else

    def at(self, path: RecipePath) -> Location:
        """The place of the value at `path`, or of the nearest thing around it that exists."""
        return self._location(self._place(path).value)

    def at_key(self, path: RecipePath) -> Location:
        """The place of the key in front of the value at `path`; of the value where there is no key."""
        place = self._place(path)
        return self._location(place.key or place.value)

    def locate(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with its location, found by its path."""
        return diagnostic if diagnostic.location else replace(diagnostic, location=self.at(diagnostic.path))

    def folder_of(self, path: RecipePath) -> Path:
        """The folder from which relative file names at `path` count: that of the file they are written in."""
        return self._place(path).value.file.parent

    def _place(self, path: RecipePath) -> Place:
        for length in range(len(path), -1, -1):
            if place := self.places.get(path[:length]):
                return place
        return Place(Span(self.file, 1, 1))

    def _location(self, span: Span) -> Location:
        return location_of(span, self.texts)


def location_of(span: Span, texts: Texts) -> Location:
    lines = texts.get(span.file, ())
    text = lines[span.line - 1] if span.line <= len(lines) else ""
    return Location(file=str(span.file), line=span.line, column=span.column, length=span.length, text=text)


def read_file(file: Path, within: Confinement | None = None) -> str:
    """The text of a recipe file. Raises RecipeError where it cannot be read, or is not in the folder `within`."""
    try:
        raw = _content(file, within)
    except OSError as error:
        raise RecipeError([unreadable(file, error)]) from None
    except ValueError as error:
        hint = "copy the file into the recipe's folder; or, where the recipe is your own or you have read it, --trusted"
        location = Location(file=str(file), line=1, column=1)
        raise RecipeError(
            [Diagnostic(code="outside-of-folder", message=str(error), hint=hint, location=location)]
        ) from None
    return decoded(raw, file)


def decoded(raw: bytes, file: Path) -> str:
    """A recipe file's content as text. Raises RecipeError where it is no UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        location = Location(file=str(file), line=line, column=1)
        raise RecipeError([yaml_faults.not_utf8(raw[error.start], location, binary=b"\0" in raw)]) from None


def read_part(file: Path, within: Confinement | None = None) -> str:
    """The text of a file that a recipe includes. Raises RecipeError; never waits for a pipe's writer."""
    if within:  # which opens nothing but regular files
        return read_file(file, within)
    try:
        regular = stat.S_ISREG(file.stat().st_mode) or file.is_dir()
    except OSError as error:
        raise RecipeError([unreadable(file, error)]) from None
    if not regular:
        raise RecipeError([unreadable(file, OSError("it is a pipe, a socket or a device"))])
    return read_file(file)


def _content(file: Path, within: Confinement | None) -> bytes:
    """No more than what is refused as too large: /dev/zero has no end."""
    if within is None:
        with file.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    with os.fdopen(open_to_read(file, within), "rb") as stream:
        return stream.read(LARGEST_FILE + 1)


def unreadable(file: Path, error: OSError) -> Diagnostic:
    reason = {FileNotFoundError: "there is no such file", IsADirectoryError: "it is a folder"}.get(type(error))
    return Diagnostic(
        code="unreadable-recipe",
        message=f"cannot read {file}: {reason or error.strerror or error}",
        hint="check the name; `montage-recipe init FOLDER` writes a first recipe around the media of a folder",
        location=Location(file=str(file), line=1, column=1),
    )


def read_recipe(file: Path, *, untrusted: bool = False) -> RecipeSource:
    """Reads the recipe in `file` and all it includes; `untrusted` confines it to its folder. Raises RecipeError."""
    within = Confinement.around(file) if untrusted else None
    return read_source(read_file(file, within), file, read=lambda other: read_part(other, within), within=within)


def read_source(
    text: str, file: Path, *, read: Callable[[Path], str] = read_part, within: Confinement | None = None
) -> RecipeSource:
    """Reads a recipe's text, `file` being its name, and with `read` the files it includes. Raises RecipeError."""
    texts: dict[Path, tuple[str, ...]] = {}
    sizes: list[int] = []

    def parse(content: str, name: Path) -> MapNode:
        sizes.append(len(content))
        if within and sum(sizes) > MOST_TEXT_BYTES:
            raise RecipeError([yaml_faults.too_much_text(name, MOST_TEXT_BYTES)])
        return _parse(content, name, texts)

    def fail(code: str, message: str, hint: str, span: Span) -> NoReturn:
        location = location_of(span, texts)
        raise RecipeError([Diagnostic(code=code, message=message, hint=hint, location=location)])

    root = include.resolve(parse(text, file), parse=parse, read=read, fail=fail, within=within)
    data = plain(root)
    assert isinstance(data, dict)
    return RecipeSource(file=file, data=data, places=places(root), texts=texts, confinement=within)


def _parse(text: str, file: Path, texts: dict[Path, tuple[str, ...]]) -> MapNode:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    texts[file] = tuple(text.split("\n"))
    if len(text) > LARGEST_FILE or len(text.encode(errors="replace")) > LARGEST_FILE:
        raise RecipeError([yaml_faults.too_large(file, LARGEST_FILE)])
    if fault := yaml_faults.control_character(texts[file], file):
        raise RecipeError([fault])
    root = _TreeBuilder(file, texts).build(text)
    if not isinstance(root, MapNode):
        location = location_of(root.span, texts)
        raise RecipeError(
            [yaml_faults.not_a_mapping(empty=isinstance(root, ScalarNode) and root.value is None, location=location)]
        )
    return root


# --- the tree --------------------------------------------------------------------------------------------------------


class _TreeBuilder:
    """Turns the parser's events into nodes; no recursion, so that depth is a fault and not a crash."""

    def __init__(self, file: Path, texts: Texts) -> None:
        self.file = file
        self.texts = texts
        self.open: list[ListNode | MapNode] = []
        self.keys: list[tuple[str, Span] | None] = []  # of each open mapping, the key that waits for its value
        self.root: Node | None = None
        self.faults: list[Diagnostic] = []

    def build(self, text: str) -> Node:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in _events(text, loader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise RecipeError([*self.faults, self._syntax_fault(error)]) from None
        if self.faults:
            raise RecipeError(self.faults)
        return self.root or ScalarNode(Span(self.file, 1, 1), None)

    def _syntax_fault(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        mark, around = error.problem_mark, error.context_mark
        return yaml_faults.syntax(
            error.problem or "",
            error.context or "",
            (mark.line, mark.column) if mark else None,
            (around.line, around.column) if around else None,
            self.file,
            self.texts[self.file],
        )

    def _take(self, event: yaml.Event) -> None:
        import yaml

        match event:
            case yaml.ScalarEvent():
                self._refuse_anchor_and_tag(event)
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_anchor_and_tag(event)
                self._begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(event)
            case yaml.AliasEvent():
                self._fault("yaml-alias", f"`*{event.anchor}` is an alias", yaml_faults.NO_ALIASES, self._span(event))
                self._alias(self._span(event))
            case yaml.DocumentStartEvent() if self.root is not None:
                hint = "a recipe file is one document: remove the `---` line, or make two files"
                self._fail("yaml-documents", "a second document begins here", hint, self._span(event))
            case _:
                pass  # the stream's own start and end carry nothing

    def _refuse_anchor_and_tag(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self._fault("yaml-alias", f"`&{event.anchor}` is an anchor", yaml_faults.NO_ALIASES, self._span(event))
        tag = getattr(event, "tag", None)
        if tag is not None:
            hint = "recipes have no tags: remove it, and put quotes around a text that begins with `!`"
            self._fault("yaml-tag", f"`{tag}` is a tag", hint, self._span(event))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        span = self._span(event)
        if self._wants_key():
            self._key(event.value, span)
            return
        value: Scalar = event.value
        if event.implicit[0]:
            try:
                value = plain_scalar(event.value)
            except ValueError as error:
                hint = "write a finite number, or put quotes around it if it is a text"
                self._fault("bad-number", str(error), hint, span)
        if value is None and event.value == "" and self.keys and self.keys[-1]:
            span = self.keys[-1][1]  # nothing is written: the key is all there is to point at
        self._add(ScalarNode(span, value))

    def _alias(self, span: Span) -> None:
        if self._wants_key():
            self.keys[-1] = ("", span)
        else:
            self._add(ScalarNode(span, None))

    def _wants_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1], MapNode) and self.keys[-1] is None

    def _key(self, name: str, span: Span) -> None:
        mapping = self.open[-1]
        assert isinstance(mapping, MapNode)
        if name == "<<":
            self._fault("yaml-alias", "`<<` is a merge key", yaml_faults.NO_ALIASES, span)
        if first := mapping.entries.get(name):
            hint = f"the first one is in line {first.key.line}; keep one of them"
            self._fault("duplicate-key", f"the key `{name}` is written twice", hint, span)
        self.keys[-1] = (name, span)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        import yaml

        span = self._span(event)
        if self._wants_key():
            hint = "a key is a word; for a variable write ${name}, and put quotes around a text that begins with { or ["
            self._fail("key-is-no-word", "a list or a mapping stands where a key is expected", hint, span)
        if len(self.open) >= yaml_faults.DEEPEST:
            self._fail(*yaml_faults.TOO_DEEP, span)
        node = MapNode(span) if isinstance(event, yaml.MappingStartEvent) else ListNode(span)
        self._add(node)
        self.open.append(node)
        self.keys.append(None)

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        node = self.open.pop()
        self.keys.pop()
        last = event.end_mark
        assert last is not None
        end = last.column if last.line == node.span.line - 1 else _end_of_line(node)
        node.span = node.span._replace(length=max(1, end - node.span.column + 1))

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent, ListNode):
            parent.items.append(node)
            return
        key = self.keys[-1]
        assert key is not None
        parent.entries[key[0]] = Entry(key[1], node)
        self.keys[-1] = None

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None
        last = end.column if end.line == start.line else len(self.texts[self.file][start.line].rstrip())
        return Span(self.file, start.line + 1, start.column + 1, max(1, last - start.column))

    def _fault(self, code: str, message: str, hint: str, span: Span) -> None:
        """A fault after which reading goes on, so that all of its sort are found at once. Raises RecipeError where there are
        more than anyone reads."""
        location = location_of(span, self.texts)
        if len(self.faults) == MOST_FAULTS:
            raise RecipeError([*self.faults, too_many_faults(self.faults[-1])])
        self.faults.append(Diagnostic(code=code, message=message, hint=hint, location=location))

    def _fail(self, code: str, message: str, hint: str, span: Span) -> NoReturn:
        self._fault(code, message, hint, span)
        raise RecipeError(self.faults)


def _events(text: str, loader: Any) -> Iterator[yaml.Event]:
    import yaml

    events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)
    return events


def _end_of_line(node: ListNode | MapNode) -> int:
    """The last column of what the collection has on its own first line."""
    line, end = node.span.line, node.span.column
    spans = [item.span for item in node.items] if isinstance(node, ListNode) else []
    if isinstance(node, MapNode):
        spans = [span for entry in node.entries.values() for span in (entry.key, entry.value.span)]
    return max((span.column + span.length - 1 for span in spans if span.line == line), default=end)
