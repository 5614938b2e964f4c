"""Every transition runs on a real ffmpeg, and shows neither clip unchanged in its middle."""

from __future__ import annotations

import pytest

from montage_recipe.engine import Engine
from montage_recipe.transitions import ALL_TRANSITIONS
from montage_recipe.transitions.spec import Transition
from tests.engines import ENGINE_IDS, ENGINES
from tests.frames import CANVAS, frames_of, mean_difference

SIZE = (64, 36)


def _supported(engine: Engine, transition: Transition) -> bool:
    needs = tuple(int(part) for part in transition.needs.split("."))
    return engine.version >= needs


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
@pytest.mark.parametrize("transition", ALL_TRANSITIONS, ids=lambda transition: transition.name)
def test_the_middle_of_a_transition_is_neither_clip(transition: Transition, engine: Engine) -> None:
    assert (transition.xfade in engine.transitions) == _supported(engine, transition)
    if transition.xfade not in engine.transitions:
        return
    old, new = f"testsrc=s=64x36:r=10,{CANVAS}", f"gradients=s=64x36:r=10:c0=navy:c1=orange:x0=0:x1=63:seed=1,{CANVAS}"
    crossed = f"xfade=transition={transition.xfade}:duration=0.9:offset=0,{CANVAS}"
    graph = f"{old},trim=end_frame=9[a];{new},trim=end_frame=9[b];[a][b]{crossed},trim=end_frame=9"
    shown, before, after = (
        frames_of(engine, text, SIZE)[4] for text in (graph, f"{old},trim=end_frame=9", f"{new},trim=end_frame=9")
    )
    assert mean_difference(shown, before) > 2
    assert mean_difference(shown, after) > 2


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_every_transition_of_the_engine_has_a_name(engine: Engine) -> None:
    assert engine.transitions - {"custom"} <= {transition.xfade for transition in ALL_TRANSITIONS}


def test_names_and_kinds_are_given_once_and_docs_are_sentences() -> None:
    assert len({transition.name for transition in ALL_TRANSITIONS}) == len(ALL_TRANSITIONS)
    assert len({transition.xfade for transition in ALL_TRANSITIONS}) == len(ALL_TRANSITIONS)
    assert all(transition.doc.endswith(".") for transition in ALL_TRANSITIONS)
