"""Rewrites of a whole graph; each takes a graph and returns a new one. `PASSES` is the order they run in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from montage_recipe.graph.model import FilterGraph, Node


def insert_splits(graph: FilterGraph) -> FilterGraph:
    """Gives every stream that is read more than once a `split`, because ffmpeg lets an output feed one input only."""
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    handed_out: Counter[str] = Counter()
    nodes: list[Node] = []

    def split_after(name: str) -> None:
        if readers[name] > 1:
            split_id = f"{name.replace(':', '_')}_split"
            options = (("outputs", readers[name]),)
            nodes.append(Node(id=split_id, filter="split", inputs=(name,), options=options, outputs=readers[name]))

    def reader_of(name: str) -> str:
        if readers[name] < 2:
            return name
        handed_out[name] += 1
        return f"{name.replace(':', '_')}_split.{handed_out[name] - 1}"

    for graph_input in graph.inputs:
        for name in sorted(n for n in readers if n.startswith(f"{graph_input.id}:")):
            split_after(name)
    for node in graph.nodes:
        nodes.append(replace(node, inputs=tuple(reader_of(name) for name in node.inputs)))
        split_after(node.id)
    return replace(graph, nodes=tuple(nodes))


PASSES = (insert_splits,)


def run_passes(graph: FilterGraph) -> FilterGraph:
    for rewrite in PASSES:
        graph = rewrite(graph)
    return graph
