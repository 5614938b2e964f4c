"""Every example of every generator runs on a real ffmpeg and gives exactly what was asked for, each time the same."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from montage_recipe.engine import Engine
from montage_recipe.fields import keys_of
from montage_recipe.generate import ALL_GENERATORS, GENERATORS
from montage_recipe.generate.spec import Generator, Produces, Shot
from montage_recipe.generate.test_pattern import BITS
from montage_recipe.recipe.kinds import Size
from tests.engines import ENGINE_IDS, ENGINES
from tests.frames import frames_of, mean_difference, run_ffmpeg, samples_of

SIZE = (128, 72)
STILL = {"color-bars"}
EXAMPLES = [(generator, example) for generator in ALL_GENERATORS for example in generator.examples]
EXAMPLE_IDS = [f"{g.name}-{number}" for g in ALL_GENERATORS for number, _ in enumerate(g.examples)]


def _shot(frames: int, rate: Fraction = Fraction(10), size: tuple[int, int] = SIZE) -> Shot:
    return Shot(size=Size(*size), rate=rate, frames=frames)


def _params(generator: Generator, example: Mapping[str, Any]) -> object:
    kinds = {name: key.kind for name, key, _ in keys_of(generator.params)}
    return generator.params(**{name: kind.parse(example[name]) for name, kind in kinds.items() if name in example})


def _graph(name: str, shot: Shot, **values: object) -> str:
    generator = GENERATORS[name]
    return generator.lower(generator.params(**values), shot)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize(("generator", "example"), EXAMPLES, ids=EXAMPLE_IDS)
def test_an_example_gives_what_was_asked_for(generator: Generator, example: Mapping[str, Any], engine: Engine) -> None:
    graph = generator.lower(_params(generator, example), _shot(9))
    if generator.produces is Produces.AUDIO:
        samples = samples_of(engine, graph)
        assert len(samples) == 2 * 43_200
        assert 0.05 < max(samples) < 1
        return
    frames = frames_of(engine, graph, SIZE)
    assert len(frames) == 9
    assert len(set(frames[0][: SIZE[0] * SIZE[1]])) > 8, "the picture is empty"
    assert (mean_difference(frames[0], frames[8]) == 0) == (generator.name in STILL)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize("generator", ALL_GENERATORS, ids=lambda generator: generator.name)
def test_the_same_shot_gives_the_same_bytes_with_any_number_of_threads(generator: Generator, engine: Engine) -> None:
    graph = generator.lower(generator.params(), _shot(4))
    hashes = {
        run_ffmpeg(engine, *("-filter_threads", threads, "-f", "lavfi", "-i", graph, "-f", "md5", "-"))
        for threads in ("1", "3")
    }
    assert len(hashes) == 1


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize(
    "generator", [g for g in ALL_GENERATORS if g.produces is Produces.VIDEO], ids=lambda generator: generator.name
)
def test_a_scene_fills_a_tall_canvas_of_a_broken_rate(generator: Generator, engine: Engine) -> None:
    shot = _shot(3, Fraction(30000, 1001), (54, 96))
    assert len(frames_of(engine, generator.lower(generator.params(), shot), (54, 96))) == 3


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_the_test_pattern_shows_its_frame_number_and_flashes_on_each_second(engine: Engine) -> None:
    rate = Fraction(30000, 1001)
    frames = frames_of(engine, _graph("test-pattern", _shot(62, rate)), SIZE)
    bottom, block = SIZE[0] * (SIZE[1] - 3), SIZE[0] // BITS
    numbers = [
        sum((frame[bottom + bit * block + block // 2] > 128) << (BITS - 1 - bit) for bit in range(BITS))
        for frame in frames
    ]
    assert numbers == list(range(62))
    flashes = [number for number, frame in enumerate(frames) if frame[2 * SIZE[0] - 3] > 200]
    assert flashes == [0, 30, 60]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_clicks_begin_on_the_sample(engine: Engine) -> None:
    left = samples_of(engine, _graph("clicks", _shot(15), interval=0.5))[::2]
    loud = [number for number, sample in enumerate(left) if abs(sample) > 0.01]
    starts = [number for before, number in pairwise(loud) if number - before > 10_000]
    assert loud[0] <= 1
    assert [start - 24_000 * (index + 1) for index, start in enumerate(starts)] == [1, 1]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_a_tone_has_the_level_and_the_pitch_asked_for(engine: Engine) -> None:
    left = samples_of(engine, _graph("tone", _shot(10), frequency=480.0, level=-6.0))[::2]
    assert max(left) == pytest.approx(10 ** (-6 / 20), abs=0.01)
    rises = sum(1 for before, after in pairwise(left) if before < 0 <= after)
    assert rises in (479, 480)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_the_tune_goes_round_without_a_gap(engine: Engine) -> None:
    # At 160 beats a minute a round of eight bars lasts 12 s.
    left = samples_of(engine, _graph("tune", _shot(130), tempo=160.0))[::2]
    loudest = [max(abs(sample) for sample in left[start : start + 4800]) for start in range(0, len(left), 4800)]
    assert len(left) == 13 * 48_000
    assert min(loudest) > 0.02


def test_names_are_given_once_and_examples_name_their_generator() -> None:
    assert len(GENERATORS) == len(ALL_GENERATORS)
    assert all(example["generate"] == generator.name for generator, example in EXAMPLES)
