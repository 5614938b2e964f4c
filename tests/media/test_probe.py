"""Probing sources of every oddity: the facts, and what is refused."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from montage_recipe.diagnostics import RecipeError
from montage_recipe.media.facts import MediaFacts
from montage_recipe.media.probe import probe
from montage_recipe.media.record import from_json, to_json
from montage_recipe.media.survey import probe_all
from tests.media.conftest import DictMemo, OddFile
from tests.media.odd_sources import ODD_SOURCES, OddSource

READABLE = tuple(source for source in ODD_SOURCES if not source.refused)
REFUSED = tuple(source for source in ODD_SOURCES if source.refused)


def fact(facts: MediaFacts, name: str) -> Any:
    value: Any = facts
    for part in name.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.ffmpeg
@pytest.mark.parametrize("source", READABLE, ids=lambda source: source.name)
def test_an_odd_source_is_probed_as_what_it_is(source: OddSource, odd: OddFile) -> None:
    facts = probe(odd(source.name))
    assert {name: fact(facts, name) for name in source.facts} == dict(source.facts)
    assert bool(facts.warnings) == source.warned, facts.warnings


@pytest.mark.ffmpeg
@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source.name)
def test_what_is_no_media_is_refused_with_its_code_and_a_cure(source: OddSource, odd: OddFile) -> None:
    with pytest.raises(RecipeError) as caught:
        probe(odd(source.name))
    (fault,) = caught.value.diagnostics
    assert fault.code == source.refused
    assert source.name in fault.message
    assert fault.hint


@pytest.mark.ffmpeg
@pytest.mark.parametrize("source", READABLE, ids=lambda source: source.name)
def test_facts_survive_the_way_through_json(source: OddSource, odd: OddFile) -> None:
    facts = probe(odd(source.name))
    assert from_json(json.loads(json.dumps(to_json(facts)))) == facts


@pytest.mark.ffmpeg
def test_a_file_that_is_remembered_is_not_read_again(odd: OddFile, tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(odd("silent.mp4").read_bytes())
    os.utime(file, ns=(0, 0))
    memo = DictMemo()
    (key,) = (probe(file, memo=memo) and [name for name in memo if name.startswith("facts:")]) or ("",)
    memo[key] = memo[key].replace('"width": 160', '"width": 162')
    remembered = probe(file, memo=memo).video
    assert remembered is not None and remembered.width == 162


@pytest.mark.ffmpeg
def test_a_copy_of_a_remembered_file_keeps_its_own_name(odd: OddFile, tmp_path: Path) -> None:
    memo = DictMemo()
    original, copy = odd("silent.mp4"), tmp_path / "copy.mp4"
    copy.write_bytes(original.read_bytes())
    assert [probe(file, memo=memo).file for file in (original, copy)] == [str(original), str(copy)]


@pytest.mark.ffmpeg
@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"kind": "film"}'])
def test_a_damaged_memory_is_replaced(damage: str, odd: OddFile) -> None:
    memo = DictMemo()
    facts = probe(odd("silent.mp4"), memo=memo)
    key = next(name for name in memo if name.startswith("facts:"))
    memo[key] = damage
    assert probe(odd("silent.mp4"), memo=memo) == facts
    assert from_json(json.loads(memo[key])) == facts


@pytest.mark.ffmpeg
def test_every_unreadable_file_is_reported_at_once_and_at_its_place(odd: OddFile) -> None:
    files = [odd(name) for name in ("text.mp4", "silent.mp4", "absent.mp4")]
    places = {files[0]: ("media", "a"), files[2]: ("media", "c")}
    with pytest.raises(RecipeError) as caught:
        probe_all(files, workers=2, at=places)
    found = [(fault.code, fault.path) for fault in caught.value.diagnostics]
    assert found == [("media-unreadable", ("media", "a")), ("missing-media", ("media", "c"))]


@pytest.mark.ffmpeg
def test_a_file_asked_for_twice_is_probed_once_and_found_by_its_name(odd: OddFile) -> None:
    file = odd("silent.mp4")
    assert probe_all([file, file], workers=2) == {str(file): probe(file)}


@pytest.mark.ffmpeg
def test_a_link_is_read_as_the_file_it_leads_to(odd: OddFile, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(odd("silent.mp4"))
    assert probe(link).fingerprint == probe(odd("silent.mp4")).fingerprint
    assert probe(link).file == str(link)


def test_a_link_that_leads_nowhere_names_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(tmp_path / "gone.mp4")
    with pytest.raises(RecipeError, match=r"gone\.mp4"):
        probe(link)


@pytest.mark.ffmpeg
def test_a_name_like_a_pattern_is_one_file(odd: OddFile, tmp_path: Path) -> None:
    literal = tmp_path / "%03d.png"
    literal.write_bytes(odd("alpha.png").read_bytes())
    (tmp_path / "001.png").write_bytes(odd("frame-%03d.png").read_bytes())
    video = probe(literal).video
    assert video is not None and video.alpha and video.frames == 1


@pytest.mark.ffmpeg
def test_pictures_without_a_time_come_before_the_first_that_has_one(odd: OddFile) -> None:
    video = probe(odd("negative-start.mkv")).video
    assert video is not None and video.duration == Fraction(1)
