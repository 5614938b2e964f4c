"""Every example of every effect runs on a real ffmpeg: it changes the picture, keeps its size, and leaves no seams."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from montage_recipe.effects import ALL_EFFECTS, EFFECTS
from montage_recipe.effects.blur import Blur
from montage_recipe.effects.color import Color
from montage_recipe.effects.crop import Crop
from montage_recipe.effects.grayscale import Grayscale
from montage_recipe.effects.spec import Effect
from montage_recipe.effects.vignette import Vignette
from montage_recipe.engine import Engine
from montage_recipe.fields import keys_of
from tests.engines import ENGINE_IDS, ENGINES
from tests.frames import CANVAS, filter_text, frames_of, mean_difference

SIZE = (96, 54)
# Moving, noisy, in colour: a filter that looks at the frames before shows it.
SOURCE = f"testsrc2=s=96x54:r=10,noise=alls=20:allf=t:all_seed=3,trim=end_frame=8,{CANVAS}"


def _params(effect: Effect, example: Mapping[str, Any]) -> object:
    """The parameter record of an example, read as the recipe's front end reads it."""
    written = example[effect.name]
    values = dict(written) if isinstance(written, Mapping) else {str(effect.shorthand): written}
    kinds = {name: key.kind for name, key, _ in keys_of(effect.params)}
    return effect.params(**{name: kinds[name].parse(value) for name, value in values.items()})


EXAMPLES = [(effect, example) for effect in ALL_EFFECTS for example in effect.examples]
EXAMPLE_IDS = [f"{effect.name}-{number}" for effect in ALL_EFFECTS for number, _ in enumerate(effect.examples)]


def _chain(effect: Effect, example: Mapping[str, Any]) -> str:
    return filter_text(effect.lower(_params(effect, example)))


def _size(effect: Effect, example: Mapping[str, Any]) -> tuple[int, int]:
    if effect.name != "crop":
        return SIZE
    params = _params(effect, example)
    assert isinstance(params, Crop)
    width = round(SIZE[0] * (params.width or 1 - params.x)) // 2 * 2
    height = round(SIZE[1] * (params.height or 1 - params.y)) // 2 * 2
    return width, height


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize(("effect", "example"), EXAMPLES, ids=EXAMPLE_IDS)
def test_an_effect_changes_the_picture_and_leaves_no_seam(
    effect: Effect, example: Mapping[str, Any], engine: Engine
) -> None:
    chain, size = _chain(effect, example), _size(effect, example)
    whole = frames_of(engine, f"{SOURCE},{chain}", size)
    pieces = (
        frames_of(engine, f"{SOURCE},trim={part},setpts=PTS-STARTPTS,{chain}", size)
        for part in ("end_frame=3", "start_frame=3")
    )
    assert len(whole) == 8
    assert [frame for piece in pieces for frame in piece] == whole
    if size == SIZE:
        assert mean_difference(whole[5], frames_of(engine, SOURCE, SIZE)[5]) > 0.3


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize("effect", ALL_EFFECTS, ids=lambda effect: effect.name)
def test_an_effect_gives_back_the_canvas_format(effect: Effect, engine: Engine) -> None:
    chain = _chain(effect, effect.examples[0])
    # Without a conversion at the end: another format would make frames of another length.
    raw = frames_of(engine, f"{SOURCE},{chain},format=yuv420p|yuv444p|gbrp", _size(effect, effect.examples[0]))
    assert len(raw) == 8


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_neutral_temperature_round_trip_keeps_the_colours(engine: Engine) -> None:
    chain = filter_text(EFFECTS["color"].lower(Color(temperature=6501)))
    source = f"color=c=0xb03020:s=96x54:r=10,scale=out_color_matrix=bt709:out_range=tv,trim=end_frame=1,{CANVAS}"
    before, after = (frames_of(engine, graph, SIZE)[0] for graph in (source, f"{source},{chain}"))
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 3


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_warm_light_adds_red_and_cool_light_adds_blue(engine: Engine) -> None:
    def red_and_blue(kelvin: float) -> tuple[int, int]:
        chain = filter_text(EFFECTS["color"].lower(Color(temperature=kelvin)))
        frame = frames_of(engine, f"color=c=gray:s=96x54:r=10,trim=end_frame=1,{CANVAS},{chain}", SIZE)[0]
        return frame[-1], frame[SIZE[0] * SIZE[1]]  # Cr, Cb

    warm, cool = red_and_blue(4000), red_and_blue(10000)
    assert warm[0] > 128 > warm[1]
    assert cool[0] < 128 < cool[1]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_grayscale_leaves_no_colour(engine: Engine) -> None:
    chain = filter_text(EFFECTS["grayscale"].lower(Grayscale(amount=Fraction(1))))
    frame = frames_of(engine, f"{SOURCE},{chain}", SIZE)[0]
    assert set(frame[SIZE[0] * SIZE[1] :]) == {128}


@pytest.mark.parametrize(
    "nothing", [("color", Color()), ("blur", Blur(radius=Fraction(0))), ("vignette", Vignette(strength=Fraction(0)))]
)
def test_parameters_that_change_nothing_are_no_filter(nothing: tuple[str, object]) -> None:
    name, params = nothing
    assert EFFECTS[name].lower(params) == ()


def test_a_crop_over_the_edge_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x and width of the crop add up to 1\.1"):
        Crop(x=Fraction(1, 2), width=Fraction(3, 5))


def test_every_example_of_an_effect_names_that_effect() -> None:
    assert all(set(example) == {effect.name} for effect, example in EXAMPLES)
