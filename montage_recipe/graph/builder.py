"""Collects the inputs and filters of one graph while it is being lowered."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import PurePosixPath

from montage_recipe.diagnostics import RecipePath
from montage_recipe.effects.spec import FilterCall
from montage_recipe.graph.model import FilterGraph, Input, Node
from montage_recipe.media.containers import is_still
from montage_recipe.media.decoders import DECODERS, MOST_PIXELS
from montage_recipe.media.facts import MediaFacts


class GraphBuilder:
    """Gives every input and every filter a name; filters are named after the place in the recipe they come from."""

    def __init__(self) -> None:
        self._inputs: list[Input] = []
        self._nodes: list[Node] = []
        self._names: set[str] = set()

    def media(self, media: MediaFacts, stream: int, **options: str | int | None) -> str:
        """Opens a file; returns the name of its stream number `stream`.

        ffmpeg may use the demuxer that the file was looked at with, and no other: a playlist with a video's name opens
        nothing.
        """
        name = f"in{len(self._inputs)}"
        suffix = PurePosixPath(media.file).suffix.lower()
        suffix = suffix if suffix[1:].isalnum() and suffix.isascii() else ""
        given = (*guarded(media), *options.items())
        self._inputs.append(Input(id=name, options=given, url=f"file:{name}{suffix}", media=media))
        return f"{name}:{stream}"

    def source(self, filter_name: str, options: str) -> str:
        """Opens a lavfi source; ffmpeg-python cannot build filters without inputs, and merges inputs that are equal."""
        name = f"in{len(self._inputs)}"
        self._inputs.append(Input(id=name, options=(("f", "lavfi"),), url=f"{filter_name}@{name}={options}"))
        return f"{name}:0"

    def listed(self, name: str) -> str:
        """Opens the files that a concat list in the job's folder names, one after the other, as one stream."""
        opened = f"in{len(self._inputs)}"
        options = (*GUARDED_LIST, ("f", "concat"))
        self._inputs.append(Input(id=opened, options=options, url=f"file:{name}"))
        return f"{opened}:0"

    def numbered(self, pattern: str, rate: Fraction) -> str:
        """Opens pictures that jobs have made, `still%05d.png` from 0 on, as a stream of `rate` pictures a second."""
        opened = f"in{len(self._inputs)}"
        options = (*_guard("image2"), ("f", "image2"), ("framerate", rational(rate)), ("start_number", 0))
        self._inputs.append(Input(id=opened, options=options, url=f"file:{pattern}"))
        return f"{opened}:0"

    def chain(self, stream: str, calls: Iterable[FilterCall], *, at: RecipePath) -> str:
        """Sends a stream through filters one after the other."""
        for filter_call in calls:
            stream = self.join((stream,), filter_call, at=at)
        return stream

    def join(self, streams: tuple[str, ...], filter_call: FilterCall, *, at: RecipePath) -> str:
        """Sends several streams into one filter."""
        name = self._free_name("_".join(str(part) for part in at) or "montage")
        node = Node(id=name, filter=filter_call.name, inputs=streams, options=filter_call.options, at=at)
        self._nodes.append(node)
        return name

    def finish(self, result: str) -> FilterGraph:
        return FilterGraph(inputs=tuple(self._inputs), nodes=tuple(self._nodes), result=result)

    def _free_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._names:
            number += 1
            name = f"{wanted}_n{number}"
        self._names.add(name)
        return name


def _guard(formats: str) -> tuple[tuple[str, str | int | None], ...]:
    return (
        ("protocol_whitelist", "file"),
        ("format_whitelist", formats),
        ("codec_whitelist", ",".join(DECODERS)),
        ("max_pixels", MOST_PIXELS),
    )


def guarded(media: MediaFacts) -> tuple[tuple[str, str | int | None], ...]:
    """What stands before the `-i` of a file. A still's name decides that ffmpeg opens it by image2, which reads names as
    patterns of many files; names of links are made by us and are none."""
    return _guard(f"{media.container},image2" if is_still(media.container) else media.container)


# Before the `-i` of a concat list that we have written; its parts are results of jobs.
GUARDED_LIST = _guard("concat,mov,mp4,m4a,3gp,3g2,mj2,wav,w64")


def words(options: tuple[tuple[str, str | int | None], ...]) -> tuple[str, ...]:
    """Options as arguments of ffmpeg."""
    return tuple(word for name, value in options for word in (f"-{name}", *(() if value is None else (str(value),))))


def rational(value: Fraction) -> str:
    """As ffmpeg's options take an exact number: `30` or `30000/1001`."""
    return str(value)
