"""What an engine cannot do is said before anything is rendered, at the place that asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from montage_recipe.diagnostics import RecipeError, RecipePath
from montage_recipe.engine import Engine
from montage_recipe.graph.picture import lower_picture
from montage_recipe.graph.sound import lower_sound
from montage_recipe.jobs.generated import generated_media
from montage_recipe.jobs.needs import lacking
from montage_recipe.recipe.model import Canvas, GeneratedMedia
from montage_recipe.render.requirements import OPTIONAL_FILTERS, REQUIRED_FILTERS
from montage_recipe.timeline.model import FrameSpan, Timeline
from tests.facts import ENGINE, clip_media
from tests.recipe.making import recipe_of
from tests.timeline.making import timeline_of

BARE = replace(ENGINE, filters=frozenset(REQUIRED_FILTERS), transitions=frozenset({"fade"}))
HDR = {"transfer": "smpte2084", "primaries": "bt2020", "matrix": "bt2020nc", "pixel_format": "yuv420p10le"}

# What is asked for, by the clip's keys and its facts: the optional filters of it.
WISHES: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "nothing": ("", {}, set()),
    "a turned picture": ("", {"rotation": 90, "upright": False}, set()),
    "transparency": ("", {"alpha": True, "pixel_format": "yuva420p"}, set()),
    "hdr": ("", HDR, {"zscale", "tonemap"}),
    "hlg": ("", HDR | {"transfer": "arib-std-b67"}, {"zscale", "tonemap"}),
    "display p3": ("", {"primaries": "smpte432"}, {"zscale"}),
    "interlaced": ("", {"interlaced": True}, {"bwdif"}),
    "fit": ("fit: blur", {"width": 100}, {"gblur"}),
    "speed": ("speed: 2", {}, {"atempo"}),
    "denoise": ("effects: [{denoise: light}]", {}, {"bilateral"}),
    "color": ("effects: [{color: {temperature: 5000, contrast: 1.1}}]", {}, {"colortemperature", "eq"}),
    "several": ("effects: [grayscale, {sharpen: 1}, vignette, blur, mirror]", {}, {"hue", "unsharp", "vignette", "boxblur"}),
}  # fmt: skip


def wish(name: str, rest: str = "") -> Timeline:
    keys, facts, _ = WISHES[name]
    text = f"clips: [{{src: a.mp4, duration: 2s{', ' if keys else ''}{keys}}}]\n{rest}"
    return timeline_of(text, facts={"a.mp4": clip_media("a.mp4", **facts)})


def told(timeline: Timeline, engine: Engine = BARE) -> list[tuple[RecipePath, str]]:
    faults = tuple(lacking(timeline, engine))
    assert all(fault.code == "engine-lacks-feature" and fault.hint for fault in faults)
    return [(fault.path, fault.message) for fault in faults]


@pytest.mark.parametrize("name", WISHES)
def test_a_clip_is_refused_for_exactly_the_filters_that_its_graph_has_and_the_engine_not(name: str) -> None:
    timeline = wish(name)
    assert told(timeline, ENGINE) == []
    whole = FrameSpan(0, timeline.length)
    nodes = (*lower_picture(timeline, whole).nodes, *lower_sound(timeline, whole).nodes)
    used = {node.filter for node in nodes} - {*REQUIRED_FILTERS}
    assert used == WISHES[name][2] <= OPTIONAL_FILTERS.keys()
    messages = " ".join(message for _, message in told(timeline))
    assert {filter_name for filter_name in OPTIONAL_FILTERS if f"`{filter_name}`" in messages} >= used
    assert bool(messages) == bool(used)


def test_faults_stand_where_the_wish_does() -> None:
    rest = "titles: [{text: a, duration: 1s}]\nloudness: {integrated: -14}\n"
    timeline = wish("several", rest)
    assert [path for path, _ in told(timeline)] == [
        *(("clips", 0, "effects", number) for number in range(4)),
        ("titles", 0),
        ("loudness",),
    ]


def test_transparency_is_not_dropped_for_want_of_a_decoder() -> None:
    timeline = timeline_of(
        "clips: [{src: a.webm}]", facts={"a.webm": clip_media("a.webm", decoder="libvpx-vp9", alpha=True)}
    )
    ((path, message),) = told(timeline, replace(ENGINE, decoders=frozenset({"vp9"})))
    assert path == ("clips", 0)
    assert "`libvpx-vp9`" in message
    assert told(timeline, ENGINE) == []


def test_generated_footage_is_refused_at_the_medium_that_asks_for_it() -> None:
    recipe = recipe_of("recipe: 1\nmedia: {waves: {generate: sea, duration: 2s}}\nclips: [{src: waves}]\n")
    source = recipe.clips[0].src
    assert isinstance(source, GeneratedMedia) and isinstance(recipe.canvas, Canvas)
    with pytest.raises(RecipeError) as caught:
        generated_media(source, recipe.canvas, BARE)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.path) == ("engine-lacks-feature", ("media", "waves"))
    assert "`geq`" in fault.message
    generated_media(source, recipe.canvas, ENGINE)
