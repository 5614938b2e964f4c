"""The only door to ffmpeg-python: a filter graph becomes the arguments of one ffmpeg process.

Used with keyword options only, because positional ones are escaped twice, and with every filter named `filter@id`, so
that equal filters are not merged into one and a message in ffmpeg's log leads back to the recipe.
"""

from __future__ import annotations

from typing import Any

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
            "tonemap",
        ),
        *("tpad", "trim", "unsharp", "vflip", "vignette", "xfade", "zscale"),
    )
)


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
