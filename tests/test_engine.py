"""Finding the ffmpeg in use; odd ones are small shell scripts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from montage_recipe.diagnostics import EngineError
from montage_recipe.effects import ALL_EFFECTS
from montage_recipe.effects.spec import Effect
from montage_recipe.engine import Engine
from montage_recipe.fields import keys_of
from montage_recipe.generate.spec import filters_in
from montage_recipe.graph.emit import ALLOWED_FILTERS
from montage_recipe.jobs.loudness import Loudness, levelling
from montage_recipe.jobs.model import LoudnessTarget
from montage_recipe.render.engine import ENVIRONMENT, bundled_ffmpeg, find_engine
from montage_recipe.render.requirements import (
    OPTIONAL_FILTERS,
    REQUIREMENTS,
    Feature,
    generators_requirements,
    missing_from,
)
from tests.engines import ENGINE_IDS, ENGINES
from tests.media.conftest import DictMemo

TARGET = LoudnessTarget(integrated=Fraction(-14), true_peak=Fraction(-1))


def script(folder: Path, body: str) -> str:
    file = folder / "ffmpeg"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return str(file)


def wrapper(folder: Path, real: Engine, change: str) -> str:
    """An ffmpeg whose answers go through sed."""
    return script(folder, f"'{real.path}' \"$@\" | sed -E '{change}'")


def refusal(setting: str) -> tuple[str, str, str]:
    with pytest.raises(EngineError) as caught:
        find_engine(setting)
    fault = caught.value.diagnostics[0]
    return fault.code, fault.message, fault.hint


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_an_engine_says_what_it_can_do(engine: Engine) -> None:
    assert engine.version >= (5, 1)
    assert {"xfade", "scale", "aresample", "anullsrc"} <= engine.filters
    assert {"libx264", "aac"} <= engine.encoders
    assert {"h264", "mjpeg"} <= engine.decoders
    assert {"fade", "wipeleft", "fadeblack"} <= engine.transitions
    assert not engine.transitions & {"transition", "duration", "offset", "expr"}
    assert len(engine.build_id) == 64


@pytest.mark.ffmpeg
def test_without_a_setting_it_is_the_bundled_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    engine = find_engine(None)
    assert Path(engine.path) == bundled_ffmpeg()
    assert engine.origin.startswith("imageio-ffmpeg ")


@pytest.mark.ffmpeg
def test_the_environment_chooses_before_the_bundled_one_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = wrapper(tmp_path, ENGINES[0], "")
    monkeypatch.setenv(ENVIRONMENT, chosen)
    assert (find_engine(None).path, find_engine(None).origin) == (chosen, ENVIRONMENT)
    assert find_engine(chosen).origin == ENVIRONMENT
    assert find_engine(ENGINES[0].path).origin == "settings"


@pytest.mark.ffmpeg
def test_a_name_is_looked_up_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrapper(tmp_path, ENGINES[0], "")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find_engine("ffmpeg").path == str(tmp_path / "ffmpeg")


@pytest.mark.parametrize("setting", ["/no/such/ffmpeg", "no-such-ffmpeg-anywhere"])
def test_one_that_is_not_there_is_refused_and_not_replaced(setting: str) -> None:
    code, message, hint = refusal(setting)
    assert code == "engine-missing" and setting in message and hint


def test_a_file_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_text("no program")
    assert refusal(str(tmp_path / "ffmpeg"))[0] == "engine-missing"


@pytest.mark.parametrize("body", ["exit 3", "echo hello", "true"])
def test_a_program_that_is_no_ffmpeg_is_refused(body: str, tmp_path: Path) -> None:
    assert refusal(script(tmp_path, body))[0] == "engine-unusable"


@pytest.mark.ffmpeg
def test_a_version_before_5_1_is_refused_by_its_name(tmp_path: Path) -> None:
    old = wrapper(tmp_path, ENGINES[0], "s/^ffmpeg version [^ ]+/ffmpeg version 4.4.2/")
    code, message, _ = refusal(old)
    assert code == "engine-too-old" and "4.4.2" in message and "5.1" in message


@pytest.mark.ffmpeg
@pytest.mark.parametrize("version", ["N-118193-g5f38c82536", "2026-01-02-git-abcdef0"])
def test_a_build_that_does_not_say_its_version_is_judged_by_what_it_can_do(version: str, tmp_path: Path) -> None:
    engine = find_engine(wrapper(tmp_path, ENGINES[0], f"s/^ffmpeg version [^ ]+/ffmpeg version {version}/"))
    assert (engine.version, engine.version_text) == ((0, 0), version)


@pytest.mark.ffmpeg
def test_a_build_without_x264_and_xfade_is_refused_for_both(tmp_path: Path) -> None:
    poor = wrapper(tmp_path, ENGINES[0], "/ libx264 /d; / xfade /d")
    with pytest.raises(EngineError) as caught:
        find_engine(poor)
    assert [fault.code for fault in caught.value.diagnostics] == ["engine-lacks-feature"] * 2
    assert all(name in str(caught.value) for name in ("libx264", "xfade"))


@pytest.mark.ffmpeg
def test_a_build_without_zscale_is_used_and_its_loss_can_be_told(tmp_path: Path) -> None:
    engine = find_engine(wrapper(tmp_path, ENGINES[0], "/ zscale /d"))
    losses = [lack.lost for lack in missing_from(engine) if "zscale" in lack.names]
    assert len(losses) == 1 and "HDR" in losses[0]


@pytest.mark.ffmpeg
def test_a_second_search_starts_no_process(tmp_path: Path) -> None:
    count = tmp_path / "count"
    path = script(tmp_path, f"echo x >> '{count}'; exec '{ENGINES[0].path}' \"$@\"")
    memo = DictMemo()
    first = find_engine(path, memo)
    asked = count.read_text()
    assert find_engine(path, memo) == first
    assert count.read_text() == asked


@pytest.mark.ffmpeg
def test_a_replaced_program_is_asked_again(tmp_path: Path) -> None:
    memo = DictMemo()
    first = find_engine(wrapper(tmp_path, ENGINES[0], ""), memo)
    second = find_engine(wrapper(tmp_path, ENGINES[0], "s/^ffmpeg version [^ ]+/ffmpeg version 8.9.1/"), memo)
    assert (second.version, second.build_id == first.build_id) == ((8, 9), False)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_an_engine_is_known_by_its_libraries_too(engine: Engine) -> None:
    """Those of a distribution's ffmpeg hold its encoders; the bundled one has none but the system's own."""
    memo = DictMemo()
    found = find_engine(engine.path, memo)
    ((name, text),) = memo.items()
    stamps = json.loads(text)["stamps"]
    assert all(Path(library).is_file() for library in stamps)
    assert not any(Path(library).name.startswith("libc.so") for library in stamps)
    if not stamps:
        assert engine.path == str(bundled_ffmpeg())
        return
    assert any(Path(library).name.startswith("libx264.so") for library in stamps)
    memo[name] = text.replace(next(iter(stamps.values())), "of another file")
    assert find_engine(engine.path, memo) == found
    assert memo[name] == text


@pytest.mark.ffmpeg
@pytest.mark.skipif(not shutil.which("env"), reason="needs env")
def test_the_program_gets_no_variables_that_change_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    path = script(tmp_path, f"env >> '{seen}'; exec '{ENGINES[0].path}' \"$@\"")
    monkeypatch.setenv("FFREPORT", f"file={tmp_path}/report.log")
    monkeypatch.setenv("FREI0R_PATH", str(tmp_path))
    find_engine(path)
    assert "FFREPORT" not in seen.read_text() and "FREI0R_PATH" not in seen.read_text()


def test_no_filter_of_a_graph_is_left_out_of_the_requirements() -> None:
    """With these lists, a new filter is required until somebody says what is lost without it."""
    filters = {name: each for each in REQUIREMENTS if each.feature is Feature.FILTER for name in each.names}
    limiter = filters_in(levelling(lambda filters: Loudness(integrated=-30, range=5, true_peak=-1), TARGET).filters)
    assert filters.keys() >= {*ALLOWED_FILTERS, *limiter, "color", "anullsrc"}
    assert filters.keys() <= {*ALLOWED_FILTERS, *limiter, "color", "anullsrc", "transpose"}
    assert {name for name, each in filters.items() if not each.required} == OPTIONAL_FILTERS.keys()


@pytest.mark.parametrize("effect", ALL_EFFECTS, ids=lambda effect: effect.name)
def test_a_filter_that_an_effect_needs_names_the_effect_or_is_required(effect: Effect) -> None:
    kinds = {name: key.kind for name, key, _ in keys_of(effect.params)}
    for example in effect.examples:
        written = example[effect.name]
        values = dict(written) if isinstance(written, Mapping) else {str(effect.shorthand): written}
        calls = effect.lower(effect.params(**{name: kinds[name].parse(value) for name, value in values.items()}))
        for lost in (OPTIONAL_FILTERS[call.name][1] for call in calls if call.name in OPTIONAL_FILTERS):
            assert f"`{effect.name}`" in lost


@pytest.mark.ffmpeg
@pytest.mark.parametrize("engine", ENGINES, ids=ENGINE_IDS)
def test_the_filters_of_generators_are_read_from_their_graphs(engine: Engine) -> None:
    """Every name that is found is a filter's; `geq`'s expressions are full of commas and brackets."""
    names = {name for requirement in generators_requirements() for name in requirement.names}
    assert names >= {"geq", "nullsrc", "aevalsrc", "testsrc2"}
    assert names <= engine.filters


def test_every_requirement_says_what_for_and_what_is_lost() -> None:
    assert all(requirement.why and requirement.lost and requirement.names for requirement in REQUIREMENTS)


def test_an_answer_that_was_cut_short_is_not_remembered(tmp_path: Path) -> None:
    """As by a fault while ffmpeg listed its filters: the same program is asked again."""
    memo, broken = DictMemo(), tmp_path / "broken"
    program = wrapper(tmp_path, ENGINES[0], "")
    Path(program).write_text(f"#!/bin/sh\n[ -e '{broken}' ] && exit 0\nexec '{ENGINES[0].path}' \"$@\"\n")
    broken.touch()
    with pytest.raises(EngineError):
        find_engine(program, memo)
    broken.unlink()
    assert find_engine(program, memo).version == ENGINES[0].version
