from __future__ import annotations

import pytest

from montage_recipe.engine import Engine
from montage_recipe.graph.emit import ALLOWED_FILTERS, ffmpeg_arguments
from montage_recipe.graph.model import FilterGraph, Input, Node
from montage_recipe.graph.passes import insert_splits
from tests.engines import ENGINE_IDS, ENGINES

IN0 = Input(id="in0", options=(("noaccurate_seek", None), ("ss", "1.5")), url="file:in0.mp4")


def node(name: str, *inputs: str, filter_name: str = "setsar", **options: str | int) -> Node:
    return Node(id=name, filter=filter_name, inputs=inputs, options=tuple(options.items()))


def graph(*nodes: Node) -> FilterGraph:
    return FilterGraph(inputs=(IN0,), nodes=nodes, result=nodes[-1].id)


def test_a_stream_read_twice_gets_one_split() -> None:
    twice = graph(node("a", "in0:0"), node("b", "a"), node("c", "a"), node("d", "b", "c", filter_name="concat", n=2))
    rewritten = insert_splits(twice)
    assert [n.filter for n in rewritten.nodes] == ["setsar", "split", "setsar", "setsar", "concat"]
    assert [n.inputs for n in rewritten.nodes[2:4]] == [("a_split.0",), ("a_split.1",)]


def test_an_input_read_twice_gets_one_split() -> None:
    twice = graph(node("b", "in0:0"), node("c", "in0:0"), node("d", "b", "c", filter_name="concat", n=2))
    assert insert_splits(twice).nodes[0].inputs == ("in0:0",)
    assert insert_splits(twice).nodes[0].outputs == 2


def test_a_graph_without_shared_streams_is_left_alone() -> None:
    plain = graph(node("a", "in0:0"), node("b", "a"))
    assert insert_splits(plain) == plain


def test_filters_carry_the_name_of_their_place_in_the_recipe() -> None:
    arguments = ffmpeg_arguments(
        graph(node("clips_1_effects_0", "in0:0", filter_name="crop", w=10)),
        output_options=("-an",),
        output="file:out.mp4",
    )
    assert arguments == (
        *("-nostdin", "-noaccurate_seek", "-ss", "1.5", "-i", "file:in0.mp4"),
        *("-filter_complex", "[0:0]crop@clips_1_effects_0=w=10[s0]", "-map", "[s0]", "-an", "file:out.mp4"),
    )


def test_what_means_something_to_ffmpeg_is_escaped() -> None:
    arguments = ffmpeg_arguments(
        graph(node("a", "in0:0", filter_name="subtitles", filename="a'b:c,d;[e]\\f")), output_options=(), output="-"
    )
    assert arguments[7] == r"[0:0]subtitles@a=filename=a\\\'b\\:c\,d\;\[e\]\\\\f[s0]"


def test_two_equal_filters_stay_two() -> None:
    arguments = ffmpeg_arguments(graph(node("a", "in0:0", sar=1), node("b", "a", sar=1)), output_options=(), output="-")
    assert arguments[7].count("setsar@") == 2


@pytest.mark.parametrize("name", ["movie", "drawtext", "metadata", "ladspa", "frei0r", "sendcmd", "zmq"])
def test_a_filter_that_could_reach_files_or_code_is_refused(name: str) -> None:
    assert name not in ALLOWED_FILTERS
    with pytest.raises(ValueError, match="not on the list"):
        ffmpeg_arguments(graph(node("a", "in0:0", filter_name=name)), output_options=(), output="-")


@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_every_allowed_filter_is_in_every_engine(engine: Engine) -> None:
    assert not ALLOWED_FILTERS - engine.filters
