"""The only door to ffmpeg-python: a filter graph becomes the arguments of one ffmpeg process.

Used with keyword options only, because positional ones are escaped twice, and with every filter named `filter@id`, so
that equal filters are not merged into one and a message in ffmpeg's log leads back to the recipe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from montage_recipe.graph.model import FilterGraph, Node

# What a graph may contain. Nothing in a recipe names a filter; this list is the second lock on that door.
ALLOWED_FILTERS = frozenset(
    (
        *(
            "acrossfade",
            "aformat",
            "afade",
            "amix",
            "anull",
            "apad",
            "aresample",
            "asetpts",
            "astats",
            "atempo",
            "atrim",
            "ebur128",
        ),
        *(
            "volume",
            "bilateral",
            "boxblur",
            "bwdif",
            "colortemperature",
            "concat",
            "crop",
            "eq",
            "fade",
            "format",
            "fps",
            "gblur",
            "hflip",
            "hue",
        ),
        *(
            "loop",
            "overlay",
            "pad",
            "pan",
            "scale",
            "setparams",
            "setpts",
            "setsar",
            "settb",
            "split",
            "subtitles",
            "tile",
            "tonemap",
        ),
        *("tpad", "trim", "unsharp", "vflip", "vignette", "xfade", "zscale"),
    )
)


class GraphArguments(Sequence[str]):
    """The arguments of one ffmpeg process that runs a graph, put together when they are first looked at.

    Most jobs of most builds are found in the store and are never looked at, and ffmpeg-python takes 10 ms for a graph.
    `replacing` puts a text in the place of one node's filter, name included.
    """

    def __init__(
        self,
        graph: FilterGraph,
        *,
        output_options: tuple[str, ...],
        output: str,
        replacing: tuple[str, str] | None = None,
    ) -> None:
        self.graph, self.output_options, self.output, self.replacing = graph, output_options, output, replacing
        self._texts: tuple[str, ...] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        if self._texts is None:
            texts = ffmpeg_arguments(self.graph, output_options=self.output_options, output=self.output)
            if self.replacing:
                node_id, text = self.replacing
                (node,) = (node for node in self.graph.nodes if node.id == node_id)
                texts = tuple(argument.replace(f"{node.filter}@{node.id}", text) for argument in texts)
            self._texts = texts
        return self._texts

    @property
    def identity(self) -> list[object]:
        """All that decides what ffmpeg does, without the names that filters have from the recipe."""
        numbers = {node.id: number for number, node in enumerate(self.graph.nodes)}

        def numbered(name: str) -> str:
            node, dot, output = name.partition(".")
            return f"{numbers[node]}{dot}{output}" if node in numbers else name

        return [
            [[i.id, i.options, i.url] for i in self.graph.inputs],
            [[node.filter, node.options, [numbered(name) for name in node.inputs]] for node in self.graph.nodes],
            numbered(self.graph.result),
            self.output_options,
            self.output,
            [numbered(self.replacing[0]), self.replacing[1]] if self.replacing else None,
        ]

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self.texts[index]

    def __len__(self) -> int:
        return len(self.texts)


def ffmpeg_arguments(graph: FilterGraph, *, output_options: tuple[str, ...], output: str) -> tuple[str, ...]:
    """Everything after the program's name; the graph's result is the only stream of `output`."""
    import ffmpeg

    if not graph.nodes:
        raise ValueError("a graph without filters is not lowered to a filter graph")
    streams: dict[str, Any] = {}
    for graph_input in graph.inputs:
        opened = ffmpeg.input(graph_input.url, **dict(graph_input.options))
        streams[graph_input.id] = opened
    for node in graph.nodes:
        if node.filter not in ALLOWED_FILTERS:
            raise ValueError(f"the filter {node.filter} is not on the list of filters a graph may use")
        sources = [_stream(streams, name) for name in node.inputs]
        made = ffmpeg.filter_multi_output(sources, f"{node.filter}@{node.id}", **_options(node))
        streams[node.id] = made if node.outputs > 1 else made.stream(0)
    arguments = ffmpeg.get_args(ffmpeg.output(streams[graph.result], output))
    return ("-nostdin", *arguments[:-1], *output_options, output)


def _options(node: Node) -> dict[str, str | int | float]:
    return dict(node.options)


def _stream(streams: dict[str, Any], name: str) -> Any:
    if ":" in name:
        graph_input, stream = name.split(":")
        return streams[graph_input][stream]
    if "." in name:
        node, output = name.split(".")
        return streams[node].stream(int(output))
    return streams[name]
